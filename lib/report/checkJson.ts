/** `cramfs check --json`. */
import type { CheckResult } from '../check/checkImage.ts';
import { codeOf } from '../findings/definition.ts';
import { definitionOf } from '../policy/findings.ts';
import { SCHEMA_VERSION } from './mapJson.ts';

/**
 * The findings with ids, arguments and words; paths are lossless (format/names), not fit to be shown. `code` is an older
 * name of the id.
 */
export function checkJson(result: CheckResult) {
  const { findings, counts, omitted, tally, inflated } = result;
  return {
    schemaVersion: SCHEMA_VERSION,
    counts,
    findings: findings.map(({ id, ...finding }) => ({
      id,
      code: codeOf(id),
      ...finding,
      message: definitionOf({ id }).cause(finding.args),
    })),
    omitted,
    checked: { ...tally, dataChecked: inflated },
  };
}
