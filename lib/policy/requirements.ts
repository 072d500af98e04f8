/** What a policy requires of files, compared with how they are mapped. */
import type { MapState } from '../verdict/mapVerdict.ts';
import { plural } from '../base/words.ts';
import { args, defineFinding } from '../findings/definition.ts';
import { type Finding, makeFinding } from '../findings/finding.ts';
import type { SegmentRef } from '../audit/segmentRef.ts';
import { segmentName, STORE_DIRECT } from '../audit/words.ts';
import type { AuditedFile, AuditedSegment } from '../audit/result.ts';
import { matchesGlob, matchesGlobs } from './globs.ts';
import type { Policy, Requirement, SegmentChoice } from './policy.ts';

const STATES = { pfnmap: 'fully direct', mixedmap: 'partly direct', none: 'not direct at all' } as const;

/** `requirement` counts from 0, in the order of the file. */
export const REQUIREMENT_UNMET = defineFinding({
  id: 'policy/requirement-unmet',
  severity: 'error',
  scope: 'entry',
  args: args<{
    readonly requirement: number;
    /** The state that is required; null where it is a share of pages. */
    readonly wanted: MapState | null;
    /** The share that is required, in percent, and what there is; null where it is a state. */
    readonly direct: { readonly share: number; readonly directPages: number; readonly pages: number } | null;
    readonly found: MapState | null;
    /** null for the file as a whole. */
    readonly segment: SegmentRef | null;
  }>(),
  distinct: ({ wanted, direct, found, segment }) => [direct?.share ?? wanted ?? '', found ?? '', segment?.perms ?? ''],
  title: 'Unmet policy requirement',
  cause: ({ wanted, direct, found, segment }) => {
    const what = segment === null ? 'the file' : segmentName(segment);
    if (direct !== null) {
      const { share, directPages, pages } = direct;
      return `at least ${String(share)} % of ${what} must be direct, but ${String(directPages)} of ${plural(pages, 'page')} ${directPages === 1 ? 'is' : 'are'}`;
    }
    const is = found === null ? 'cannot be mapped' : `is ${STATES[found]}`;
    return `${what} must be ${STATES[wanted ?? 'none']}, but ${is}`;
  },
  fix: (_, { rebuildDirect }) => `${STORE_DIRECT}: ${rebuildDirect()}`,
});

/** `requirement` counts from 0, in the order of the file. */
export const REQUIREMENT_UNMATCHED = defineFinding({
  id: 'policy/requirement-unmatched',
  severity: 'error',
  scope: 'image',
  args: args<{ readonly requirement: number; readonly paths: readonly string[] }>(),
  distinct: ({ paths }) => paths,
  title: 'Policy requirement that matches no file',
  cause: ({ paths }) => `no file of the image matches ${paths.join(' ')}`,
  fix: 'add the files to the image, or remove the requirement from the policy',
});

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
export function requirementFindings(files: readonly AuditedFile[], { requirements }: Policy): Finding[] {
  return requirements.flatMap((requirement, index) => [...findingsOf(requirement, index, files)]);
}

function* findingsOf(
  { paths, state: wanted, direct, segments }: Requirement,
  index: number,
  files: readonly AuditedFile[],
): Generator<Finding, void> {
  const unmatched = new Set(paths.included);
  for (const file of files) {
    if (!matchesGlobs(file.path, paths)) continue;
    const globs = paths.included.filter((glob) => matchesGlob(file.path, glob));
    for (const { state, segment, directPages, pages } of mappingsOf(file, segments)) {
      for (const glob of globs) unmatched.delete(glob);
      const args = { requirement: index, found: state, segment };
      if (wanted !== undefined && !meets(state, wanted))
        yield makeFinding(REQUIREMENT_UNMET, file.path, null, { ...args, wanted, direct: null });
      if (direct !== undefined && !isShare(directPages, pages, direct)) {
        const share = { share: direct, directPages, pages };
        yield makeFinding(REQUIREMENT_UNMET, file.path, null, { ...args, wanted: null, direct: share });
      }
    }
  }
  if (unmatched.size === 0) return;
  const globs = [...unmatched].map(({ pattern }) => pattern);
  yield makeFinding(REQUIREMENT_UNMATCHED, null, null, { requirement: index, paths: globs });
}

/** What a requirement looks at: a segment, or a file as a whole. */
interface Mapping {
  readonly state: MapState | null;
  readonly directPages: number;
  readonly pages: number;
  readonly segment: SegmentRef | null;
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
