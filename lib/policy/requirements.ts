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
  { paths, state: wanted, segments }: Requirement,
  index: number,
  files: readonly AuditedFile[],
): Generator<AuditFinding, void> {
  const unmatched = new Set(paths.included);
  for (const file of files) {
    if (!matchesGlobs(file.path, paths)) continue;
    const globs = paths.included.filter((glob) => matchesGlob(file.path, glob));
    for (const { state, segment } of mappingsOf(file, segments)) {
      for (const glob of globs) unmatched.delete(glob);
      if (meets(state, wanted)) continue;
      yield unmet(file.path, { requirement: index, wanted, found: state, segment });
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

/** The mappings of a file that a requirement is about. Of an empty file there is none. */
function mappingsOf(
  file: AuditedFile,
  choice: SegmentChoice,
): { readonly state: MapState | null; readonly segment: OwnArguments['policy/requirement-unmet']['segment'] }[] {
  if (choice === 'none') return file.size === 0 ? [] : [{ state: file.state, segment: null }];
  return file.segments
    .filter(({ kind }) => KINDS[choice].includes(kind))
    .map(({ state, segment, perms, firstPage, pages, directPages }) => ({
      state,
      segment: { segment, perms, firstPage, pages, directPages },
    }));
}

function meets(state: MapState | null, wanted: Requirement['state']): boolean {
  return state === 'pfnmap' || state === wanted;
}
