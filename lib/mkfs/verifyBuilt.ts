/**
 * A look at what was built, as a stranger: whatever an input was, no image leaves the builder that a check would refuse.
 */
import { CramfsError } from '../base/errors.ts';
import { checkImage } from '../check/checkImage.ts';
import { CHECK_INCOMPLETE } from '../check/incomplete.ts';
import { ENTRY_UNSEEN } from '../check/rules/unseenEntries.ts';
import { CramfsImage } from '../image/image.ts';

/** Errors that are not about the structure: the check's own bounds, and what Linux does not see of a sound image (a warning). */
const NOT_STRUCTURE: ReadonlySet<string> = new Set([CHECK_INCOMPLETE.id, ENTRY_UNSEEN.id]);

/**
 * Checks the structure of an image that was built; compressed data is not inflated.
 *
 * @param pageSize bytes of a block
 * @throws CramfsError BROKEN_PLAN with the first error
 */
export function verifyBuilt(bytes: Uint8Array, pageSize: number): void {
  const { findings } = checkImage(CramfsImage.open(bytes, { pageSize }), { inflate: false });
  const error = findings.find(({ severity, id }) => severity === 'error' && !NOT_STRUCTURE.has(id));
  if (error === undefined) return;
  throw new CramfsError('BROKEN_PLAN', {
    path: error.path ?? undefined,
    offset: error.offset ?? undefined,
    expected: 'an image without errors',
    found: error.id,
  });
}
