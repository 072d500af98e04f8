/**
 * Names of findings that stay the same when the image is built again: made of the id, the path and what tells the finding
 * from others on that path, never of offsets, block numbers or contents.
 */
import { hexDigits } from '../base/hex.ts';
import { encodeName } from '../format/names.ts';
import type { AuditFinding } from './finding.ts';
import { codeOf, type OwnArguments, type OwnId } from './ids.ts';
import type { AuditResult } from './result.ts';

type Distinction = readonly (string | number)[];

/**
 * What tells findings of one id and path apart. What can get worse without another finding (a state, a limit) is among it,
 * so that a baseline does not hide the change.
 */
const DISTINCTIONS: { readonly [I in OwnId]: (args: OwnArguments[I]) => Distinction } = {
  'xip/layout-break': ({ perms }) => [perms],
  'xip/compressed': ({ perms }) => [perms],
  'xip/misaligned': ({ perms }) => [perms],
  'xip/shared-tail': ({ perms }) => [perms],
  'xip/zero-offset': ({ perms }) => [perms],
  'xip/elf-ignored': ({ bits, littleEndian }) => [bits, littleEndian ? 'little' : 'big'],
  'xip/longer-mapping': ({ perms }) => [perms],
  'xip/unmappable-direct': () => [],
  'xip/extensions-missing': () => [],
  'xip/physical-base': () => [],
  'xip/mount-refused': () => [],
  'xip/program-fails': ({ outcome }) => [outcome],
  'xip/library-missing': ({ library }) => [library],
  'xip/kernel-hazard': ({ invariant, request }) => [invariant, request.prot],
  'xip/riscv-icache': ({ outcome }) => [outcome],
  'image/duplicate-data': ({ first }) => [first],
  'image/alignment-padding': () => [],
  'security/pointer-outside': () => [],
  'security/other-file-visible': ({ other }) => [other],
  'security/shared-inode': ({ first, differences }) => [first, ...differences.map(({ attribute }) => attribute)],
  'security/setuid': ({ uid }) => [uid],
  'security/setgid': ({ gid }) => [gid],
  'security/world-writable': ({ type }) => [type],
  'security/device-node': ({ type, major, minor }) => [type, major, minor],
  'policy/requirement-unmet': ({ wanted, direct, found, segment }) => [
    direct?.share ?? wanted ?? '',
    found ?? '',
    segment?.perms ?? '',
  ],
  'policy/requirement-unmatched': ({ paths }) => paths,
  'policy/over-budget': ({ budget, limit }) => [budget, limit],
  'policy/region-too-small': ({ region }) => [region],
  'policy/exception-expired': ({ reason }) => [reason],
  'policy/exception-unused': ({ reason }) => [reason],
};

/**
 * The fingerprint of each finding of an image, suppressed ones included: 16 hexadecimal digits. Findings that nothing
 * tells apart are numbered by their offset.
 */
export function fingerprints({ findings, suppressed }: AuditResult): ReadonlyMap<AuditFinding, string> {
  const alike = new Map<string, AuditFinding[]>();
  for (const finding of [...findings, ...suppressed.map((entry) => entry.finding)]) {
    const key = JSON.stringify([finding.id, finding.path, ...distinctionOf(finding)]);
    const others = alike.get(key);
    if (others === undefined) alike.set(key, [finding]);
    else others.push(finding);
  }
  const names = new Map<AuditFinding, string>();
  for (const [key, group] of alike) {
    group.sort((a, b) => (a.offset ?? -1) - (b.offset ?? -1));
    group.forEach((finding, number) => names.set(finding, hash64(number === 0 ? key : `${key}#${String(number + 1)}`)));
  }
  return names;
}

function distinctionOf({ id, args }: AuditFinding): Distinction {
  if (codeOf(id) !== undefined) return [];
  const distinction = DISTINCTIONS[id as OwnId] as (args: unknown) => Distinction;
  return distinction(args);
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
