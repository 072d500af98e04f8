/**
 * `cramfs check` over the fixture pack: images of every maker are without errors, and of every damaged one the findings are
 * known.
 */
import { expect, test } from '@jest/globals';
import { checkImage } from '../lib/check/checkImage.ts';
import type { FindingCode, Severity } from '../lib/check/codes.ts';
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
const ON_PURPOSE: readonly FindingCode[] = ['BLOCK_OUTSIDE', 'STORED_SHORT', 'ZLIB_SHORT'];

test.each(makersImages)('%s has no errors but those made on purpose', (name) => {
  const { findings } = checkImage(openDetected(fixture(name)));
  const errors = findings.filter(({ severity }) => severity === 'error');
  const wrong = WRONG_ON_PURPOSE[name] ?? [];
  expect([...new Set(errors.map(({ path }) => path))].sort()).toEqual(wrong);
  expect(errors.filter(({ code }) => !ON_PURPOSE.includes(code))).toEqual([]);
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
  '003-control-v1.img': 'i:CRC_ABSENT',
  '004-trailing-data.img': 'w:TRAILING_DATA',
  '006-empty-fs.img': 'i:ROOT_EMPTY',
  '010-zero-bytes.img': 'NOT_CRAMFS',
  '012-trunc-76.img': 'e:IMAGE_TRUNCATED e:DIRECTORY_OUTSIDE',
  '013-trunc-half.img': 'e:IMAGE_TRUNCATED',
  '015-bad-magic.img': 'NOT_CRAMFS',
  '016-bad-signature.img': 'e:SIGNATURE_WRONG',
  '018-bad-crc.img': 'e:CRC_WRONG',
  '019-crc-swapped.img': 'w:CRC_BYTE_SWAPPED',
  '021-size-0.img': 'e:SIZE_TOO_SMALL',
  '022-size-4g.img': 'e:IMAGE_TRUNCATED',
  '024-files-0.img': 'e:FILES_ZERO',
  '025-counts-lie.img': 'w:BLOCKS_MISCOUNTED w:FILES_MISCOUNTED',
  '027-root-not-dir.img': 'e:ROOT_NOT_DIRECTORY i:UNUSED_NOT_ZERO',
  '028-root-off-0.img': 'e:DIRECTORY_OFFSET_ZERO i:UNUSED_NOT_ZERO',
  '030-root-in-super.img': 'e:DIRECTORY_OVERLAP i:UNUSED_NOT_ZERO',
  '031-root-shift-noflag.img':
    'e:ROOT_OFFSET e:ENTRY_CUT e:NAME_NUL e:TYPE_UNKNOWN w:BLOCKS_MISCOUNTED w:FILES_MISCOUNTED w:NAME_CONTROL i:UNUSED_NOT_ZERO i:NAME_NOT_UTF8 i:NAME_BACKSLASH',
  '040-cycle-self.img': 'e:DIRECTORY_CYCLE i:UNUSED_NOT_ZERO',
  '041-cycle-2.img': 'e:DIRECTORY_CYCLE i:UNUSED_NOT_ZERO',
  '043-dir-size-short.img': 'e:ENTRY_CUT',
  '044-dir-size-16m.img': 'e:DIRECTORY_OUTSIDE',
  '046-dir-off-0.img': 'e:DIRECTORY_OFFSET_ZERO i:UNUSED_NOT_ZERO',
  '047-overlap-inodes.img': 'e:DIRECTORY_OVERLAP i:UNUSED_NOT_ZERO',
  '049-all-nul-name.img': 'e:NAME_EMPTY i:UNUSED_NOT_ZERO',
  '050-name-slash.img': 'e:NAME_SLASH',
  '052-name-dotdot-file.img': 'e:NAME_DOTS',
  '053-name-dotdot-dir.img': 'e:NAME_DOTS',
  '055-name-abs.img': 'e:NAME_SLASH',
  '056-name-nul-mid.img': 'e:NAME_NUL',
  '058-name-not-utf8.img': 'i:NAME_NOT_UTF8',
  '059-name-backslash.img': 'i:NAME_BACKSLASH',
  '061-unsorted.img': 'w:NAME_UNREACHABLE',
  '062-symlink-then-dir.img': 'e:NAME_DUPLICATE',
  '064-symlink-abs.img': '',
  '065-symlink-rel-out.img': 'i:SYMLINK_LEAVES_ROOT',
  '070-deep-1000.img': '',
  '071-deep-100000.img': 'w:PATH_TOO_LONG',
  '080-symlink-size-lie.img': 'e:SYMLINK_NUL e:SYMLINK_TOO_LONG e:ZLIB_SHORT',
  '081-symlink-nul.img': 'e:SYMLINK_NUL',
  '083-symlink-size-0.img': 'e:SYMLINK_EMPTY w:BLOCKS_MISCOUNTED i:UNUSED_NOT_ZERO',
  '084-symlink-16m.img': 'e:SYMLINK_TOO_LONG e:TABLE_OUTSIDE i:UNUSED_NOT_ZERO',
  '091-file-off-end.img': 'e:TABLE_OUTSIDE i:UNUSED_NOT_ZERO',
  '092-file-off-super.img': 'e:TABLE_OVERLAP i:UNUSED_NOT_ZERO',
  '094-file-size-0-off.img': 'e:EMPTY_WITH_OFFSET w:BLOCKS_MISCOUNTED i:UNUSED_NOT_ZERO',
  '095-ptr-decreasing.img': 'e:BLOCK_BACKWARDS e:BLOCK_IN_METADATA e:ZLIB_DAMAGED w:BLOCK_OVERLAP i:UNUSED_NOT_ZERO',
  '097-ptr-zero.img': 'e:BLOCK_BACKWARDS i:UNUSED_NOT_ZERO',
  '098-block-9000.img': 'e:BLOCK_TOO_LONG i:UNUSED_NOT_ZERO',
  '100-zlib-short.img': 'e:ZLIB_SHORT',
  '101-zlib-long.img': 'e:ZLIB_LONG',
  '103-bad-adler.img': 'e:ZLIB_DAMAGED',
  '104-zlib-trailing.img': 'w:ZLIB_TRAILING',
  '106-raw-deflate.img': 'e:ZLIB_DAMAGED',
  '107-shared-data.img': '',
  '109-zip-trunc-block.img': 'e:ZLIB_DAMAGED',
  '110-hole-flagged.img': '',
  '112-hole-partial.img': '',
  '113-hole-bomb.img': 'w:EXPANSION',
  '120-ext-control.img': 'w:LAST_PAGE_READS_ZERO',
  '121-ext-control-part.img': '',
  '122-ext-direct-comp.img': '',
  '124-ext-past-end.img': 'e:BLOCK_OUTSIDE',
  '125-ext-to-super.img': 'w:DIRECT_IN_METADATA w:LAST_PAGE_READS_ZERO',
  '127-ext-uncomp-5000.img': 'e:BLOCK_TOO_LONG i:UNUSED_NOT_ZERO',
  '128-ext-uncomp-short.img': 'e:STORED_SHORT',
  '130-direct-bomb.img': 'w:EXPANSION',
  '140-dev-offset.img': 'e:SPECIAL_OFFSET',
  '142-mode-0.img': 'e:TYPE_UNKNOWN',
  '143-mode-f.img': 'e:TYPE_UNKNOWN',
  '145-nonzero-tail.img': 'i:UNUSED_NOT_ZERO',
  '150-embedded.img': 'i:TRAILING_PADDING',
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
    const order: readonly Severity[] = ['error', 'warning', 'info'];
    const codes = order.flatMap((severity) =>
      findings.filter((finding) => finding.severity === severity).map(({ code }) => `${severity.slice(0, 1)}:${code}`),
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
