/** Inputs without end: each command that reads one ends with LIMIT, and streams are not kept in memory. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { runCramfs } from '../lib/cli/cramfs.ts';
import { StreamStore } from '../lib/source/nodeStreamStore.ts';
import { Folder, runProgram } from './support/cli.ts';

const folder = new Folder();
const image = folder.fixture('images/tiny-v1.cramfs.gz');
const out = join(folder.path, 'out');
const XIP = ['--xip', 'mmu', '--phys', '0x10000000'];

afterAll(() => {
  folder.remove();
});

test.each([
  ['audit', '--policy', '/dev/zero', image],
  ['audit', '--baseline', '/dev/zero', image],
  ['audit', '--board', '/dev/zero', image],
  ['audit', '--partition-table', '/dev/zero', '--partition', 'x', image],
  ['audit', '--merge', '/dev/zero'],
  ['policy', 'check', '/dev/zero'],
  ['diff', '--policy', '/dev/zero', image, image],
  ['map', image, '--batch', '/dev/zero'],
  ['profile', image, '/dev/zero'],
  ['profile', '--check', image, '/dev/zero'],
  ['mkfs', ...XIP, '--xip-list', '/dev/zero', image, out],
  ['mkfs', ...XIP, '--xip-profile', '/dev/zero', image, out],
  ['stage', '--from', image, '--dlopen-list', '/dev/zero', '/a', '-o', out],
])('cramfs %s %s … reads no endless file', async (...args: string[]) => {
  const { code, stdout, stderr } = await runProgram(runCramfs, args);
  expect([code, stdout + stderr]).toEqual([3, expect.stringContaining('limit was reached')]);
});

const temporary = process.env.TMPDIR;
afterEach(() => {
  if (temporary === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = temporary;
});

/** 80 MiB, each 64 KiB of another byte, so that they are more than is kept in memory. */
function filled(): StreamStore {
  const store = new StreamStore();
  while (store.length < 80 << 20) {
    const room = store.room().subarray(0, 65536);
    room.fill((store.length / 65536) % 251);
    store.grow(room.length);
  }
  return store;
}

test.each([
  ['a temporary file without a name', folder.path],
  ['memory, where there can be no file', '/nowhere'],
])('what a stream gave is kept in %s', (_, place) => {
  process.env.TMPDIR = place;
  const store = filled();
  for (const at of [0, 65535, 0x10_0000 - 3, (64 << 20) - 2, (64 << 20) + 5, (80 << 20) - 4]) {
    const target = new Uint8Array(8);
    const got = store.readInto(target, at);
    expect(got).toBe(Math.min(8, (80 << 20) - at));
    const expected = Array.from({ length: got }, (_byte, index) => Math.floor((at + index) / 65536) % 251);
    expect([...target.subarray(0, got)]).toEqual(expected);
  }
  expect(store.readInto(new Uint8Array(1), 80 << 20)).toBe(0);
  store.close();
  expect(readdirSync(folder.path).filter((name) => name.startsWith('.cramfs-'))).toEqual([]);
});
