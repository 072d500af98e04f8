/** `cramfs explain [ID]`: the page of a finding. */
import type { Command } from 'commander';
import { AUDIT_IDS, type AuditId, checkId, defaultSeverity } from '../../audit/ids.ts';
import { didYouMean } from '../../policy/suggest.ts';
import { FINDING_CODES } from '../../check/codes.ts';
import { CramfsError } from '../../base/errors.ts';
import { auditTitle } from '../../report/auditWords.ts';
import { wrap } from '../../report/style.ts';
import { findingPages } from '../audit/findingPages.ts';
import { EXIT, type Io } from '../io.ts';
import { widthFor } from '../style.ts';

const NOTES = `
Exit codes:
  0 done   2 wrong usage, or no finding with this id
`;

export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return command
    .description('Explain a finding of "cramfs audit" or "cramfs check": what it is, what Linux does, how to fix it')
    .argument('[id]', 'id or code, such as xip/layout-break or ZLIB_DAMAGED (default: list all)')
    .addHelpText('after', NOTES)
    .action((name: string | undefined) => {
      if (name === undefined) list(io);
      else io.stdout.write(page(idOf(name)));
      done(EXIT.ok);
    });
}

function list(io: Io): void {
  const width = widthFor(io);
  const longest = Math.max(...AUDIT_IDS.map(({ length }) => length));
  const lines = AUDIT_IDS.map((id) => {
    const severity = { error: 'error', warning: 'warning', info: 'note' }[defaultSeverity(id)];
    const start = `${id.padEnd(longest)}  ${severity.padEnd(7)}  `;
    const indent = longest + 2 > width / 2 ? 4 : start.length;
    return `${start}${wrap(auditTitle(id), width, ' '.repeat(indent), start.length)}`;
  });
  io.stdout.write(`${lines.join('\n')}\n`);
}

/** @throws CramfsError USAGE */
function idOf(name: string): AuditId {
  const id = AUDIT_IDS.find((candidate) => candidate === name.toLowerCase());
  if (id !== undefined) return id;
  const code = FINDING_CODES.find((candidate) => candidate === name.toUpperCase().replaceAll('-', '_'));
  if (code !== undefined) return checkId(code);
  const hint = didYouMean(name, [...AUDIT_IDS, ...FINDING_CODES]);
  throw new CramfsError('USAGE', {
    found: `no finding has the id "${name}"${hint === '' ? ' ("cramfs explain" lists all)' : hint}`,
  });
}

/** @throws CramfsError USAGE */
function page(id: AuditId): string {
  const text = findingPages()(id);
  if (text === null)
    throw new CramfsError('USAGE', { found: 'the finding pages (docs/findings) are not installed with this program' });
  return text;
}
