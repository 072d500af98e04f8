/** `--require` and `--segment`: gates in CI fail on what is not direct, and on what kills or shows wrong bytes. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { runCramfsMap } from '../lib/cli/run.ts';
import { Folder, runProgram } from './support/cli.ts';

const folder = new Folder();
afterAll(() => {
  folder.remove();
});
const root = folder.fixture('images/root-XX.cramfs.gz');
const run = (...argv: string[]) => runProgram(runCramfsMap, [root, ...argv, '--quiet']);

describe('gates under kernels with and without a fault', () => {
  // The text segment of a program is wholly direct; the whole file is direct up to block 3 of 5.
  const text = ['/bin/counter', '--segment', 'text'];
  const start = ['/bin/counter'];
  const prefix = ['/bin/counter', '--length', '3p'];
  test.each<[string, readonly string[], string, number, number, number]>([
    // what, mapping, requirement, exit codes under linux-6.18, linux-6.17 (kills mixed maps), patch-v1 (wrong pages)
    ['text', text, 'direct', 0, 0, 1],
    ['text', text, 'pfnmap', 0, 0, 1],
    ['text', text, 'mixedmap', 0, 0, 1],
    ['whole file', start, 'direct', 1, 1, 1],
    ['whole file', start, 'pfnmap', 1, 1, 1],
    ['whole file', start, 'mixedmap', 0, 1, 1],
    ['direct prefix', prefix, 'direct', 0, 0, 1],
    ['direct prefix', prefix, 'pfnmap', 0, 0, 1],
  ])('%s: %j --require %s', async (_what, mapping, requirement, sound, killing, wrong) => {
    const codes = ['linux-6.18', 'linux-6.17', 'patch-v1'].map(
      async (kernel) => (await run(...mapping, '--require', requirement, '--kernel', kernel)).code,
    );
    expect(await Promise.all(codes)).toEqual([sound, killing, wrong]);
  });

  test('say what is wrong', async () => {
    expect((await run(...start, '--require', 'mixedmap', '--kernel', 'linux-6.17')).stderr).toBe(
      'cramfs-map: /bin/counter is not mixedmap: linux-6.17: accessing a page of the file kills the process (critical touch-kills, pages 0-2)\n',
    );
    expect((await run(...start, '--require', 'direct')).stderr).toMatch(
      /^cramfs-map: \/bin\/counter is not direct: mixedmap\n$/,
    );
  });

  test('hold for each line of a batch', async () => {
    const batch = folder.file('one.jsonl', '{"path":"/bin/counter"}\n');
    const gate = async (kernel: string) =>
      (await run('--batch', batch, '--require', 'mixedmap', '--kernel', kernel)).code;
    expect([await gate('linux-6.18'), await gate('linux-6.17')]).toEqual([0, 1]);
  });
});

describe('--segment', () => {
  const json = async (...argv: string[]) =>
    JSON.parse((await runProgram(runCramfsMap, [root, ...argv, '--json'])).stdout) as Record<string, unknown>;

  test('maps what the loader maps of a segment', async () => {
    expect(await json('/bin/counter', '--segment', 'text')).toMatchObject({
      prot: 'rx',
      offset: 4096,
      state: 'pfnmap',
    });
    expect(await json('/bin/counter', '--segment', 'data')).toMatchObject({ prot: 'rw', bailout: 'vma is writable' });
    expect(await json('/bin/counter', '--segment', '0')).toMatchObject({ errno: null });
  });

  test('names the segments where the choice is not one of them', async () => {
    const { code, stderr } = await run('/bin/counter', '--segment', '40');
    expect(code).toBe(2);
    expect(stderr).toMatch(/the file has no segment 40; its segments: \d+ \(/);
    expect((await run('/bin/counter', '--segment', 'rodata')).stderr).toMatch(
      /the file has 2 rodata segments; its segments: /,
    );
    expect((await run('/etc/motd', '--segment', 'text')).stderr).toMatch(/not an ELF file/);
  });

  test('leaves no room for what the headers say', async () => {
    expect((await run('/bin/counter', '--segment', 'text', '--offset', '0')).stderr).toMatch(
      /--offset cannot be used with --segment/,
    );
    expect((await run('/bin/counter', '--segment', 'code')).stderr).toMatch(/"code" is not text, rodata, data/);
  });
});
