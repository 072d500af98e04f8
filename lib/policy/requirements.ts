/** What a policy requires of files, held against how they are mapped. */
import type { MapState } from '../verdict/mapVerdict.ts';
import { defaultSeverity, type OwnArguments } from '../audit/ids.ts';
import type { AuditFinding, AuditFindingOf } from '../audit/finding.ts';
import type { AuditedFile, AuditedSegment } from '../audit/result.ts';
import { matchesGlob, matchesGlobs } from './globs.ts';
import type { Policy, Requirement, SegmentChoice } from './policy.ts';

type Kind = AuditedSegment['kind'];

const KINDS: Readonly<Record<Exclude<SegmentChoice, 'none'>, readonly Kind[]>> = {
  text: ['text'],
  rodata: ['rodata'],
  'read-only': ['text', 'rodata'],
  all: ['text', 'rodata', 'data'],
};

/** Whether a policy asks how a file is mapped, be it a program or not: such files must be listed in the audit. */
export function isRequired(path: string, { requirements }: Policy): boolean {
  return requirements.some(({ paths }) => matchesGlobs(path, paths));
}

/** Findings where files are less direct than required, and where globs match nothing that could be. */
export function requirementFindings(files: readonly AuditedFile[], { requirements }: Policy): AuditFinding[] {
  return requirements.flatMap((requirement, index) => [...findingsOf(requirement, index, files)]);
}

function* findingsOf(
  { paths, state: wanted, direct, segments }: Requirement,
  index: number,
  files: readonly AuditedFile[],
): Generator<AuditFinding, void> {
  const unmatched = new Set(paths.included);
  for (const file of files) {
    if (!matchesGlobs(file.path, paths)) continue;
    const globs = paths.included.filter((glob) => matchesGlob(file.path, glob));
    for (const { state, segment, directPages, pages } of mappingsOf(file, segments)) {
      for (const glob of globs) unmatched.delete(glob);
      const args = { requirement: index, found: state, segment };
      if (wanted !== undefined && !meets(state, wanted)) yield unmet(file.path, { ...args, wanted, direct: null });
      if (direct !== undefined && !isShare(directPages, pages, direct)) {
        yield unmet(file.path, { ...args, wanted: null, direct: { share: direct, directPages, pages } });
      }
    }
  }
  if (unmatched.size === 0) return;
  const id = 'policy/requirement-unmatched';
  const args = { requirement: index, paths: [...unmatched].map(({ pattern }) => pattern) };
  yield { id, severity: defaultSeverity(id), path: null, offset: null, args };
}

function unmet(path: string, args: OwnArguments['policy/requirement-unmet']): AuditFinding {
  const id = 'policy/requirement-unmet';
  const finding: AuditFindingOf<typeof id> = { id, severity: defaultSeverity(id), path, offset: null, args };
  return finding;
}

/** What a requirement looks at: a segment, or a file as a whole. */
interface Mapping {
  readonly state: MapState | null;
  readonly directPages: number;
  readonly pages: number;
  readonly segment: OwnArguments['policy/requirement-unmet']['segment'];
}

/** The mappings of a file that a requirement is about. Of an empty file there is none. */
function mappingsOf(file: AuditedFile, choice: SegmentChoice): Mapping[] {
  if (choice === 'none') {
    const { state, directPages, blocks: pages } = file;
    return file.size === 0 ? [] : [{ state, directPages, pages, segment: null }];
  }
  return file.segments
    .filter(({ kind }) => KINDS[choice].includes(kind))
    .map(({ state, segment, perms, firstPage, pages, directPages }) => ({
      state,
      directPages,
      pages,
      segment: { segment, perms, firstPage, pages, directPages },
    }));
}

function meets(state: MapState | null, wanted: MapState): boolean {
  return state === 'pfnmap' || state === wanted;
}

/** Whether so many pages of some are a share of them, in percent. What shows no page of the file has all it can have. */
function isShare(directPages: number, pages: number, percent: number): boolean {
  return directPages * 100 >= percent * pages;
}
