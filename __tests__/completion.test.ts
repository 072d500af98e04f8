/** What completion answers: commands, options, values and paths inside images; never a message. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CRAMFS_LAB, runCramfsLab } from '../kernel-lab/host/cli/cramfsLab.ts';
import { shellWords } from '../lib/cli/completion/shellWords.ts';
import { kindOfOperand, kindOfOption } from '../lib/cli/completion/values.ts';
import { CRAMFS, runCramfs } from '../lib/cli/cramfs.ts';
import { fullName } from '../lib/cli/help/groups.ts';
import { wholeProgram } from '../lib/cli/programTree.ts';
import type { Command } from 'commander';
import { Folder, type Run, runProgram, silentIo } from './support/cli.ts';
import { fixtureNames } from './support/fixtures.ts';

const folder = new Folder();
const IMAGE = folder.fixture('images/root-XX.cramfs.gz');
afterAll(() => {
  folder.remove();
});

const ask = (...argv: string[]): Promise<Run> =>
  runProgram(runCramfs, ['__complete', ...argv], { env: { HOME: folder.path } });

/** The words offered for the last of the given ones, without their descriptions. */
async function offered(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await ask('zsh', 'cramfs', ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split('\t')[0] ?? '');
}

const kindOf = async (...words: string[]): Promise<string | undefined> =>
  (await ask('zsh', 'cramfs', ...words)).stdout.split('\n')[0];

test('every option with a value and every operand of every command is known to completion', async () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  for (const program of [CRAMFS, CRAMFS_LAB]) {
    for (const command of all(await wholeProgram(program, silentIo()))) {
      for (const option of command.options.filter(({ required, optional }) => required || optional)) {
        expect([fullName(command), option.flags, kindOfOption(option)]).toEqual([
          fullName(command),
          option.flags,
          expect.anything(),
        ]);
      }
      for (const argument of command.registeredArguments) {
        expect([fullName(command), argument.name(), kindOfOperand(argument)]).toEqual([
          fullName(command),
          argument.name(),
          expect.anything(),
        ]);
      }
    }
  }
});

describe('what follows', () => {
  test('a program is a command', async () => {
    expect(await offered('')).toEqual(expect.arrayContaining(['map', 'policy', 'completion', 'help']));
    expect(await offered('he')).toEqual(['help']);
    expect(await offered('help', 'pol')).toEqual(['policy']);
    expect(await offered('policy', '')).toEqual(['init', 'check', 'help']);
    expect(await offered('nothing', 'x')).toEqual([]);
  });

  test('a dash is an option of that command, hidden ones left out', async () => {
    expect(await offered('check', '--no')).toEqual(['--no-inflate']);
    expect(await offered('check', '--thr')).toEqual([]);
    expect(await offered('policy', 'init', '--f')).toEqual(['--force']);
    expect(await offered('exec', IMAGE, '/bin/init', '--', '--a')).toEqual([]);
  });

  test('an option is one of its values, also in the same word', async () => {
    expect(await offered('audit', '--format', 'js')).toEqual(['json']);
    expect(await offered('audit', '--format=js')).toEqual(['--format=json']);
    expect(await offered('map', '--page-size', '')).toEqual(['4K', '8K', '16K', '64K']);
    expect(await offered('compare-kernels', IMAGE, 'patch-v2')).toEqual(['patch-v2', 'patch-v2-fixed']);
    expect(await offered('diff', '--fail-on', 'ram=4K,d')).toEqual(['ram=4K,direct-lost']);
    expect(await offered('diff', '--fail-on', 'ram=4K,r')).toEqual([]);
    expect(await offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await offered('extract', '--max-depth', '')).toEqual([]);
  });

  test('names of files are left to the shell', async () => {
    expect(await kindOf('map', '')).toBe('files');
    expect(await kindOf('map', IMAGE, '/x', '--board', '')).toBe('files');
    expect(await kindOf('audit', 'a', 'b', 'c', '')).toBe('files');
    expect(await kindOf('extract', IMAGE, '')).toBe('folders');
    expect(await kindOf('stage', '/x', '--to', '')).toBe('folders');
  });

  test('the partitions of a table that the line or its board names', async () => {
    const table = 'mtdparts=flash:64K(boot),1M(rootfs)';
    expect(await offered('map', '--partition-table', table, '--partition', '')).toEqual(['boot', 'rootfs']);
    const board = folder.file(
      'board.yaml',
      `version: 1
partition-table: "${table}"
`,
    );
    expect(await offered('map', '--board', board, '--partition', 'r')).toEqual(['rootfs']);
    expect(await offered('map', '--partition-table', IMAGE, '--partition', '')).toEqual([]);
  });
});

describe('paths inside the image', () => {
  test('are those of one directory, with directories open for more', async () => {
    expect(await offered('ls', IMAGE, '')).toEqual(['/bin/', '/dev/', '/etc/', '/init', '/lib/', '/proc/', '/tmp/']);
    expect(await offered('ls', IMAGE, '/b')).toEqual(['/bin/']);
    expect(await kindOf('ls', IMAGE, '/b')).toBe('words open');
    expect(await kindOf('ls', IMAGE, '/in')).toBe('words');
    expect(await offered('ls', IMAGE, '/bin/h')).toEqual(['/bin/hello']);
    expect(await offered('ls', IMAGE, 'bin/h')).toEqual(['bin/hello']);
    expect(await offered('ls', IMAGE, '/nowhere/h')).toEqual([]);
    expect(await offered('ls', IMAGE, '/init/h')).toEqual([]);
  });

  test('come for every operand and for options that take them, wherever the image is in the line', async () => {
    expect(await offered('stat', '-L', IMAGE, '/init', '/bin/he')).toEqual(['/bin/hello']);
    expect(await offered('cat', '--image-offset', '0', IMAGE, '/bin/he')).toEqual(['/bin/hello']);
    expect(await offered('cat', `${IMAGE}@0`, '/bin/he')).toEqual(['/bin/hello']);
    expect(await offered('cat', IMAGE, '--image', '1', '/bin/he')).toEqual(['/bin/hello']);
    expect(await offered('extract', IMAGE, 'out', '/bin/he')).toEqual(['/bin/hello']);
    expect(await offered('extract', IMAGE, '--tar', '-', '/bin/he')).toEqual(['/bin/hello']);
    const lab = await runProgram(runCramfsLab, ['__complete', 'zsh', 'cramfs-lab', 'run', IMAGE, '--smaps', '/bin/he']);
    expect(lab).toEqual({ code: 0, stdout: expect.stringMatching(/^words\n[/]bin[/]hello\t\d+ bytes\n$/), stderr: '' });
  });

  test('are quoted for bash, and cut at its word breaks', async () => {
    const lines = async (line: string): Promise<string> =>
      (await ask('bash', 'cramfs', line, ' \t\n"\'><=;|&(:@')).stdout;
    expect(await lines(`cramfs audit --format=sa`)).toBe('words\nsarif\n');
    expect(await lines(`cramfs cat ${IMAGE}@0 /bin/he`)).toBe('words\n/bin/hello\n');
    expect(await lines(`cramfs cat "${IMAGE}" '/bin/he`)).toBe('words\n/bin/hello\n');
    const odd = folder.fixture('arch/sorted-flag-high-bytes.cramfs');
    expect((await lines(`cramfs ls ${odd} /`)).split('\n')[0]).toBe('words');
  });

  test.each([...fixtureNames('malformed').filter((name) => name.endsWith('.img'))])(
    '%s gives words or none, and no message',
    async (name) => {
      const image = folder.fixture(`malformed/${name}`);
      for (const path of ['', '/', '/dir/', '/a/b/']) {
        const { code, stdout, stderr } = await ask('zsh', 'cramfs', 'ls', image, path);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout).toMatch(/^words( open)?\n/);
      }
    },
  );

  test('what is not an image, standard input, folders and pipes give nothing, at once', async () => {
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const image of ['-', folder.path, '/nowhere', '/dev/zero', pipe, folder.file('text', 'hello')]) {
      expect(await offered('ls', image, '/')).toEqual([]);
    }
  });
});

test.each([
  ['cramfs ls  fw.cramfs /b', ['cramfs', 'ls', 'fw.cramfs', '/b'], ''],
  ['cramfs ls ', ['cramfs', 'ls', ''], ''],
  ['cramfs ls my\\ image "a b"\'c\'d', ['cramfs', 'ls', 'my image', 'a bcd'], ''],
  ['cramfs ls "a\\"b $x', ['cramfs', 'ls', 'a"b $x'], '"'],
  ["cramfs ls 'a b", ['cramfs', 'ls', 'a b'], "'"],
  ['', [''], ''],
])('%j is split as a shell does', (line, texts, quote) => {
  const words = shellWords(line);
  expect(words.map(({ text }) => text)).toEqual(texts);
  expect(words.at(-1)?.quote).toBe(quote);
});
