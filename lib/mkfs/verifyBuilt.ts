/**
 * A look at what was built, as a stranger: whatever an input was, no image leaves the builder that a check would refuse.
 */
import { CramfsError } from '../base/errors.ts';
import { checkImage } from '../check/checkImage.ts';
import { CHECK_INCOMPLETE } from '../check/incomplete.ts';
import { RULES, VENDOR_RULES } from '../check/rules/index.ts';
import { SIGNATURE_WRONG } from '../check/rules/signature.ts';
import { ENTRY_UNSEEN } from '../check/rules/unseenEntries.ts';
import { CramfsImage } from '../image/image.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { isForLinux, LINUX_FORMAT, openOptionsOf, type VendorFormat } from './vendorFormat.ts';

/**
 * Errors that are not about the structure: the check's own bounds, what Linux does not see of a sound image (a warning), and a
 * vendor's signature, which is kept.
 */
const NOT_STRUCTURE: ReadonlySet<string> = new Set([CHECK_INCOMPLETE.id, ENTRY_UNSEEN.id, SIGNATURE_WRONG.id]);

/**
 * Checks the structure of an image that was built; compressed data is not inflated.
 *
 * @param pageSize bytes of a block
 * @param format a vendor's, whose checks apply then
 * @throws CramfsError BROKEN_PLAN with the first error, and what reading it throws
 */
export function verifyBuilt(
  source: ByteSource | Uint8Array,
  pageSize: number,
  format: VendorFormat = LINUX_FORMAT,
): void {
  const rules = isForLinux(format) ? RULES : VENDOR_RULES;
  const image = CramfsImage.open(source, { pageSize, ...openOptionsOf(format) });
  const { findings } = checkImage(image, { inflate: false, rules });
  const error = findings.find(({ severity, id }) => severity === 'error' && !NOT_STRUCTURE.has(id));
  if (error === undefined) return;
  throw new CramfsError('BROKEN_PLAN', {
    path: error.path ?? undefined,
    offset: error.offset ?? undefined,
    expected: 'an image without errors',
    found: error.id,
  });
}
