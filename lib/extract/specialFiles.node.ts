/**
 * Device nodes and fifos. Node has no mknod(); the commands mknod and mkfifo, which every Unix has, make them.
 */
import type { Inode } from '../image/image.ts';
import { deviceNumber } from '../format/inode.ts';

/** Kinds of special files that can be made. */
export type SpecialType = 'chardev' | 'blockdev' | 'fifo';

/**
 * Makes a special file of mode 0600.
 *
 * @param path the same for every process; in ASCII, because arguments of commands cannot be any bytes
 * @throws an error with a code: EPERM where it is not allowed, ENOSYS where there is no such command
 */
export async function makeSpecialFile(path: string, type: SpecialType, inode: Inode): Promise<void> {
  const { major, minor } = deviceNumber(inode.size);
  const { status, error, stderr } =
    type === 'fifo'
      ? await run('mkfifo', ['-m', '600', path])
      : await run('mknod', ['-m', '600', path, type === 'chardev' ? 'c' : 'b', String(major), String(minor)]);
  if (error !== undefined) throw fault('ENOSYS', error.message);
  if (status !== 0) throw fault(/exists/i.test(stderr) ? 'EEXIST' : 'EPERM', stderr.trim());
}

async function run(
  command: string,
  args: string[],
): Promise<{ status: number | null; error?: Error | undefined; stderr: string }> {
  const { spawnSync } = await import('node:child_process');
  return spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
}

function fault(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code, errno: -1 });
}
