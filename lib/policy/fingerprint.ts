/**
 * Names of findings that stay the same when the image is built again: made of the id, the path and what its definition calls
 * distinct, never of offsets, block numbers or contents.
 */
import { hexDigits } from '../base/hex.ts';
import { encodeName } from '../format/names.ts';
import type { AuditResult } from '../audit/result.ts';
import type { Finding } from '../findings/finding.ts';
import { definitionOf } from './findings.ts';

/**
 * The fingerprint of each finding of an image, suppressed ones included: 16 hexadecimal digits. Findings that nothing
 * tells apart are numbered by their offset.
 */
export function fingerprints({ findings, suppressed }: AuditResult): ReadonlyMap<Finding, string> {
  const alike = new Map<string, Finding[]>();
  for (const finding of [...findings, ...suppressed.map((entry) => entry.finding)]) {
    const key = JSON.stringify([finding.id, finding.path, ...definitionOf(finding).distinct(finding.args)]);
    const others = alike.get(key);
    if (others === undefined) alike.set(key, [finding]);
    else others.push(finding);
  }
  const names = new Map<Finding, string>();
  for (const [key, group] of alike) {
    group.sort((a, b) => (a.offset ?? -1) - (b.offset ?? -1));
    group.forEach((finding, number) => names.set(finding, hash64(number === 0 ? key : `${key}#${String(number + 1)}`)));
  }
  return names;
}

/** Two multiplicative hashes of the text's bytes. */
function hash64(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (const byte of encodeName(text)) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b + byte, 0x5bd1e995);
    b ^= b >>> 15;
  }
  return hexDigits(a >>> 0, 8) + hexDigits(b >>> 0, 8);
}
