/**
 * An audit of several images. Plain data.
 */
import { addCounts, NO_COUNTS, type SeverityCounts } from '../findings/findingList.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { AuditResult } from './result.ts';

/** Why an image could not be audited. */
export interface AuditError {
  readonly code: ErrorCode;
  readonly message: string;
  /** Byte offset in the image, where one is known. */
  readonly offset: number | null;
  /** Path in the image, where one is known. */
  readonly path: string | null;
}

/** What was done to the file that an image is in, or what it is instead of an image. */
export interface AuditDiagnosis {
  /** For programs. */
  readonly code: string;
  readonly message: string;
  /** What to run next, ready to be pasted; null where only another dump helps. */
  readonly command: string | null;
}

/** An image of a run: its audit, or why there is none. */
export type AuditedImage = {
  /** The image as the user named it. */
  readonly image: string;
  /** Its place among all images of the run, from 0. A shard has not all of them. */
  readonly index: number;
  /** Null for a sound file, and where nothing is known. */
  readonly diagnosis: AuditDiagnosis | null;
} & (
  | { readonly result: AuditResult; readonly error: null } //
  | { readonly result: null; readonly error: AuditError }
);

/** What a run comes to. Bytes and counts are sums over the images that could be audited. */
export interface AuditTotals {
  readonly images: number;
  readonly unreadable: number;
  /** Findings that count, kept in the report or not. */
  readonly counts: SeverityCounts;
  readonly suppressed: number;
  readonly imageBytes: number;
  readonly programs: number;
  readonly programsStarting: number;
  readonly textBytes: number;
  readonly textDirectBytes: number;
  readonly readOnlyBytes: number;
  readonly readOnlyDirectBytes: number;
  readonly ramBytes: number;
  readonly ramSavedBytes: number;
}

/** The totals of no image. */
export const NO_TOTALS: AuditTotals = {
  images: 0,
  unreadable: 0,
  counts: NO_COUNTS,
  suppressed: 0,
  imageBytes: 0,
  programs: 0,
  programsStarting: 0,
  textBytes: 0,
  textDirectBytes: 0,
  readOnlyBytes: 0,
  readOnlyDirectBytes: 0,
  ramBytes: 0,
  ramSavedBytes: 0,
};

/** The totals with one image more. */
export function addToTotals(totals: AuditTotals, { result }: AuditedImage): AuditTotals {
  const images = totals.images + 1;
  if (result === null) return { ...totals, images, unreadable: totals.unreadable + 1 };
  const { counts, numbers } = result;
  return {
    images,
    unreadable: totals.unreadable,
    counts: addCounts(totals.counts, counts),
    suppressed: totals.suppressed + result.suppressed.length,
    imageBytes: totals.imageBytes + numbers.imageBytes,
    programs: totals.programs + numbers.programs,
    programsStarting: totals.programsStarting + numbers.programsStarting,
    textBytes: totals.textBytes + numbers.textBytes,
    textDirectBytes: totals.textDirectBytes + numbers.textDirectBytes,
    readOnlyBytes: totals.readOnlyBytes + numbers.readOnlyBytes,
    readOnlyDirectBytes: totals.readOnlyDirectBytes + numbers.readOnlyDirectBytes,
    ramBytes: totals.ramBytes + numbers.ramBytes,
    ramSavedBytes: totals.ramSavedBytes + numbers.ramSavedBytes,
  };
}
