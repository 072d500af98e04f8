/** What the main thread and the worker threads tell each other. */
import type { ErrorCode, ErrorDetails } from '../base/errors.ts';
import type { FileBatch, FileBatchResult } from '../extract/fileBatch.node.ts';
import type { OwnerPolicy } from '../extract/ownership.ts';
import type { TarBatch, TarBatchResult } from '../extract/tarBatch.ts';

/** The kinds of work, with what goes in and what comes out. */
export interface Work {
  readonly files: { readonly job: FileBatch; readonly result: FileBatchResult };
  readonly tar: { readonly job: TarBatch; readonly result: TarBatchResult };
}

/** A kind of work. */
export type WorkKind = keyof Work;

/** What a worker needs to know from the start. */
export interface WorkerSetup {
  readonly kind: WorkKind;
  /** The image's file, and how to open it. */
  readonly file: string;
  readonly imageOffset: number;
  readonly pageSize: number;
  readonly asLinuxReads: boolean;
  readonly policy: OwnerPolicy;
  /** One 32-bit word: 1 says "stop before the next file". */
  readonly stop: SharedArrayBuffer;
}

/** An answer of a worker. Errors lose their class on the way. */
export type WorkerAnswer =
  { readonly result: unknown } | { readonly error: { readonly code: ErrorCode; readonly details: ErrorDetails } };
