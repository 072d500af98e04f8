/** What the tests of extraction have in common: temporary folders, trees on the disk, the command's run. */
import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCramfs } from '../../lib/cli/cramfs.ts';
import type { TextSink } from '../../lib/cli/io.ts';

export const IS_ROOT = process.geteuid?.() === 0;

/** Calls `use` with a temporary folder, and removes it afterwards. */
export async function withFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'cramfs-extract-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file on the disk. Paths and targets are bytes as latin1. */
export interface DiskEntry {
  readonly path: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly target: string;
  readonly major: number;
  readonly minor: number;
  readonly content: Buffer;
}

/** Everything below a folder, the folder itself included (with an empty path), sorted by path. */
export function readTree(folder: string): DiskEntry[] {
  const entries: DiskEntry[] = [];
  const visit = (path: Buffer, shown: string): void => {
    const stat = lstatSync(path);
    const type = stat.isFile()
      ? 'file'
      : stat.isDirectory()
        ? 'directory'
        : stat.isSymbolicLink()
          ? 'symlink'
          : stat.isFIFO()
            ? 'fifo'
            : stat.isCharacterDevice()
              ? 'chardev'
              : stat.isBlockDevice()
                ? 'blockdev'
                : 'socket';
    const isDevice = type === 'chardev' || type === 'blockdev';
    entries.push({
      path: shown,
      type,
      mode: stat.mode & 0o7777,
      uid: stat.uid,
      gid: stat.gid,
      mtime: stat.mtimeMs / 1000,
      target: type === 'symlink' ? readlinkSync(path, { encoding: 'latin1' }) : '',
      major: isDevice ? (stat.rdev >>> 8) & 0xfff : 0,
      minor: isDevice ? (stat.rdev & 0xff) | ((stat.rdev >>> 12) & 0xfff00) : 0,
      content: type === 'file' ? readAny(path, stat.mode) : Buffer.alloc(0),
    });
    if (type !== 'directory') return;
    for (const name of readdirSync(path, { encoding: 'buffer' })) {
      const text = name.toString('latin1');
      visit(Buffer.concat([path, Buffer.from('/'), name]), shown === '' ? text : `${shown}/${text}`);
    }
  };
  visit(Buffer.from(folder), '');
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Reads a file of ours whatever its mode is. */
function readAny(path: Buffer, mode: number): Buffer {
  if (IS_ROOT || (mode & 0o400) !== 0) return readFileSync(path);
  chmodSync(path, 0o400);
  const content = readFileSync(path);
  chmodSync(path, mode & 0o7777);
  return content;
}

/** What a run of the command wrote, and how it ended. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly bytes: Buffer;
  readonly stderr: string;
}

/** Runs `cramfs` in this process. */
export async function runCommand(argv: readonly string[], isTTY = false): Promise<Run> {
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  const sink = (pieces: Uint8Array[]): TextSink => ({
    isTTY,
    columns: isTTY ? 80 : undefined,
    write: (text) => {
      pieces.push(Buffer.from(text));
    },
    writeEncoded: (text) => {
      pieces.push(Uint8Array.from(text));
    },
    writeBytes: (bytes) => {
      pieces.push(Uint8Array.from(bytes));
    },
  });
  const code = await runCramfs(argv, { stdout: sink(out), stderr: sink(err), stdin: 0, env: {} });
  const bytes = Buffer.concat(out);
  return { code, stdout: bytes.toString(), bytes, stderr: Buffer.concat(err).toString() };
}
