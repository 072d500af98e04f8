/** What an image calls its files reaches the terminal escaped, in errors and in the reports that quote them. */
import { afterAll, expect, test } from '@jest/globals';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { Folder, runProgram } from './support/cli.ts';
import { elfFile } from './support/elfFile.ts';
import { buildRawImage } from './support/rawImage.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

const NAME = '\u001b[31m';
/** A file that cannot be read, and a program that cannot be started, with a name that would colour a terminal. */
const image = folder.file(
  'names.img',
  buildRawImage({
    entries: [
      {
        type: 'file',
        name: NAME,
        mode: 0o644,
        size: 9000,
        blocks: [{ kind: 'zlib', data: new Uint8Array(9), pointer: 0x8000_0004 }],
      },
      {
        type: 'directory',
        name: 'bin',
        entries: [
          {
            type: 'file',
            name: `${NAME}x`,
            mode: 0o755,
            size: 99,
            blocks: [{ kind: 'zlib', stored: new Uint8Array(9) }],
          },
        ],
      },
      { type: 'symlink', name: `${NAME}l`, blocks: [{ kind: 'zlib', stored: new Uint8Array(4) }] },
    ],
  }),
);
/** Programs that start, one with an MMU and one without, so that the kernel logs their names and maps shows them. */
const programs = folder.file(
  'programs.img',
  buildRawImage({
    entries: [{ machine: 3 }, { machine: 94, osabi: 65 }].map((spec, index) => {
      const segments = [{ type: 1, fileSize: 0x2000, flags: 5 }];
      const bytes = elfFile({ entry: 0x400, segments, size: 0x2000, ...spec });
      const blocks = [0, 4096].map((at) => ({
        kind: 'direct' as const,
        data: bytes.subarray(at, at + 4096),
        at: 0x1000 + index * 0x2000 + at,
      }));
      return { type: 'file' as const, name: `${NAME}${String(index)}`, mode: 0o755, blocks };
    }),
  }),
);
// eslint-disable-next-line no-control-regex -- only they count here
const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

test.each([
  ['ls', '-R', '-l', image],
  ['tree', image],
  ['info', image],
  ['stat', image, `/${NAME}`],
  ['blocks', image, `/${NAME}`],
  ['check', image],
  ['manifest', image],
  ['map', image, `/${NAME}`],
  ['exec', image, `/${NAME}`],
  ['exec', image, `/bin/${NAME}x`],
  ['exec', '--kernel', 'nommu', image, `/bin/${NAME}x`],
  ['exec', programs, `/${NAME}0`],
  ['exec', '--kernel', 'nommu-6.12', '--cpu', 'xtensa', programs, `/${NAME}1`],
  ['compare-kernels', image, 'linux-4.15'],
  ['diff', image, image],
  ['describe', image],
  ['extract', '--tar', '/dev/null', image],
  ['mkfs', image, `${folder.path}/out`],
  ['stat', image, '/\u001b]0;title'],
  ['info', `${folder.path}/\u001b[2J`],
  ['info', '--\u001b[2J'],
  ['\u001b[2J'],
  ...['ls', 'check', 'info', 'manifest', 'audit', 'scan'].map((command) => [command, '--json', image]),
  ...['stat', 'blocks', 'map', 'exec'].map((command) => [command, '--json', image, `/${NAME}`]),
  ['diff', '--json', image, image],
  ...['json', 'ndjson', 'text', 'sarif', 'junit', 'github', 'gitlab', 'markdown'].map((format) => [
    'audit',
    '--format',
    format,
    image,
  ]),
])('no control character comes out of cramfs %s %s', async (...argv: string[]) => {
  const { stdout, stderr } = await runProgram(runCramfs, argv);
  expect(stdout + stderr).not.toBe('');
  expect(stdout + stderr).not.toMatch(RAW);
});

test('the programs start, and their names are in the log', async () => {
  for (const argv of [
    [programs, `/${NAME}0`],
    ['--kernel', 'nommu-6.12', '--cpu', 'xtensa', programs, `/${NAME}1`],
  ]) {
    const { stdout } = await runProgram(runCramfs, ['exec', ...argv]);
    expect(stdout).toContain(': starts');
    expect(stdout).toMatch(/kernel log:\n.*\\x1b/);
  }
});
