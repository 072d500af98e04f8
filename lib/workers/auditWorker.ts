/**
 * A worker thread of `cramfs audit`: audits image after image.
 */
import { auditNamedFile, type AuditSetup } from './auditJob.ts';
import { serve } from './serve.ts';

serve((setup: AuditSetup) => (image: string) => auditNamedFile(image, setup));
