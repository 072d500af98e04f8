/** An audit as one JSON document (schemas/audit.schema.json). */
import { jsonText } from '../../base/json.ts';
import { addToTotals, type AuditedImage, NO_TOTALS } from '../../audit/run.ts';
import { AUDIT_SCHEMA_VERSION, findingsJson, imageJson, suppressedJson } from './findingJson.ts';
import type { AuditReporter } from './reporter.ts';

export const jsonReport: AuditReporter = async function* (images) {
  let totals = NO_TOTALS;
  yield `{"schemaVersion":${AUDIT_SCHEMA_VERSION},"images":[`;
  for await (const image of images) {
    yield `${totals.images === 0 ? '' : ','}\n${jsonText(auditedImageJson(image))}`;
    totals = addToTotals(totals, image);
  }
  yield `\n],"totals":${jsonText(totals)}}\n`;
};

function auditedImageJson({ image, diagnosis, result, error }: AuditedImage): Record<string, unknown> {
  if (result === null) return { image, error, diagnosis };
  return {
    image,
    error: null,
    diagnosis,
    ...imageJson(result),
    findings: findingsJson(result),
    suppressed: suppressedJson(result),
    files: result.files,
  };
}
