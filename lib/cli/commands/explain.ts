/** `cramfs explain [ID]`: the page of a finding. */
import type { Command } from 'commander';
import { CramfsError } from '../../base/errors.ts';
import { definitionOf, FINDING_IDS, FINDINGS, IDS_BY_CODE } from '../../policy/findings.ts';
import { didYouMean } from '../../base/suggest.ts';
import { pageText } from '../../report/pageText.ts';
import { wrap } from '../../report/style.ts';
import { findingPages } from '../audit/findingPages.ts';
import { EXIT, type Io } from '../io.ts';
import { styleFor, widthFor } from '../style.ts';

const NOTES = `
Examples:
  cramfs explain
  cramfs explain xip/layout-break

Exit codes:
  0 done   2 wrong usage, or no finding with this id
`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return command
    .description('Explain a finding of "cramfs audit" or "cramfs check": what it is, what Linux does, how to fix it')
    .argument('[id]', 'as in xip/layout-break or image/zlib-damaged (default: list all)')
    .addHelpText('after', NOTES)
    .action((name: string | undefined) => {
      if (name === undefined) list(io);
      else explain(idOf(name), io);
      done(EXIT.ok);
    });
}

function list(io: Io): void {
  const width = widthFor(io);
  const longest = Math.max(...FINDING_IDS.map(({ length }) => length));
  const lines = FINDINGS.map(({ id, severity, title }) => {
    const start = `${id.padEnd(longest)}  ${severity.padEnd(7)}  `;
    const indent = longest + 2 > width / 2 ? 4 : start.length;
    return `${start}${wrap(title, width, ' '.repeat(indent), start.length)}`;
  });
  io.stdout.write(`${lines.join('\n')}\n`);
}

function explain(id: string, io: Io): void {
  io.stdout.write(pageText(page(id), definitionOf({ id }).title, styleFor(io, 'auto'), widthFor(io)));
}

/** @throws CramfsError USAGE */
function idOf(name: string): string {
  const id = FINDING_IDS.find((candidate) => candidate === name.toLowerCase());
  const ofCode = IDS_BY_CODE.get(name.toUpperCase().replaceAll('-', '_'));
  if (id !== undefined) return id;
  if (ofCode !== undefined) return ofCode;
  const hint = didYouMean(name, [...FINDING_IDS, ...IDS_BY_CODE.keys()]);
  throw new CramfsError('USAGE', {
    found: `no finding has the id "${name}"${hint === '' ? ' ("cramfs explain" lists all)' : hint}`,
  });
}

/** @throws CramfsError USAGE */
function page(id: string): string {
  const text = findingPages()(id);
  if (text === null) {
    throw new CramfsError('USAGE', { found: 'the finding pages (docs/findings) are not installed with this program' });
  }
  return text;
}
