/**
 * An audit as JSON records, one a line: the run, then each image with what belongs to it, then the end. Everything that
 * other reports are made of is in them, so that the records of several shards make one report.
 */
import { jsonText } from '../../base/json.ts';
import type { AuditedImage } from '../../audit/run.ts';
import { AUDIT_SCHEMA_VERSION, findingsJson, imageJson, suppressedJson } from './findingJson.ts';
import type { AuditReporter } from './reporter.ts';

const line = (record: Record<string, unknown>): string => `${jsonText(record)}\n`;

export const ndjsonReport: AuditReporter = async function* (images, { images: ofRun, shard, version }) {
  yield line({ type: 'run', schemaVersion: AUDIT_SCHEMA_VERSION, version, images: ofRun, shard });
  let count = 0;
  for await (const image of images) {
    yield recordsOf(image);
    count++;
  }
  yield line({ type: 'end', images: count });
};

function recordsOf({ image, index, diagnosis, result, error }: AuditedImage): string {
  if (result === null) return line({ type: 'unreadable', index, image, error, diagnosis });
  return [
    { type: 'image', index, image, diagnosis, ...imageJson(result) },
    ...findingsJson(result).map((finding) => ({ type: 'finding', index, ...finding })),
    ...suppressedJson(result).map((finding) => ({ type: 'suppressed', index, ...finding })),
    ...result.files.map((file) => ({ type: 'file', index, ...file })),
  ]
    .map(line)
    .join('');
}
