/** `cramfs diff A B`: what changed between two images. */
import { jsonText } from '../../base/json.ts';
import { closeSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { auditImage } from '../../audit/auditImage.ts';
import { diffImages } from '../../diff/diff.ts';
import { type ComparedAudit, diffAudits } from '../../diff/diffAudits.ts';
import { type FailCondition, type Failure, failures, parseFailOn } from '../../diff/failOn.ts';
import type { ImageDiff } from '../../diff/diffResult.ts';
import { CramfsError } from '../../base/errors.ts';
import { printableName } from '../../format/names.ts';
import { failureText } from '../../report/diffFailures.ts';
import { diffGithub } from '../../report/diffGithub.ts';
import { diffJson } from '../../report/diffJson.ts';
import { diffMarkdown } from '../../report/diffMarkdown.ts';
import { damageText, diffText } from '../../report/diffText.ts';
import { Board } from '../../verdict/board.ts';
import { addMachineOptions, addProgramOptions } from '../boardOptions.ts';
import { reportFailure } from '../failure.ts';
import { addImageOptions, addQuietOption, type ImageOptions, openImage } from '../imageOptions.ts';
import { grouped, GROUPS } from '../help/groups.ts';
import { splitArgument } from '../imagePlace.ts';
import { openInput, readPiece, readText } from '../inputFile.ts';
import { EXIT, type Io } from '../io.ts';
import { type Machine, chooseMachine, type MachineRequest } from '../machine.ts';
import { openAppended } from '../outputFile.ts';
import { styleFor, widthFor } from '../style.ts';
import { complain } from '../complain.ts';

/** The formats of the report. */
const FORMATS = ['text', 'markdown', 'github', 'json'] as const;

interface DiffCommandOptions extends ImageOptions, MachineRequest {
  readonly quiet?: boolean;
  readonly content: boolean;
  readonly format: (typeof FORMATS)[number];
  readonly failOn?: string;
}

const NOTES = `
Examples:
  cramfs diff old.cramfs new.cramfs
  cramfs diff old.cramfs new.cramfs --fail-on ram=+64K,flash=+1%,direct-lost
  cramfs diff old.cramfs new.cramfs --format markdown
  cramfs diff old-audit.json new.cramfs --format github --fail-on direct-lost

OLD may be the JSON report of an earlier audit ("cramfs audit --json"), so that
the old image need not be kept; then only programs and files with direct blocks
are compared. Image and machine options apply to both images.

--fail-on takes ram, flash, padding and content with the growth that is allowed
(+64K or +1%), direct-lost (something runs from flash to a lesser part) and
start-lost (a program no longer starts), separated by commas.

Exit codes:
  0 no differences, or with --fail-on no condition is met   1 differences, or
  with --fail-on a condition is met   2 wrong usage, or a bad policy
  3 an image cannot be read, is not cramfs, or is too damaged to compare all of
  it   70 internal error
`;

/** Damage that is shown. */
const SHOWN_DAMAGE = 20;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  command
    .description(
      'Show what changed between two images: files, how they are stored, which programs still run from flash, sizes',
    )
    .argument('<old>', 'the older image, or the JSON report of its audit')
    .argument('<new>', 'the newer image')
    .option('--no-content', 'compare sizes only, not contents')
    .option('--fail-on <conditions>', 'exit with 1 only if one of these is met, as in ram=+64K,flash=+1%,direct-lost');
  grouped(command, GROUPS.output, () =>
    command.addOption(new Option('--format <name>', 'report format').choices(FORMATS).default('text')),
  );
  return addProgramOptions(addMachineOptions(addImageOptions(addQuietOption(command)), io))
    .addHelpText('after', NOTES)
    .action(async (a: string, b: string, options: DiffCommandOptions) => {
      const chosen = options.json === true ? { ...options, format: 'json' as const } : options;
      done(await diff({ a, b }, chosen, await chooseMachine(options), io));
    });
}

async function diff(
  { a: fileA, b: fileB }: { readonly a: string; readonly b: string },
  options: DiffCommandOptions,
  machine: Machine,
  io: Io,
): Promise<number> {
  if (fileA === '-' && fileB === '-') {
    throw new CramfsError('USAGE', { found: 'standard input cannot be both images' });
  }
  const conditions = options.failOn === undefined ? null : parseFailOn(options.failOn);
  const isAudit = fileA !== '-' && beginsAsJson(splitArgument(fileA).file);
  const open = (file: string): Board => {
    const image = openImage(file, options, io, machine.pageSize);
    try {
      return new Board(image, machine.board(image.pageSize));
    } catch (error) {
      image.close();
      throw error;
    }
  };
  const boards: Board[] = [];
  const opened = (name: string): Board => {
    file = name;
    const board = open(name);
    boards.push(board);
    return board;
  };
  let file = fileA;
  try {
    if (isAudit) {
      const { readAuditJson } = await import('../../report/audit/readAuditJson.ts');
      const old = readAuditJson(readText(fileA), fileA, fileB);
      return report(diffWithAudit(old, opened(fileB), fileB), conditions, options, io);
    }
    const [a, b] = [opened(fileA), opened(fileB)];
    const result = diffImages(a, b, { names: { a: fileA, b: fileB }, content: options.content });
    return report(result, conditions, options, io);
  } catch (error) {
    // Which of the two it is, as long as that is known.
    const name = boards.length === 2 || isAudit ? 'cramfs diff' : `cramfs diff: ${printableName(file)}`;
    return reportFailure(error, io, name, options.format === 'json');
  } finally {
    for (const { image } of boards) image.close();
  }
}

function diffWithAudit(old: ComparedAudit, board: Board, name: string): ImageDiff {
  const known = new Set(old.files.map(({ path }) => path));
  return diffAudits(old, auditImage(board, { name, inflate: false, alsoList: (path) => known.has(path) }));
}

/** Whether a file begins with a brace, as the report of an audit does and no image. */
function beginsAsJson(file: string): boolean {
  const fd = openInput(file);
  try {
    const start = new Uint8Array(64);
    const length = readPiece(fd, start, file);
    return /^\s*\{/.test(new TextDecoder('latin1').decode(start.subarray(0, length)));
  } finally {
    closeSync(fd);
  }
}

function report(
  result: ImageDiff,
  conditions: readonly FailCondition[] | null,
  options: DiffCommandOptions,
  io: Io,
): number {
  const failed = failures(result, conditions ?? []);
  if (options.quiet !== true) io.stdout.write(reportText(result, failed, options, io));
  const summary = options.format === 'github' ? (io.env.GITHUB_STEP_SUMMARY ?? '') : '';
  if (summary !== '') {
    const file = openAppended(summary);
    try {
      file.append(diffMarkdown(result, failed));
    } finally {
      file.close();
    }
  }
  const { damage, images } = result;
  for (const each of damage.slice(0, SHOWN_DAMAGE)) complain(io, `cramfs diff: ${damageText(each, images)}`);
  if (damage.length > SHOWN_DAMAGE) complain(io, `cramfs diff: and ${damage.length - SHOWN_DAMAGE} more`);
  for (const failure of failed) complain(io, `cramfs diff: --fail-on ${failureText(failure)}`);
  if (damage.length > 0) return EXIT.image;
  if (conditions !== null) return failed.length > 0 ? EXIT.findings : EXIT.ok;
  return result.differs ? EXIT.findings : EXIT.ok;
}

function reportText(
  result: ImageDiff,
  failed: readonly Failure[],
  { format, color }: DiffCommandOptions,
  io: Io,
): string {
  switch (format) {
    case 'json':
      return `${jsonText({ ...diffJson(result), failed: failed.map(failureText) })}\n`;
    case 'markdown':
      return diffMarkdown(result, failed);
    case 'github':
      return diffGithub(result, failed);
    case 'text':
      return diffText(result, styleFor(io, color), widthFor(io));
  }
}
