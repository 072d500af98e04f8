/**
 * Images and findings as JSON, schema version 1. Paths are lossless (format/names), sizes and addresses are numbers.
 */
import { hex } from '../../base/hex.ts';
import type { Finding } from '../../findings/finding.ts';
import { fingerprints } from '../../policy/fingerprint.ts';
import type { AuditResult } from '../../audit/result.ts';
import { findingWords } from '../findingWords.ts';

/** Version of JSON documents and NDJSON records. */
export const AUDIT_SCHEMA_VERSION = 1;

/** An image without its findings and files. */
export function imageJson(result: AuditResult): Record<string, unknown> {
  const { imageOffset, imageNumber, board, counts, omitted, numbers } = result;
  const where = imageNumber === undefined ? { imageOffset } : { imageOffset, imageNumber };
  return { ...where, board: { ...board, physBase: hex(board.physBase) }, counts, omitted, numbers };
}

/** The findings that count, in words too. */
export function findingsJson(result: AuditResult): Record<string, unknown>[] {
  const names = fingerprints(result);
  return result.findings.map((finding) => findingJson(finding, result, names));
}

/** The findings that do not count, and why. */
export function suppressedJson(result: AuditResult): Record<string, unknown>[] {
  const names = fingerprints(result);
  return result.suppressed.map(({ finding, by, reason }) => ({
    ...findingJson(finding, result, names),
    by,
    reason,
  }));
}

function findingJson(
  finding: Finding,
  result: AuditResult,
  names: ReadonlyMap<Finding, string>,
): Record<string, unknown> {
  const { id, severity, path, offset, args } = finding;
  const fingerprint = names.get(finding);
  return { id, severity, path, offset, args, fingerprint, ...findingWords(finding, result) };
}
