/**
 * `cramfs check` over the fixture pack: images of every maker are without errors, and of every damaged one the findings are
 * known.
 */
import { expect, test } from '@jest/globals';
import { checkImage } from '../lib/check/checkImage.ts';
import { SEVERITIES } from '../lib/findings/definition.ts';
import { CramfsError } from '../lib/base/errors.ts';
import { openDetected } from '../lib/inspect/openDetected.ts';
import { fixture, fixtureNames } from './support/fixtures.ts';

const makersImages = ['images', 'kernels/images', 'nommu/images', 'patch'].flatMap((folder) =>
  fixtureNames(folder)
    .filter((name) => name.endsWith('.cramfs.gz'))
    .map((name) => `${folder}/${name}`),
);

/**
 * Files of the hand-made images whose blocks are wrong on purpose: direct pointers behind the end of the image, and blocks
 * with less stored than the file has. Everything else in them is sound.
 */
const WRONG_ON_PURPOSE: Readonly<Record<string, readonly string[]>> = {
  'images/adv.cramfs.gz': [
    '/df_short_legacy',
    '/dg_short_mid',
    '/fc_far',
    '/fd_last_page_of_device',
    '/fe_last_page_and_on',
    '/zt_straddle',
    '/zu_beyond_image_tail',
    '/zv_beyond_device',
  ],
  // Also blocks of 16 KiB whose compressed data is shorter.
  'kernels/images/adv16.cramfs.gz': [
    '/db_comp_alternate',
    '/dd_direct_comp_all',
    '/de_one_of_each',
    '/df_short_legacy',
    '/dg_short_mid',
    '/dj_comp_then_hole',
    '/fc_far',
    '/fd_last_page_of_device',
    '/fe_last_page_and_on',
    '/zr_comp_all',
    '/zs_dcomp_first',
    '/zt_straddle',
    '/zu_beyond_image_tail',
    '/zv_beyond_device',
  ],
  'patch/adv.cramfs.gz': ['/g_beyond', '/g_beyond_mtd', '/g_beyond_tail', '/g_straddle'],
};
const ON_PURPOSE: readonly string[] = ['image/block-outside', 'image/stored-short', 'image/zlib-short'];

test.each(makersImages)('%s has no errors but those made on purpose', (name) => {
  const { findings } = checkImage(openDetected(fixture(name)));
  const errors = findings.filter(({ severity }) => severity === 'error');
  const wrong = WRONG_ON_PURPOSE[name] ?? [];
  expect([...new Set(errors.map(({ path }) => path))].sort()).toEqual(wrong);
  expect(errors.filter(({ id }) => !ON_PURPOSE.includes(id))).toEqual([]);
});

test.each(['embedded.bin.gz', 'two.bin.gz'])('finds no error in an image inside %s', (name) => {
  const imageOffset = name.startsWith('two') ? 21686 : 1337;
  const { counts } = checkImage(openDetected(fixture(`blobs/${name}`), { imageOffset }));
  expect(counts.error).toBe(0);
});

/**
 * The findings of each damaged image, the worst first: e, w and i for error, warning and info. For what is no image at all, the
 * code of the error.
 */
const MALFORMED: Readonly<Record<string, string>> = {
  '000-control.img': '',
  '001-control-be.img': '',
  '002-control-pad512.img': '',
  '003-control-v1.img': 'n:image/crc-absent',
  '004-trailing-data.img': 'w:image/trailing-data',
  '006-empty-fs.img': 'n:image/root-empty',
  '010-zero-bytes.img': 'NOT_CRAMFS',
  '012-trunc-76.img': 'e:image/image-truncated e:image/directory-outside',
  '013-trunc-half.img': 'e:image/image-truncated',
  '015-bad-magic.img': 'NOT_CRAMFS',
  '016-bad-signature.img': 'e:image/signature-wrong',
  '018-bad-crc.img': 'e:image/crc-wrong',
  '019-crc-swapped.img': 'w:image/crc-byte-swapped',
  '021-size-0.img': 'e:image/size-too-small',
  '022-size-4g.img': 'e:image/image-truncated',
  '024-files-0.img': 'e:image/files-zero',
  '025-counts-lie.img': 'w:image/blocks-miscounted w:image/files-miscounted',
  '027-root-not-dir.img': 'e:image/root-not-directory n:image/unused-not-zero',
  '028-root-off-0.img': 'e:image/directory-offset-zero n:image/unused-not-zero',
  '030-root-in-super.img': 'e:image/directory-overlap n:image/unused-not-zero',
  '031-root-shift-noflag.img':
    'e:image/root-offset e:image/entry-cut e:image/name-nul e:image/type-unknown w:image/blocks-miscounted w:image/files-miscounted w:image/name-control n:image/unused-not-zero n:image/name-not-utf8 n:image/name-backslash',
  '040-cycle-self.img': 'e:image/directory-cycle n:image/unused-not-zero',
  '041-cycle-2.img': 'e:image/directory-cycle n:image/unused-not-zero',
  '043-dir-size-short.img': 'e:image/entry-cut',
  '044-dir-size-16m.img': 'e:image/directory-outside',
  '046-dir-off-0.img': 'e:image/directory-offset-zero n:image/unused-not-zero',
  '047-overlap-inodes.img': 'e:image/directory-overlap n:image/unused-not-zero',
  '049-all-nul-name.img': 'e:image/name-empty n:image/unused-not-zero',
  '050-name-slash.img': 'e:image/name-slash',
  '052-name-dotdot-file.img': 'e:image/name-dots',
  '053-name-dotdot-dir.img': 'e:image/name-dots',
  '055-name-abs.img': 'e:image/name-slash',
  '056-name-nul-mid.img': 'e:image/name-nul',
  '058-name-not-utf8.img': 'n:image/name-not-utf8',
  '059-name-backslash.img': 'n:image/name-backslash',
  '061-unsorted.img': 'w:image/name-unreachable',
  '062-symlink-then-dir.img': 'e:image/name-duplicate',
  '064-symlink-abs.img': '',
  '065-symlink-rel-out.img': 'n:image/symlink-leaves-root',
  '070-deep-1000.img': '',
  '071-deep-100000.img': 'w:image/path-too-long',
  '080-symlink-size-lie.img': 'e:image/symlink-nul e:image/symlink-too-long e:image/zlib-short',
  '081-symlink-nul.img': 'e:image/symlink-nul',
  '083-symlink-size-0.img': 'e:image/symlink-empty w:image/blocks-miscounted n:image/unused-not-zero',
  '084-symlink-16m.img': 'e:image/symlink-too-long e:image/table-outside n:image/unused-not-zero',
  '091-file-off-end.img': 'e:image/table-outside n:image/unused-not-zero',
  '092-file-off-super.img': 'e:image/table-overlap n:image/unused-not-zero',
  '094-file-size-0-off.img': 'e:image/empty-with-offset w:image/blocks-miscounted n:image/unused-not-zero',
  '095-ptr-decreasing.img':
    'e:image/block-backwards e:image/block-in-metadata e:image/zlib-damaged w:image/block-overlap n:image/unused-not-zero',
  '097-ptr-zero.img': 'e:image/block-backwards n:image/unused-not-zero',
  '098-block-9000.img': 'e:image/block-too-long n:image/unused-not-zero',
  '100-zlib-short.img': 'e:image/zlib-short',
  '101-zlib-long.img': 'e:image/zlib-long',
  '103-bad-adler.img': 'e:image/zlib-damaged',
  '104-zlib-trailing.img': 'w:image/zlib-trailing',
  '106-raw-deflate.img': 'e:image/zlib-damaged',
  '107-shared-data.img': '',
  '109-zip-trunc-block.img': 'e:image/zlib-damaged',
  '110-hole-flagged.img': '',
  '112-hole-partial.img': '',
  '113-hole-bomb.img': 'w:image/expansion',
  '120-ext-control.img': 'w:image/last-page-reads-zero',
  '121-ext-control-part.img': '',
  '122-ext-direct-comp.img': '',
  '124-ext-past-end.img': 'e:image/block-outside',
  '125-ext-to-super.img': 'w:image/direct-in-metadata w:image/last-page-reads-zero',
  '127-ext-uncomp-5000.img': 'e:image/block-too-long n:image/unused-not-zero',
  '128-ext-uncomp-short.img': 'e:image/stored-short',
  '130-direct-bomb.img': 'w:image/expansion',
  '140-dev-offset.img': 'e:image/special-offset',
  '142-mode-0.img': 'e:image/type-unknown',
  '143-mode-f.img': 'e:image/type-unknown',
  '145-nonzero-tail.img': 'n:image/unused-not-zero',
  '150-embedded.img': 'n:image/trailing-padding',
};

interface ManifestEntry {
  readonly image: string;
  readonly expect: 'valid' | 'invalid' | 'hostile' | 'odd';
}
const manifest = JSON.parse(Buffer.from(fixture('malformed/manifest.json')).toString('utf8')) as ManifestEntry[];

/** The codes of an image, and whether it is refused. */
function verdictOf(name: string): { readonly codes: string; readonly refused: boolean } {
  const imageOffset = name.startsWith('150-') ? 0x1234 : 0;
  try {
    const { findings, counts } = checkImage(openDetected(fixture(`malformed/${name}`), { imageOffset }));
    const codes = SEVERITIES.flatMap((severity) =>
      findings.filter((finding) => finding.severity === severity).map(({ id }) => `${severity.slice(0, 1)}:${id}`),
    );
    return { codes: [...new Set(codes)].join(' '), refused: counts.error > 0 };
  } catch (error) {
    if (!(error instanceof CramfsError)) throw error;
    return { codes: error.code, refused: true };
  }
}

test('knows every damaged image', () => {
  expect(Object.keys(MALFORMED)).toEqual(manifest.map(({ image }) => image));
});

test.each(manifest)('$image ($expect)', ({ image, expect: expected }) => {
  const { codes, refused } = verdictOf(image);
  expect(codes).toBe(MALFORMED[image]);
  if (expected === 'invalid') expect(refused).toBe(true);
  if (expected === 'valid' || expected === 'odd') expect(refused).toBe(false);
});
