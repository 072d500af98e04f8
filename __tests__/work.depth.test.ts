/** Directories in each other: what a command does with each must not grow with how deep it is. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { S_IFDIR } from '../lib/format/constants.ts';
import { encodeInode } from '../lib/format/inode.ts';
import { Folder, runProgram } from './support/cli.ts';
import { plainSuperblock } from './support/plainSuperblock.ts';

/** Seconds of CPU time that any command may take. */
const LIMIT = 10;
const START = 76;
/** Bytes of an entry with a name of four bytes at most. */
const ENTRY = 16;

const folder = new Folder();
afterAll(() => {
  folder.remove();
});

/** An image of so many directories called "d", each in the one before. */
function nested(levels: number): string {
  const inode = { mode: S_IFDIR | 0o755, uid: 0, gid: 0 };
  const directories = Array.from({ length: levels }, (_, level) => {
    const below = level + 1 < levels ? { size: ENTRY, offset: START + (level + 1) * ENTRY } : { size: 0, offset: 0 };
    return Buffer.concat([encodeInode({ ...inode, ...below, namelen: 4 }, true), Buffer.from('d\0\0\0')]);
  });
  const head = plainSuperblock({
    size: START + levels * ENTRY,
    root: { ...inode, size: ENTRY, namelen: 0, offset: START },
  });
  return folder.file(`nested-${String(levels)}.img`, Buffer.concat([head, ...directories]));
}

async function timed(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string; seconds: number }> {
  const before = process.cpuUsage();
  const run = await runProgram(runCramfs, argv);
  const { user, system } = process.cpuUsage(before);
  return { ...run, seconds: (user + system) / 1e6 };
}

describe('directories in each other', () => {
  test('are listed in a manifest, 1,000 of them', async () => {
    const { code, stdout, seconds } = await timed('manifest', '--format', 'mtree', nested(1000));
    expect(code).toBe(0);
    expect(stdout.match(/type=dir/g)).toHaveLength(1001);
    expect(seconds).toBeLessThan(LIMIT);
  });

  test('end a manifest with LIMIT where paths get longer than Linux takes, 40,000 of them', async () => {
    const { code, stderr, seconds } = await timed('manifest', '--format', 'mtree', nested(40_000));
    expect(code).toBe(3);
    expect(stderr).toContain('a limit was reached');
    expect(seconds).toBeLessThan(LIMIT);
  });

  test('are staged, 1,000 of them', async () => {
    const { code, stdout, seconds } = await timed('stage', '--from', nested(1000), '/d');
    expect(code).toBe(0);
    expect(stdout).toContain('0 files, 0 bytes; 1000 other entries');
    expect(seconds).toBeLessThan(LIMIT);
  });
});
