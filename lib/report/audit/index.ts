/** The reports of an audit, by the name of their format. */
import { codeQualityReport } from './codeQuality.ts';
import { githubReport } from './github.ts';
import { jsonReport } from './json.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';
import { ndjsonReport } from './ndjson.ts';
import type { AuditReporter } from './reporter.ts';
import { sarifReport } from './sarif.ts';
import { textReport } from './text.ts';

export const AUDIT_REPORTERS = {
  text: textReport,
  json: jsonReport,
  ndjson: ndjsonReport,
  sarif: sarifReport,
  junit: junitReport,
  github: githubReport,
  gitlab: codeQualityReport,
  markdown: markdownReport,
} as const satisfies Readonly<Record<string, AuditReporter>>;

/** The name of a format. */
export type AuditFormat = keyof typeof AUDIT_REPORTERS;

export const AUDIT_FORMATS = Object.keys(AUDIT_REPORTERS) as readonly AuditFormat[];
