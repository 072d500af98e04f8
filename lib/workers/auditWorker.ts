/**
 * A worker thread of `cramfs audit`: audits image after image.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { AuditResult } from '../audit/result.ts';
import { CramfsError, type ErrorCode, type ErrorDetails } from '../base/errors.ts';
import { openFileSource } from '../source/nodeFile.ts';
import { auditFile, type AuditSetup } from './auditJob.ts';

/** An image to audit. */
export interface AuditJob {
  readonly image: string;
  readonly index: number;
}

/** What came of it. Errors lose their class on the way; those that are a bug end the thread. */
export type AuditAnswer = { readonly index: number } & (
  { readonly result: AuditResult } | { readonly error: { readonly code: ErrorCode; readonly details: ErrorDetails } }
);

/** An image to audit, or null: there is nothing more to do. */
export type AuditMessage = AuditJob | null;

parentPort?.on('message', (message: AuditMessage) => {
  if (message === null) {
    parentPort?.close();
    return;
  }
  const { image, index } = message;
  audit(image).then(
    (result) => {
      parentPort?.postMessage({ index, result } satisfies AuditAnswer);
    },
    (error: unknown) => {
      if (!(error instanceof CramfsError)) throw error;
      const { code, details } = error;
      parentPort?.postMessage({
        index,
        error: { code, details: { ...details, cause: undefined } },
      } satisfies AuditAnswer);
    },
  );
});

async function audit(image: string): Promise<AuditResult> {
  const source = openFileSource(image);
  try {
    return await auditFile(image, source, workerData as AuditSetup, 1);
  } finally {
    source.close();
  }
}
