/** `cramfs check --json`. */
import type { CheckResult } from '../check/checkImage.ts';
import { findingText } from './findingText.ts';
import { SCHEMA_VERSION } from './mapJson.ts';

/** The findings with codes, arguments and words; paths are lossless (format/names), not fit to be shown. */
export function checkJson(result: CheckResult): Record<string, unknown> {
  const { findings, counts, omitted, tally, inflated } = result;
  return {
    schemaVersion: SCHEMA_VERSION,
    counts,
    findings: findings.map((finding) => ({ ...finding, message: findingText(finding) })),
    omitted,
    checked: { ...tally, dataChecked: inflated },
  };
}
