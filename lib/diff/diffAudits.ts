/** An image compared with an earlier audit, where the earlier image was not kept. */
import { comparePaths } from '../audit/pathOrder.ts';
import type { AuditedFile, AuditResult } from '../audit/result.ts';
import {
  type Both,
  type ChangedFile,
  type ImageDiff,
  imageDiff,
  type LoneFile,
  type Mapped,
  type ProgramChange,
  type XipChange,
} from './diffResult.ts';
import { programChange, xipChanges } from './diffXip.ts';

/** What of an audit is compared. */
export type ComparedAudit = Pick<AuditResult, 'image' | 'board' | 'numbers' | 'files'>;

/**
 * Compares what two audits list: programs and files with direct blocks. Contents are not in an audit, so that files of the
 * same size and mode count as the same.
 */
export function diffAudits(a: ComparedAudit, b: ComparedAudit): ImageDiff {
  const filesOf = ({ files }: ComparedAudit): Map<string, AuditedFile> =>
    new Map(files.map((file) => [file.path, file]));
  const files = { a: filesOf(a), b: filesOf(b) };
  const pageSizes = { a: a.board.pageSize, b: b.board.pageSize };
  const changed: ChangedFile[] = [];
  const xip: XipChange[] = [];
  const programs: ProgramChange[] = [];
  for (const [path, old] of files.a) {
    const now = files.b.get(path);
    if (now === undefined) continue;
    const both = { a: old, b: now };
    const changes = changesOf(both);
    if (changes.length > 0) changed.push({ path, from: null, changes });
    xip.push(...xipChanges(path, both, pageSizes, (side) => wholeFile(both[side], pageSizes[side])));
    const program = programChange(path, both);
    if (program !== null) programs.push(program);
  }
  return imageDiff({
    images: { a: a.image, b: b.image },
    boards: { a: a.board, b: b.board },
    superblock: [],
    removed: lone(files.a, files.b),
    added: lone(files.b, files.a),
    changed: changed.sort(byPath),
    omitted: 0,
    xip: xip.sort(byPath),
    programs: programs.sort(byPath),
    // An estimate that only an audit on its own makes: two sides have it, or none.
    numbers: {
      a: { ...a.numbers, directCompressedBytes: null },
      b: { ...b.numbers, directCompressedBytes: null },
    },
    damage: [],
    basis: 'audit',
  });
}

function changesOf({ a, b }: Both<AuditedFile>): ChangedFile['changes'] {
  return [
    ...(a.mode === b.mode ? [] : [{ what: 'mode', a: a.mode & 0o7777, b: b.mode & 0o7777 } as const]),
    ...(a.size === b.size ? [] : [{ what: 'content', a: a.size, b: b.size } as const]),
  ];
}

/** How a file is mapped as a whole. */
function wholeFile({ size, state, directPages }: AuditedFile, pageSize: number): Mapped {
  const pages = Math.ceil(size / pageSize);
  return { state, ramBytes: Math.max(0, pages - directPages) * pageSize };
}

function lone(files: ReadonlyMap<string, AuditedFile>, others: ReadonlyMap<string, AuditedFile>): LoneFile[] {
  return [...files.values()]
    .filter(({ path }) => !others.has(path))
    .map(({ path, size }): LoneFile => ({ path, type: 'file', size }))
    .sort(byPath);
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return comparePaths(a.path, b.path);
}
