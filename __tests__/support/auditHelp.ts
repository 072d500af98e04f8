/** What tests of the audit's reports share: an audit made by hand, and the command with streams that remember. */
import type { Finding } from '../../lib/findings/finding.ts';
import type { AuditResult } from '../../lib/audit/result.ts';
import type { AuditedImage } from '../../lib/audit/run.ts';
import { runCramfs } from '../../lib/cli/cramfs.ts';
import { AUDIT_REPORTERS, type AuditFormat } from '../../lib/report/audit/index.ts';
import type { AuditReportOptions } from '../../lib/report/audit/reporter.ts';
import { NO_COLOURS } from '../../lib/report/style.ts';
import { type Run, runProgram, type World } from './cli.ts';

/** A name with everything that some format minds: markup, separators, control characters, bytes that are no UTF-8. */
export const EVIL = '/x/%:,|`<b>&"\'@*]\u001b[2J\r\n\u202e\udcff\uffff';

const finding = (value: Finding): Finding => value;
const segment = { segment: 1, perms: 'r-x', firstPage: 0, pages: 5, directPages: 3 };

/** A finding of no great matter. */
export const DEVICE = finding({
  id: 'security/device-node',
  severity: 'note',
  path: EVIL,
  offset: 76,
  args: { type: 'chardev', major: 1, minor: 3 },
});

/** A finding of each severity, one without a path, one with an evil path. */
export const FINDINGS: readonly Finding[] = [
  finding({ id: 'image/trailing-data', severity: 'warning', path: null, offset: 4096, args: { length: 7 } }),
  finding({
    id: 'xip/library-missing',
    severity: 'error',
    path: '/bin/app',
    offset: null,
    args: { library: 'libx.so', neededBy: '/bin/app', searched: ['/lib', '/usr/lib'] },
  }),
  finding({
    id: 'xip/layout-break',
    severity: 'warning',
    path: '/bin/app',
    offset: 24576,
    args: { ...segment, block: 3, kind: 'zlib', expectedOffset: 24576 },
  }),
  DEVICE,
];

/** An audit with something of everything. */
export const RESULT: AuditResult = {
  image: 'out/fw 1.cramfs',
  imageOffset: 512,
  board: {
    kernel: 'linux-6.18',
    cpu: 'x86-64',
    littleEndian: true,
    pageSize: 4096,
    physBase: 0x10000000,
    regionSize: 65536,
    programsFor: null,
    programsNeedNommu: false,
  },
  findings: FINDINGS,
  counts: { error: 1, warning: 2, note: 3 },
  omitted: { 'security/device-node': 2 },
  suppressed: [
    {
      finding: finding({
        id: 'security/setuid',
        severity: 'warning',
        path: '/bin/su',
        offset: 100,
        args: { mode: 0o104755, uid: 0 },
      }),
      by: 'exception',
      reason: 'needed for logins',
    },
    {
      finding: finding({
        id: 'security/setuid',
        severity: 'warning',
        path: '/bin/sudo',
        offset: 112,
        args: { mode: 0o104755, uid: 0 },
      }),
      by: 'baseline',
      reason: null,
    },
  ],
  numbers: {
    imageBytes: 40960,
    fileBytes: 40967,
    flash: [
      { label: 'superblock', bytes: 76, ranges: 1 },
      { label: 'direct', bytes: 40884, ranges: 2 },
      { label: 'trailing', bytes: 7, ranges: 1 },
    ],
    contentBytes: 39000,
    paddingBytes: 0,
    directCompressedBytes: 20000,
    files: 2,
    programs: 1,
    programsStarting: 1,
    textBytes: 20480,
    textDirectBytes: 12288,
    readOnlyBytes: 24576,
    readOnlyDirectBytes: 16384,
    ramBytes: 8192,
    ramSavedBytes: 12288,
  },
  files: [
    {
      path: '/bin/app',
      size: 19064,
      mode: 0o100755,
      format: 'elf32',
      state: 'mixedmap',
      directPages: 3,
      blocks: 5,
      directBlocks: 3,
      segments: [
        { ...segment, kind: 'text', state: 'mixedmap', fileBytes: 19000 },
        {
          segment: 2,
          perms: 'r--',
          firstPage: 4,
          pages: 1,
          directPages: 1,
          kind: 'rodata',
          state: 'pfnmap',
          fileBytes: 64,
        },
      ],
      run: {
        outcome: 'runs',
        ramBytes: 8192,
        ram: { text: 4096, rodata: 0, relro: 0, data: 4096, bss: 0 },
        flashBytes: 12288,
      },
    },
    {
      path: '/etc/table',
      size: 8192,
      mode: 0o100644,
      format: 'data',
      state: 'pfnmap',
      directPages: 2,
      blocks: 2,
      directBlocks: 2,
      segments: [],
      run: null,
    },
  ],
};

/** An audit as the first image of a run. */
export const audited = (result: AuditResult): AuditedImage => ({
  image: result.image,
  index: 0,
  diagnosis: null,
  result,
  error: null,
});

/** An image that could not be audited. */
export const UNREADABLE: AuditedImage = {
  image: 'bad.cramfs',
  index: 1,
  diagnosis: { code: 'gzip', message: 'it is gzip data', command: "gzip -dc 'bad.cramfs' | cramfs audit -" },
  result: null,
  error: { code: 'NOT_CRAMFS', message: 'not a cramfs image', offset: null, path: null },
};

/** An image of each kind. */
export const IMAGES: readonly AuditedImage[] = [audited(RESULT), UNREADABLE];

/** A report as text. */
export async function reportOf(
  format: AuditFormat,
  images: readonly AuditedImage[] = IMAGES,
  options: Partial<AuditReportOptions> = {},
): Promise<string> {
  let text = '';
  const report = AUDIT_REPORTERS[format](eachOf(images), {
    images: images.length,
    shard: { index: 1, of: 1 },
    version: '1.2.3',
    notes: true,
    style: NO_COLOURS,
    width: 80,
    page: (id) => `# ${id}\n\n**What it is.** About ${id},\nin short.\n\nMore.\n`,
    ...options,
  });
  for await (const piece of report) text += piece;
  return text;
}

async function* eachOf<T>(items: readonly T[]): AsyncGenerator<T, void> {
  for (const item of items) yield await Promise.resolve(item);
}

/** Runs `cramfs` in this process. */
export const cramfs = (argv: readonly string[], world?: World): Promise<Run> => runProgram(runCramfs, argv, world);
