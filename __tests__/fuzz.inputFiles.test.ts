/** Inputs of the fuzzer's cases as files in memory: commands find them as they find files, and threads find them on the disk. */
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as files from '../scripts/fuzz/inputFiles.ts';

const folder = fs.mkdtempSync(join(tmpdir(), 'cramfs-fuzz-inputs-'));
const path = join(folder, 'in0');
const BYTES = Uint8Array.from({ length: 300 }, (_, i) => i);
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  files.setInput(path, BYTES);
});

test('an input is read in order and anywhere, up to its end', () => {
  const fd = files.openSync(path, 'r');
  expect(files.openInputs()).toBe(1);
  const target = new Uint8Array(200);
  const read = (at: number, length: number, position: number | null): number[] => [
    ...target.subarray(at, at + files.readSync(fd, target, at, length, position)),
  ];
  expect(read(0, 200, null)).toEqual([...BYTES.subarray(0, 200)]);
  expect(read(50, 4, 298)).toEqual([298 & 255, 299 & 255]);
  expect(read(0, 200, null)).toEqual([...BYTES.subarray(200)]);
  expect(read(0, 200, null)).toEqual([]);
  expect(read(0, 8, 300)).toEqual([]);
  files.closeSync(fd);
  expect(files.openInputs()).toBe(0);
  expect(() => {
    files.closeSync(fd);
  }).toThrow(/EBADF/);
});

test('it has the length of its bytes for whoever asks, and is a file', () => {
  const fd = files.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  for (const stats of [files.fstatSync(fd), files.statSync(path), files.lstatSync(path)]) {
    expect([stats.size, stats.isFile(), stats.isDirectory()]).toEqual([300, true, false]);
  }
  files.closeSync(fd);
  expect([files.existsSync(path), files.existsSync(`${path}-`)]).toEqual([true, false]);
  expect(files.statSync(`${path}-`, { throwIfNoEntry: false })).toBeUndefined();
  expect([...files.readFileSync(path)]).toEqual([...BYTES]);
  expect(files.readFileSync(path, 'latin1')).toBe(Buffer.from(BYTES).toString('latin1'));
});

test('whoever opened it keeps the bytes that it had', () => {
  const fd = files.openSync(path, 'r');
  files.setInput(path, Uint8Array.of(7));
  const target = new Uint8Array(1);
  files.readSync(fd, target, 0, 1, 5);
  expect([target[0], files.fstatSync(fd).size, files.statSync(path).size]).toEqual([5, 300, 1]);
  files.closeSync(fd);
});

test('the disk has it once it is written there, or opened to be changed', () => {
  files.setInput(path, Uint8Array.of(1, 2));
  files.writeInputs();
  expect([...fs.readFileSync(path)]).toEqual([1, 2]);
  files.setInput(path, Uint8Array.of(3));
  expect([...fs.readFileSync(path)]).toEqual([1, 2]);
  const fd = files.openSync(path, 'r+');
  expect([...fs.readFileSync(path)]).toEqual([3]);
  files.writeSync(fd, Uint8Array.of(4, 5));
  files.closeSync(fd);
  expect(files.openInputs()).toBe(0);
  expect([[...files.readFileSync(path)], files.statSync(path).size]).toEqual([[4, 5], 2]);
});

test('other files are those of the system', () => {
  const other = join(folder, 'other');
  fs.writeFileSync(other, 'text');
  const fd = files.openSync(other, 'r');
  const target = new Uint8Array(8);
  expect([files.readSync(fd, target, 0, 8, null), files.fstatSync(fd).size, files.openInputs()]).toEqual([4, 4, 0]);
  files.closeSync(fd);
  expect(files.readFileSync(other, 'utf8')).toBe('text');
});
