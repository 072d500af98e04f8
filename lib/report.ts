/**
 * `cramfs-map/report`: results as text for people, and as the JSON that the commands print (schemas/ describes it).
 * Nothing here needs Node.
 */
export { checkJson } from './report/checkJson.ts';
export { checkText } from './report/checkText.ts';
export { mapJson, SCHEMA_VERSION } from './report/mapJson.ts';
export { mapText, type TextOptions } from './report/mapText.ts';
export { comparisonJson, comparisonText } from './report/compareText.ts';
export { execJson } from './report/execJson.ts';
export { execText, type ExecTextOptions } from './report/execText.ts';
export { diffJson } from './report/diffJson.ts';
export { diffText } from './report/diffText.ts';
export { infoJson } from './report/infoJson.ts';
export { infoText } from './report/infoText.ts';
export { scanJson } from './report/scanJson.ts';
export { xipPlanJson, xipPlanText } from './report/xipPlan.ts';
export { AUDIT_REPORTERS, type AuditFormat } from './report/audit/index.ts';
export type { AuditReporter, AuditReportOptions } from './report/audit/reporter.ts';
export { findingWords, type FindingWords } from './report/findingWords.ts';
export { findingDefinition } from './policy/findings.ts';
export { COLOURS, NO_COLOURS, type Style } from './report/style.ts';
export { table } from './report/table.ts';
export { hex, hexDigits } from './base/hex.ts';
export { percent, plural } from './base/words.ts';
