/** The page that lists every kind of dump and what each command says of it: `npm run docs` writes it, a test compares it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DUMP_VARIANTS, type DumpVariant } from './dumpVariants.ts';
import { runCommand } from './extractHelp.ts';

/** The commands that are tried. */
export const DUMP_COMMANDS = ['scan', 'info', 'check', 'audit', 'ls', 'extract', 'describe'] as const;

/** What a command says first of a dump, in a folder of its own, and how it ends. */
export interface DumpOutcome {
  readonly command: (typeof DUMP_COMMANDS)[number];
  readonly code: number;
  readonly first: string;
}

/** Runs the commands on a dump. The file is called dump.bin. */
export async function dumpOutcomes({ make }: DumpVariant): Promise<DumpOutcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cramfs-dump-'));
  const outcomes: DumpOutcome[] = [];
  try {
    const dump = join(folder, 'dump.bin');
    writeFileSync(dump, make());
    for (const command of DUMP_COMMANDS) {
      const out = join(folder, command);
      mkdirSync(out);
      const words = command === 'extract' ? ['extract', '--no-owner', dump, join(out, 'tree')] : [command, dump];
      const { code, stdout, stderr } = await runCommand(words);
      // Diagnoses are on standard error, answers on standard output; the diagnosis comes first.
      const [first = ''] = `${stderr}${stdout}`.replaceAll(`${folder}/`, '').split('\n');
      outcomes.push({ command, code, first });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return outcomes;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

const INTRODUCTION = `# Dumps as they come

Made by \`npm run docs\` from our own images; the tests compare it. Each row is an image with something done to it, as
programmers, terminals, packers and vendors do. The line is what \`cramfs info dump.bin\` says first: what the file is, and the
command that goes on from there. Every other command says the same of it. Where an image opens and nothing is wrong with it,
that is its first line. The numbers are the exit codes: 0 done, 1 findings, 3 the file is not an image as it is.

What is undone with \`--image N\` and \`cramfs scan --extract-images\`: the order of bytes and bits, spare bytes and bad blocks of
NAND flash, doubled bytes, conversions of line ends and character sets, a damaged magic number, gzip and zip, UBI volumes,
Android sparse images, and text: Intel HEX, S-records, TI-TXT, hex dumps of the usual tools and of boot loaders over a serial
console, base64, uuencode. Each by proof: the CRC, the tree, or the signature and the magic number together. What needs another
program is named with its command.
`;

/** The page, in Markdown. */
export async function dumpsPage(): Promise<string> {
  const sections: string[] = [];
  for (const [title, variants] of Object.entries(DUMP_VARIANTS)) {
    const rows: string[] = [];
    for (const variant of variants) {
      const outcomes = await dumpOutcomes(variant);
      const info = outcomes.find(({ command }) => command === 'info');
      const first = (info?.first ?? '').replace(/^cramfs info: /, '').replace(/^not a cramfs image: /, '');
      rows.push(
        `| ${cell(variant.title)} | ${cell(first)} | ${outcomes.map(({ code }) => String(code)).join(' \\| ')} |`,
      );
    }
    const head = `| dump | first line | ${DUMP_COMMANDS.join(' \\| ')} |\n| --- | --- | --- |`;
    sections.push(`## ${title}\n\n${head}\n${rows.join('\n')}\n`);
  }
  return [INTRODUCTION, ...sections].join('\n');
}
