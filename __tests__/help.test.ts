/** The help of every command: examples first, options in groups, suggestions for what was misspelt. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { runCramfsLab, CRAMFS_LAB } from '../kernel-lab/host/cli/cramfsLab.ts';
import { shellWords } from '../lib/cli/completion/shellWords.ts';
import { CRAMFS, runCramfs } from '../lib/cli/cramfs.ts';
import { fullName, GROUPS } from '../lib/cli/help/groups.ts';
import { HelpfulCommand } from '../lib/cli/help/helpfulCommand.ts';
import { helpNotes } from '../lib/cli/help/notes.ts';
import { runCramfsMap } from '../lib/cli/run.ts';
import { wholeProgram } from '../lib/cli/programTree.ts';
import { runProgram, silentIo } from './support/cli.ts';

/** Every command of a tree that does something, and the programs themselves. */
function all(command: Command): Command[] {
  return [command, ...command.commands.flatMap(all)];
}

let programs: Command[];
let commands: Command[];
beforeAll(async () => {
  programs = [await wholeProgram(CRAMFS, silentIo()), await wholeProgram(CRAMFS_LAB, silentIo())];
  commands = programs.flatMap(all);
});

/** The commands of this project in a line of a shell: "(cd x && cramfs a b | tar t) > f" has one. */
function callsIn(example: string): string[][] {
  const [line = ''] = example.split(/ {2,}/);
  return line
    .split(/\||&&|[()]/)
    .map((part) => shellWords(part.replace(/ >>? .*/, '').trim()).map(({ text }) => text))
    .map((words) => (words[0] === 'sudo' ? words.slice(1) : words))
    .filter(([name = '']) => name.startsWith('cramfs'));
}

const examplesOf = (command: Command): readonly string[] =>
  helpNotes(command instanceof HelpfulCommand ? command.notes : '').examples;

test('the tree has all commands, with their own options and arguments', () => {
  const names = commands.map(fullName);
  expect(names).toEqual(expect.arrayContaining(['cramfs map', 'cramfs policy init', 'cramfs mkfs', 'cramfs-lab run']));
  expect(new Set(names).size).toBe(names.length);
  for (const command of commands) expect(command.description()).not.toBe('');
});

describe('the help of each command', () => {
  test('begins with examples: after usage and description, before arguments and options', () => {
    for (const command of commands) {
      const help = command.helpInformation();
      const [usage, description, examples] = help.split('\n\n');
      expect([fullName(command), usage]).toEqual([fullName(command), expect.stringMatching(/^Usage: cramfs/)]);
      expect([fullName(command), description]).not.toEqual([fullName(command), expect.stringMatching(/:\n/)]);
      expect([fullName(command), examples]).toEqual([fullName(command), expect.stringMatching(/^Examples:\n {2}\S/)]);
      expect(help.match(/^Examples:$/gm)).toHaveLength(1);
    }
  });

  test('has an example of the command itself, and each example is a command line that it accepts', async () => {
    const own = new Map(commands.map((command) => [fullName(command), 0]));
    for (const command of commands) {
      for (const example of examplesOf(command)) {
        const calls = callsIn(example);
        expect([example, calls.length > 0]).toEqual([example, true]);
        for (const call of calls) {
          const parsed = await parsedBy(call);
          if (parsed === fullName(command)) own.set(parsed, (own.get(parsed) ?? 0) + 1);
        }
      }
    }
    const without = [...own].filter(
      ([name, count]) => count === 0 && !['cramfs', 'cramfs-lab', 'cramfs policy'].includes(name),
    );
    expect(without).toEqual([]);
  });

  test('an example with a wrong option, word or value would not be accepted', async () => {
    for (const call of ['cramfs map a b --frobnicate', 'cramfs map a b c', 'cramfs mpa', 'cramfs map a b --fill 12']) {
      await expect(parsedBy(call.split(' '))).rejects.toThrow();
    }
  });

  test('has its options in groups of at most 12, and options of one name in the same group everywhere', () => {
    const homes = new Map<string, Set<string>>();
    const shared: readonly string[] = Object.values(GROUPS);
    for (const command of commands) {
      const groups = new Map<string, string[]>();
      for (const option of command.createHelp().visibleOptions(command)) {
        const heading = option.helpGroupHeading ?? 'Options:';
        groups.set(heading, [...(groups.get(heading) ?? []), option.flags]);
        if (shared.includes(heading))
          homes.set(option.long ?? '', (homes.get(option.long ?? '') ?? new Set()).add(heading));
      }
      for (const [heading, flags] of groups) {
        expect([fullName(command), heading, flags.length]).toEqual([
          fullName(command),
          heading,
          Math.min(flags.length, 12),
        ]);
      }
    }
    for (const [long, headings] of homes) expect([long, [...headings]]).toEqual([long, [[...headings][0]]]);
    for (const long of ['--json', '--color', '--quiet', '--output', '--format', '--force']) {
      const elsewhere = commands.filter((command) =>
        command.options.some((option) => option.long === long && option.helpGroupHeading !== GROUPS.output),
      );
      expect([long, elsewhere.map(fullName)]).toEqual([long, []]);
    }
  });

  test('shows its own groups first, then image, machine, kernel, output, and the general ones last', () => {
    const shared: readonly string[] = Object.values(GROUPS);
    for (const command of commands) {
      const headings = [...command.helpInformation().matchAll(/^([A-Z][^\n]*:)$/gm)].map(([, heading = '']) => heading);
      const places = headings.map((heading) => shared.indexOf(heading)).filter((place) => place !== -1);
      expect([fullName(command), places]).toEqual([fullName(command), [...places].sort((a, b) => a - b)]);
      expect(headings).toContain(GROUPS.general);
    }
  });

  test('fits a terminal of 80 columns', () => {
    for (const command of commands) {
      for (const line of command.helpInformation().split('\n')) {
        expect([fullName(command), line, line.length <= 80]).toEqual([fullName(command), line, true]);
      }
    }
  });

  test('lists exit codes, where the command is not only a group of others', () => {
    for (const command of commands.filter(({ commands: under }) => under.length === 0)) {
      const notes = helpNotes(command instanceof HelpfulCommand ? command.notes : '');
      expect([fullName(command), notes.exitCodes.length]).toEqual([fullName(command), expect.any(Number)]);
      expect([fullName(command), notes.exitCodes[0]?.[0]]).toEqual([fullName(command), '0']);
    }
  });
});

test.each([
  [
    ['map', '--help'],
    ['help', 'map'],
  ],
  [
    ['policy', 'init', '--help'],
    ['help', 'policy', 'init'],
  ],
])('"cramfs %j" prints what "cramfs %j" prints', async (option, command) => {
  const [first, second] = [await runProgram(runCramfs, option), await runProgram(runCramfs, command)];
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toContain('\nExamples:\n');
  expect(second).toEqual(first);
});

describe('what is misspelt', () => {
  test.each([
    [['mpa', 'x'], "cramfs: unknown command 'mpa'\n(Did you mean map?)\n"],
    [['help', 'exrtact'], "cramfs: unknown command 'exrtact'\n(Did you mean extract?)\n"],
    [['policy', 'chekc', 'x'], "cramfs policy: unknown command 'chekc'\n(Did you mean check?)\n"],
    [['map', 'a', 'b', '--pgaes'], "cramfs map: unknown option '--pgaes'\n(Did you mean --pages?)\n"],
    [['policy', 'init', '--froce'], "cramfs policy init: unknown option '--froce'\n(Did you mean --force?)\n"],
    [['--versoin'], "cramfs: unknown option '--versoin'\n(Did you mean --version?)\n"],
    [['frobnicate'], "cramfs: unknown command 'frobnicate'\n"],
  ])('%j', async (argv, stderr) => {
    expect(await runProgram(runCramfs, argv)).toEqual({ code: 2, stdout: '', stderr });
  });

  test('in cramfs-map and cramfs-lab', async () => {
    expect(await runProgram(runCramfsMap, ['a', 'b', '--regoin', '1M'])).toEqual({
      code: 2,
      stdout: '',
      stderr: "cramfs-map: unknown option '--regoin'\n(Did you mean --region?)\n",
    });
    expect(await runProgram(runCramfsLab, ['rnu'])).toMatchObject({
      code: 2,
      stderr: "cramfs-lab: unknown command 'rnu'\n(Did you mean run?)\n",
    });
  });

  test('names of kernels', async () => {
    const { stderr } = await runProgram(runCramfsMap, ['a', 'b', '--kernel', 'pach-v2']);
    expect(stderr).toContain('no kernel model is named "pach-v2" (did you mean "patch-v2"?)');
  });
});

/** The full name of the command that a call reaches, with everything parsed and nothing done. @throws where it is wrong */
async function parsedBy(call: readonly string[]): Promise<string> {
  const [name = '', ...argv] = call;
  const words = name === 'cramfs-map' ? ['map', ...argv] : argv;
  const program = await wholeProgram(name === 'cramfs-lab' ? CRAMFS_LAB : CRAMFS, silentIo());
  let reached = '';
  for (const command of all(program).filter(({ commands: under }) => under.length === 0)) {
    command.action(() => {
      reached = fullName(command);
    });
  }
  await program.parseAsync(words, { from: 'user' });
  return reached;
}
