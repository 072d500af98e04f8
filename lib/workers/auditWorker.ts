/**
 * A worker thread of `cramfs audit`: audits image after image.
 */
import { auditNamedFile, type AuditSetup, type AuditTarget } from './auditJob.ts';
import { serve } from './serve.ts';

serve((setup: AuditSetup) => (target: AuditTarget) => auditNamedFile(target, setup), undefined, true);
