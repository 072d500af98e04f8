/** Reading back the JSON report of an audit (json.ts), as far as a later image is compared with it. */
import { z } from 'zod';
import type { ComparedAudit } from '../../diff/diffAudits.ts';
import { CramfsError } from '../../base/errors.ts';
import { AUDIT_SCHEMA_VERSION } from './findingJson.ts';
import { board, file, numbers } from './readNdjson.ts';

const AUDIT = z.object({
  schemaVersion: z.literal(AUDIT_SCHEMA_VERSION),
  images: z.array(
    z.union([
      z.object({ image: z.string(), error: z.null(), board, numbers, files: z.array(file) }),
      z.object({ image: z.string(), error: z.object({ message: z.string() }) }),
    ]),
  ),
});

/**
 * The audit of an image in a report; of a report of one image, that image.
 *
 * @param name of the report, for errors
 * @param image as the audit names it, where the report has several
 * @throws CramfsError USAGE
 */
export function readAuditJson(text: string, name: string, image: string): ComparedAudit {
  const bad = (found: string): CramfsError => new CramfsError('USAGE', { found: `${name}: ${found}` });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad(`it is not JSON: ${(cause as Error).message}`);
  }
  const { data, error } = AUDIT.safeParse(value);
  if (data === undefined) {
    const issue = error.issues[0];
    throw bad(
      `it is not the JSON of an audit${issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`}`,
    );
  }
  const [first] = data.images;
  const chosen = data.images.length === 1 ? first : data.images.find((each) => each.image === image);
  if (chosen === undefined) throw bad(`it has ${String(data.images.length)} images, and none of them is "${image}"`);
  if (!('board' in chosen)) throw bad(`its image could not be audited: ${chosen.error.message}`);
  return { ...chosen, board: { ...chosen.board, physBase: Number(chosen.board.physBase) } };
}
