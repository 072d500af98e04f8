/** What stands in tables about findings, row by row: a row that is changed makes one of these fail. */
import { describe, expect, test } from '@jest/globals';
import { CHECK_FINDINGS } from '../lib/check/findings.ts';
import type { Finding } from '../lib/findings/finding.ts';
import { FINDING_IDS } from '../lib/policy/findings.ts';
import { fingerprints } from '../lib/policy/fingerprint.ts';
import { parsePolicy } from '../lib/policy/parsePolicy.ts';
import type { RuleOptions } from '../lib/policy/policy.ts';
import { withSettings } from '../lib/policy/settings.ts';
import { RESULT } from './support/auditHelp.ts';

/** The arguments of a finding, and others for each that tells such findings apart, and for each that does not. */
interface Row {
  readonly args: object;
  readonly distinct: object;
  readonly alike: object;
}

const SEGMENT = { segment: 1, perms: 'r-x', firstPage: 0, pages: 4, directPages: 2 };
/** What a new layout may change of a segment without making another finding of it. */
const MOVED = { segment: 2, firstPage: 1, pages: 5, directPages: 1 };

/** Of all findings but those of a check, which nothing but their place tells apart. */
const ROWS: Readonly<Record<string, Row>> = {
  'xip/layout-break': {
    args: { ...SEGMENT, block: 2, kind: 'zlib', expectedOffset: 8192, remedies: [] },
    distinct: { perms: 'r--' },
    alike: { ...MOVED, block: 3, kind: 'stored', expectedOffset: 4096, remedies: [{ kind: 'align-blocks' }] },
  },
  'xip/compressed': {
    args: { ...SEGMENT, block: 2, kind: 'zlib', remedies: [] },
    distinct: { perms: 'r--' },
    alike: { ...MOVED, block: 3, kind: 'hole', remedies: [{ kind: 'align-blocks' }] },
  },
  'xip/misaligned': {
    args: { ...SEGMENT, block: 2, physAddress: 0x10000006, past: 6, remedies: [] },
    distinct: { perms: 'r--' },
    alike: { ...MOVED, block: 3, physAddress: 0x10000008, past: 8, remedies: [{ kind: 'align-blocks' }] },
  },
  'xip/shared-tail': {
    args: { ...SEGMENT, block: 2, remedies: [] },
    distinct: { perms: 'r--' },
    alike: { ...MOVED, block: 3, remedies: [{ kind: 'align-blocks' }] },
  },
  'xip/merged': { args: SEGMENT, distinct: { perms: 'r--' }, alike: MOVED },
  'xip/zero-offset': { args: { ...SEGMENT, block: 2 }, distinct: { perms: 'r--' }, alike: { ...MOVED, block: 3 } },
  'xip/elf-ignored': {
    args: { bits: 64, littleEndian: true, segments: 2 },
    distinct: { bits: 32, littleEndian: false },
    alike: { segments: 3 },
  },
  'xip/unmappable-direct': {
    args: { block: 2, blocks: 1, bytes: 4096 },
    distinct: {},
    alike: { block: 3, blocks: 2, bytes: 8192 },
  },
  'xip/extensions-missing': { args: { programs: 1 }, distinct: {}, alike: { programs: 2 } },
  'xip/physical-base': {
    args: { physBase: 0x10000006, past: 6, programs: 1 },
    distinct: {},
    alike: { physBase: 0x10000008, past: 8, programs: 2 },
  },
  'xip/mount-refused': { args: { log: ['a'], reason: 'a' }, distinct: {}, alike: { log: ['b'], reason: 'b' } },
  'xip/nommu-programs': {
    args: { programs: 1, kernel: 'linux-6.18' },
    distinct: {},
    alike: { programs: 2, kernel: 'linux-6.17' },
  },
  'xip/program-fails': {
    args: { outcome: 'ENOEXEC', why: 'a' },
    distinct: { outcome: 'killed' },
    alike: { why: 'b' },
  },
  'xip/library-missing': {
    args: { library: 'liba.so', neededBy: '/bin/a', searched: ['/lib'] },
    distinct: { library: 'libb.so' },
    alike: { neededBy: '/bin/b', searched: [] },
  },
  'xip/kernel-hazard': {
    args: {
      invariant: 'wrong-content',
      violation: 'error',
      page: 0,
      pages: 1,
      sees: null,
      cause: null,
      request: { offset: 0, length: 4096, prot: 'r' },
    },
    distinct: { invariant: 'read-differs', request: { offset: 0, length: 4096, prot: 'rx' } },
    alike: {
      violation: 'warning',
      page: 1,
      pages: 2,
      sees: { shows: 'zeros' },
      cause: 'a',
      request: { offset: 4096, length: 8192, prot: 'r' },
    },
  },
  'xip/riscv-icache': {
    args: { ...SEGMENT, outcome: 'oops', physAddress: 0x10000000 },
    distinct: { outcome: 'bit' },
    alike: { ...MOVED, perms: 'r--', physAddress: 0x10001000 },
  },
  'image/duplicate-data': { args: { first: '/a', bytes: 4096 }, distinct: { first: '/b' }, alike: { bytes: 8192 } },
  'image/alignment-padding': {
    args: { bytes: 100, imageBytes: 4096 },
    distinct: {},
    alike: { bytes: 200, imageBytes: 8192 },
  },
  'security/pointer-outside': {
    args: { block: 2, target: 65536, end: 4096 },
    distinct: {},
    alike: { block: 3, target: 65540, end: 8192 },
  },
  'security/other-file-visible': { args: { page: 1, other: '/a' }, distinct: { other: '/b' }, alike: { page: 2 } },
  'security/shared-inode': {
    args: { first: '/a', differences: [{ attribute: 'uid', value: 0, other: 1 }] },
    distinct: { first: '/b', differences: [{ attribute: 'gid', value: 0, other: 1 }] },
    alike: { differences: [{ attribute: 'uid', value: 2, other: 3 }] },
  },
  'security/setuid': { args: { mode: 0o104755, uid: 0 }, distinct: { uid: 1 }, alike: { mode: 0o104711 } },
  'security/setgid': { args: { mode: 0o102755, gid: 0 }, distinct: { gid: 1 }, alike: { mode: 0o102711 } },
  'security/world-writable': {
    args: { mode: 0o100666, type: 'file' },
    distinct: { type: 'directory' },
    alike: { mode: 0o100777 },
  },
  'security/device-node': {
    args: { type: 'chardev', major: 1, minor: 3 },
    distinct: { type: 'blockdev', major: 2, minor: 4 },
    alike: {},
  },
  'policy/requirement-unmet': {
    args: { requirement: 0, wanted: 'pfnmap', direct: null, found: 'mixedmap', segment: SEGMENT },
    distinct: {
      wanted: 'mixedmap',
      direct: { share: 90, directPages: 1, pages: 3 },
      found: null,
      segment: { ...SEGMENT, perms: 'r--' },
    },
    alike: { requirement: 1, segment: { ...SEGMENT, ...MOVED } },
  },
  'policy/requirement-unmatched': {
    args: { requirement: 0, paths: ['/a'] },
    distinct: { paths: ['/b'] },
    alike: { requirement: 1 },
  },
  'policy/over-budget': {
    args: { budget: 'flash', limit: 10, value: 11 },
    distinct: { budget: 'ram', limit: 9 },
    alike: { value: 12 },
  },
  'policy/region-too-small': {
    args: { region: 4096, imageBytes: 8192 },
    distinct: { region: 2048 },
    alike: { imageBytes: 8193 },
  },
  'policy/exception-expired': {
    args: { exception: 0, expires: '2026-01-01', reason: 'a' },
    distinct: { reason: 'b' },
    alike: { exception: 1, expires: '2026-01-02' },
  },
  'policy/exception-unused': {
    args: { exception: 0, reason: 'a' },
    distinct: { reason: 'b' },
    alike: { exception: 1 },
  },
};

const CHECK_IDS = CHECK_FINDINGS.map(({ id }) => id);
const OWN_IDS = FINDING_IDS.filter((id) => !CHECK_IDS.includes(id));

const finding = (id: string, args: object): Finding => ({
  id,
  severity: 'warning',
  path: '/f',
  offset: 0,
  args: args as Finding['args'],
});

const fingerprint = (one: Finding): string =>
  [...fingerprints({ ...RESULT, findings: [one], suppressed: [] }).values()].join();

describe('a fingerprint', () => {
  test('has a row for each finding that is not of a check', () => {
    expect(Object.keys(ROWS).sort()).toEqual([...OWN_IDS].sort());
  });

  test.each(CHECK_IDS)('of %s hangs on nothing but the path', (id) => {
    const some = { block: 1, flags: 1, start: 2, length: 3, target: 'a', first: 'b', what: 'programs', limit: 5 };
    const others = { block: 2, flags: 2, start: 3, length: 4, target: 'c', first: 'd', what: 'mapped pages', limit: 6 };
    expect(fingerprint(finding(id, some))).toBe(fingerprint(finding(id, others)));
  });

  test.each(OWN_IDS)('of %s hangs on what tells such findings apart, and on nothing else', (id) => {
    const { args, distinct, alike } = ROWS[id] ?? { args: {}, distinct: {}, alike: {} };
    const base = fingerprint(finding(id, args));
    const changed = (part: object): [string, string][] =>
      Object.entries(part as Record<string, unknown>).map(([key, value]) => [
        key,
        fingerprint(finding(id, { ...args, [key]: value })),
      ]);
    // What an argument says is in either list, or in both where only a part of it counts.
    expect(new Set([...Object.keys(distinct), ...Object.keys(alike)])).toEqual(new Set(Object.keys(args)));
    for (const [key, name] of changed(distinct)) expect([key, name]).not.toEqual([key, base]);
    for (const [key, name] of changed(alike)) expect([key, name]).toEqual([key, base]);
  });

  test('stays what it has always been: baselines hold it', () => {
    expect(fingerprint(finding('security/setuid', { mode: 0o104755, uid: 0 }))).toBe('24e9ddcb88de1f30');
    expect(fingerprint(finding('image/alignment-padding', { bytes: 1, imageBytes: 2 }))).toBe('c72a0f118b0489ed');
  });
});

/** Findings about the image as a whole, so that paths cannot choose among them. */
const ABOUT_THE_IMAGE: readonly string[] = [
  'xip/mount-refused',
  'xip/extensions-missing',
  'xip/physical-base',
  'image/alignment-padding',
  'policy/requirement-unmatched',
  'policy/over-budget',
  'policy/region-too-small',
  'policy/exception-expired',
  'policy/exception-unused',
  'image/signature-wrong',
  'image/signature-waived',
  'image/volume-name-control',
  'image/size-too-small',
  'image/size-unpadded',
  'image/image-truncated',
  'image/flags-unsupported',
  'image/flags-reserved',
  'image/future-set',
  'image/vendor-inodes',
  'image/vendor-compression',
  'image/vendor-flags',
  'image/vendor-linear-xip',
  'image/vendor-stored',
  'image/vendor-tables',
  'image/vendor-unreadable',
  'image/crc-wrong',
  'image/crc-byte-swapped',
  'image/crc-absent',
  'image/page-size',
  'image/root-not-directory',
  'image/root-offset',
  'image/root-empty',
  'image/files-zero',
  'image/files-miscounted',
  'image/blocks-miscounted',
  'image/expansion',
  'image/inserted-file',
  'image/unused-not-zero',
  'image/trailing-padding',
  'image/trailing-data',
  'xip/nommu-programs',
];

describe('paths of a setting', () => {
  const parsed = (id: string): Promise<unknown> =>
    parsePolicy(`version: 1\nrules:\n  ${id}: { severity: error, paths: '/a' }\n`, 'p.yaml');

  test.each(ABOUT_THE_IMAGE)('are refused for %s', async (id) => {
    await expect(parsed(id)).rejects.toMatchObject({ code: 'BAD_POLICY' });
  });

  test.each(FINDING_IDS.filter((id) => !ABOUT_THE_IMAGE.includes(id)))('are taken for %s', async (id) => {
    await expect(parsed(id)).resolves.toBeDefined();
  });
});

describe('a limit on padding', () => {
  const remains = (bytes: number, options: RuleOptions): boolean =>
    withSettings(finding('image/alignment-padding', { bytes, imageBytes: 1000 }), [
      { ids: ['image/alignment-padding'], severity: null, paths: null, options },
    ]) !== null;

  test('lets pass what is within all bounds that are set, the bounds included', () => {
    expect(remains(100, {})).toBe(true);
    expect([100, 101].map((bytes) => remains(bytes, { maxBytes: 100 }))).toEqual([false, true]);
    expect([25, 26].map((bytes) => remains(bytes, { maxPercent: 2.5 }))).toEqual([false, true]);
    expect([25, 26, 31].map((bytes) => remains(bytes, { maxBytes: 30, maxPercent: 2.5 }))).toEqual([false, true, true]);
    expect([25, 26].map((bytes) => remains(bytes, { maxBytes: 25, maxPercent: 90 }))).toEqual([false, true]);
  });
});
