/**
 * Baselines: findings that are known and do not count. A file of fingerprints, so that it fits the next build too.
 */
import { jsonText } from '../base/json.ts';
import { CramfsError } from '../base/errors.ts';
import type { AuditResult, SuppressedFinding } from '../audit/result.ts';
import type { Finding } from '../findings/finding.ts';
import { fingerprints } from './fingerprint.ts';

/** The format's version. */
const VERSION = 1;

/** A known finding. Id and path are for readers; the fingerprint is what counts. */
export interface BaselineEntry {
  readonly fingerprint: string;
  readonly id: string;
  readonly path: string | null;
}

/** Known findings, by fingerprint. */
export type Baseline = ReadonlyMap<string, BaselineEntry>;

/**
 * Reads a baseline.
 *
 * @param name the file, for errors
 * @throws CramfsError USAGE
 */
export function parseBaseline(text: string, name: string): Baseline {
  const bad = (found: string): CramfsError => new CramfsError('USAGE', { found: `${name}: ${found}` });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad(`it is not JSON: ${(cause as Error).message}`);
  }
  const { version, findings } = isRecord(value) ? value : {};
  if (version === undefined || !Array.isArray(findings)) {
    throw bad('it is not a baseline: expected an object with "version" and "findings"');
  }
  if (version !== VERSION) {
    throw bad(`its version is ${JSON.stringify(version)}, and this program knows version ${VERSION}`);
  }
  const entries = new Map<string, BaselineEntry>();
  findings.forEach((entry: unknown, index) => {
    const { fingerprint, id, path } = isRecord(entry) ? entry : {};
    if (typeof fingerprint !== 'string' || typeof id !== 'string' || (typeof path !== 'string' && path !== null)) {
      throw bad(`entry ${index + 1} of "findings" has no "fingerprint", "id" and "path"`);
    }
    entries.set(fingerprint, { fingerprint, id, path });
  });
  return entries;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A baseline as text: one entry a line, in an order that makes for small differences. */
export function baselineText(entries: Iterable<BaselineEntry>): string {
  const key = ({ path, id, fingerprint }: BaselineEntry): string => `${path ?? ''}\n${id}\n${fingerprint}`;
  const lines = [...entries]
    .map((entry) => [key(entry), entry] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, { id, path, fingerprint }]) => `    ${jsonText({ id, path, fingerprint })}`);
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return `{\n  "version": ${VERSION},\n  "findings": ${list}\n}\n`;
}

/** What of an image goes into a baseline: all that counts, and what an older baseline suppressed. */
export function baselineEntries(result: AuditResult): BaselineEntry[] {
  const known = result.suppressed.filter(({ by }) => by === 'baseline').map(({ finding }) => finding);
  const names = fingerprints(result);
  return [...result.findings, ...known].map((finding) => entryOf(finding, names));
}

function entryOf(finding: Finding, names: ReadonlyMap<Finding, string>): BaselineEntry {
  return { fingerprint: names.get(finding) ?? '', id: finding.id, path: finding.path };
}

/**
 * An image's audit with the known findings suppressed.
 *
 * @param used takes the fingerprints that were found, so that the rest can be called stale
 */
export function applyBaseline(result: AuditResult, baseline: Baseline, used: Set<string>): AuditResult {
  const names = fingerprints(result);
  const findings: Finding[] = [];
  const suppressed: SuppressedFinding[] = [...result.suppressed];
  const counts = { ...result.counts };
  for (const finding of result.findings) {
    if (!baseline.has(names.get(finding) ?? '')) {
      findings.push(finding);
      continue;
    }
    suppressed.push({ finding, by: 'baseline', reason: null });
    counts[finding.severity]--;
  }
  for (const { finding } of suppressed) used.add(names.get(finding) ?? '');
  return { ...result, findings, suppressed, counts };
}
