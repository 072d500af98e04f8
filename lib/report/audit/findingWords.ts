/** What a finding says, fit for every report. */
import type { AuditFinding } from '../../audit/finding.ts';
import { printableName } from '../../format/names.ts';
import { auditCause, auditFix } from '../auditWords.ts';

/** Two sentences without full stops. */
export interface FindingWords {
  readonly cause: string;
  readonly fix: string;
}

/** Cause and fix. Names in them cannot write control characters. */
export function findingWords(finding: AuditFinding): FindingWords {
  return { cause: harmless(auditCause(finding)), fix: harmless(auditFix(finding)) };
}

/** Backslashes stay as they are: most names have been escaped before. */
function harmless(text: string): string {
  return text.split('\\').map(printableName).join('\\');
}
