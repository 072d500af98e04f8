/** What the values of options and the operands of commands are, and which there are. */
import type { Argument, Option } from 'commander';
import { KERNEL_MODELS } from '../../driver/models/index.ts';
import { PAGE_SIZES } from '../../image/image.ts';
import { FINDINGS } from '../../policy/findings.ts';
import { CramfsError } from '../../base/errors.ts';
import type { Io } from '../io.ts';
import { readMachine } from '../machine.ts';
import { partitionNames } from '../partitionOptions.ts';
import type { Candidate, Completion } from './candidate.ts';
import type { Cursor } from './cursor.ts';
import { imagePaths, isPlainFile } from './imagePaths.ts';

/** Where values come from. Free ones are numbers and names that only the user knows. */
export type ValueKind =
  'files' | 'folders' | 'free' | ((cursor: Cursor, io: Io) => readonly Candidate[] | Promise<readonly Candidate[]>);

const words = (...values: string[]): (() => Candidate[]) => {
  return () => values.map((value) => ({ value, description: '' }));
};

const kernels = (): Candidate[] => KERNEL_MODELS.map(({ name, title }) => ({ value: name, description: title }));

/** Lists separated by commas: what could be the last part. */
const listOf =
  (parts: () => Candidate[]) =>
  ({ text }: Cursor): Candidate[] => {
    const before = text.slice(0, text.lastIndexOf(',') + 1);
    const used = before.split(',');
    return parts()
      .filter(({ value }) => !used.some((part) => part.startsWith(value)))
      .map((part) => ({ ...part, value: `${before}${part.value}` }));
  };

/** Conditions of --fail-on; those that end with "=" take a size. */
const conditions = (): Candidate[] => [
  ...['ram=', 'flash=', 'padding=', 'content='].map((value) => ({ value, description: 'growth allowed', open: true })),
  { value: 'direct-lost', description: 'something runs from flash to a lesser part' },
  { value: 'start-lost', description: 'a program no longer starts' },
];

/** Options whose values have a meaning that their placeholder does not show. */
const OPTIONS: Readonly<Record<string, ValueKind>> = {
  '--kernel': kernels,
  '--compare-kernels': listOf(kernels),
  '--partition': (cursor) => partitions(cursor),
  '--fail-on': listOf(conditions),
  '--page-size': words(...PAGE_SIZES.map((size) => `${String(size / 1024)}K`)),
  '--prot': words('r', 'rx', 'rw', 'rwx', 'none'),
  '--segment': words('text', 'rodata', 'data'),
  '--stack-init': words('zero', 'pattern'),
  '--smaps': (cursor, io) => imagePaths(cursor, io),
};

/** Placeholders of options: what is between < and > in their flags. */
const PLACEHOLDERS: Readonly<Record<string, ValueKind>> = {
  ...of('files', 'file', 'image', 'first', 'old', 'source'),
  ...of('folders', 'dir', 'folder', 'dirs'),
  ...of('free', 'address', 'addresses', 'base,size', 'i/n', 'major:minor', 'n', 'name', 'names', 'pattern'),
  ...of('free', 'release', 'seconds', 'size'),
};

/** Operands, by the names in usage lines. */
const OPERANDS: Readonly<Record<string, ValueKind>> = {
  ...of('files', 'image', 'images', 'file', 'files', 'old', 'new', 'source', 'captures', 'transcript', 'transcripts'),
  ...of('folders', 'dir'),
  ...of('free', 'args', 'roots'),
  ...of((cursor, io) => imagePaths(cursor, io), 'path', 'paths', 'program', 'programs'),
  ...of(kernels, 'a', 'b'),
  id: () => FINDINGS.map(({ id, title }) => ({ value: id, description: title })),
};

function of(kind: ValueKind, ...names: string[]): Record<string, ValueKind> {
  return Object.fromEntries(names.map((name) => [name, kind]));
}

/** What an option takes; undefined if this file does not know it, which a test finds. */
export function kindOfOption({ long, flags, argChoices }: Option): ValueKind | undefined {
  if (argChoices !== undefined) return words(...argChoices);
  const [, placeholder = ''] = /<([^>]*?)(?:[.]{3})?>$/.exec(flags) ?? [];
  return OPTIONS[long ?? ''] ?? PLACEHOLDERS[placeholder];
}

/** What an argument takes; undefined if this file does not know it. */
export function kindOfOperand(argument: Argument): ValueKind | undefined {
  return argument.argChoices === undefined ? OPERANDS[argument.name()] : words(...argument.argChoices);
}

/** The partitions of the table that the line names, by itself or in its board or policy. */
async function partitions({ options }: Cursor): Promise<Candidate[]> {
  const table = options.get('partitionTable');
  const board = options.get('board');
  const policy = options.get('policy');
  if (![table, board, policy].every((file) => file === undefined || file.startsWith('mtdparts=') || isPlainFile(file)))
    return [];
  try {
    const { machine } = await readMachine({
      ...(board === undefined ? {} : { board }),
      ...(policy === undefined ? {} : { policy }),
    });
    return partitionNames(table ?? machine.partitionTable).map((value) => ({ value, description: '' }));
  } catch (error) {
    if (error instanceof CramfsError) return [];
    throw error;
  }
}

/** What could be at a place of a line. */
export async function completionAt(cursor: Cursor, io: Io): Promise<Completion> {
  const { command, target } = cursor;
  const help = command.createHelp();
  switch (target.kind) {
    case 'nothing':
      return { kind: 'words', words: [] };
    case 'command':
      return {
        kind: 'words',
        words: help
          .visibleCommands(command)
          .map((each) => ({ value: each.name(), description: help.subcommandDescription(each) })),
      };
    case 'option':
      return {
        kind: 'words',
        words: help
          .visibleOptions(command)
          .map(({ long, short, description }) => ({ value: long ?? short ?? '', description })),
      };
    case 'value':
      return valuesOf(kindOfOption(target.option), target.prefix, cursor, io);
    case 'operand': {
      // "extract IMAGE --tar FILE" has no folder: paths come at once.
      const isPath = target.argument.name() === 'dir' && cursor.options.has('tar');
      return valuesOf(isPath ? OPERANDS.path : kindOfOperand(target.argument), '', cursor, io);
    }
  }
}

/** @param prefix what precedes each value in its word */
async function valuesOf(kind: ValueKind | undefined, prefix: string, cursor: Cursor, io: Io): Promise<Completion> {
  if (kind === 'files' || kind === 'folders') return { kind };
  const values = kind === undefined || kind === 'free' ? [] : await kind(cursor, io);
  return { kind: 'words', words: values.map((each) => ({ ...each, value: `${prefix}${each.value}` })) };
}
