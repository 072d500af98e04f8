/** A profile as JSON and as CSV. */
import type { CaptureReport } from '../../profile/capture.ts';
import type { FileIndex } from '../../profile/fileIndex.ts';
import type { CaptureResult } from '../../profile/readCaptures.ts';
import { CSV_HEADER } from '../../profile/tableCapture.ts';
import { type FileUse, type UseProfile, useRuns } from '../../profile/useProfile.ts';

/** Version of the JSON. */
export const PROFILE_SCHEMA = 1;

/** A run of pages: first page, how many, how often each was used, and the earliest first use (null: not known). */
export type PageRunJson = readonly [first: number, pages: number, uses: number, firstUse: number | null];

/** Digits of uses that are fractions. */
const round = (uses: number): number => Math.round(uses * 1000) / 1000;

const runsJson = (file: FileUse): PageRunJson[] =>
  useRuns(file).map(({ first, pages, uses, firstUse }) => [first, pages, round(uses), firstUse]);

/** The profile for programs; `cramfs mkfs --xip-profile` reads it. */
export function profileJson({ profile, reports }: CaptureResult, files: FileIndex) {
  const { pages, uses } = profile.totals;
  return {
    schemaVersion: PROFILE_SCHEMA,
    pageSize: files.pageSize,
    usedPages: pages,
    uses: round(uses),
    captures: reports.map(captureJson),
    files: profile.paths.map((path) => {
      const file = profile.of(path);
      return {
        path,
        filePages: files.byPath(path)?.pages ?? null,
        usedPages: file.size,
        uses: round([...file.values()].reduce((sum, use) => sum + use.uses, 0)),
        pages: runsJson(file),
      };
    }),
  };
}

/** A capture, and what of it does not count. */
export function captureJson({ name, ...rest }: CaptureReport) {
  return { capture: name, ...rest };
}

/** The profile as CSV: one line a run of pages. */
export function profileCsv(profile: UseProfile): string {
  const lines = [CSV_HEADER];
  for (const path of profile.paths) {
    for (const [first, pages, uses, firstUse] of runsJson(profile.of(path))) {
      lines.push([csvPath(path), first, pages, uses, firstUse ?? ''].join(','));
    }
  }
  return `${lines.join('\n')}\n`;
}

const csvPath = (path: string): string => (/[",]|^\s|\s$/.test(path) ? `"${path.replaceAll('"', '""')}"` : path);
