/**
 * The audit of one file: what a thread does for an image, be it this one or another.
 */
import { deflateSync } from 'node:zlib';
import { auditImage } from '../audit/auditImage.ts';
import { auditWithPolicy } from '../policy/auditWithPolicy.ts';
import type { Policy } from '../policy/policy.ts';
import type { AuditResult } from '../audit/result.ts';
import { AuditSurvey } from '../audit/survey.ts';
import { RULES } from '../check/rules/index.ts';
import { kernelModel } from '../driver/models/index.ts';
import { openDetected } from '../inspect/openDetected.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { Board, type BoardOptions } from '../verdict/board.ts';
import { checkParallel } from './checkParallel.ts';
import { openFileSource } from '../source/nodeFile.ts';

/** For an estimate: Node's zlib needs about as many bytes as the one of the builders. */
const deflateFast = (block: Uint8Array): Uint8Array => deflateSync(block, { level: 9 });

/** How images are audited. Plain data, for worker threads. */
export interface AuditSetup {
  /** Byte offset of the image in its file; undefined for 0. */
  readonly imageOffset: number | undefined;
  /** Bytes of a block; undefined for what the image's files tell. */
  readonly pageSize: number | undefined;
  /** Name of the kernel model. */
  readonly kernel: string;
  readonly board: Omit<BoardOptions, 'kernel'>;
  /** Whether compressed blocks are inflated. */
  readonly inflate: boolean;
  readonly policy: Policy | null;
  /** YYYY-MM-DD, for exceptions that expire. */
  readonly today: string;
}

/**
 * Audits the image in a file.
 *
 * @param image the name of the file; "-" for one that no other thread can open
 * @param threads that inflate blocks; undefined for as many as the image is worth
 * @param progress is told now and then how many of the image's files have been looked at
 * @throws CramfsError as openDetected(), Board and auditImage()
 */
export async function auditFile(
  image: string,
  source: ByteSource,
  setup: AuditSetup,
  threads: number | undefined,
  progress?: (done: number, total: number) => void,
): Promise<AuditResult> {
  const { imageOffset = 0, pageSize, kernel, inflate, policy, today } = setup;
  const opened = openDetected(source, { imageOffset, pageSize });
  const board = new Board(opened, { ...setup.board, kernel: kernelModel(kernel) });
  const survey = new AuditSurvey();
  const rules = [...RULES, survey];
  const check = await checkParallel(opened, { file: image, imageOffset, threads, inflate, rules });
  const options = { name: image, imageOffset, check, survey, deflate: inflate ? deflateFast : undefined, progress };
  return policy === null ? auditImage(board, options) : auditWithPolicy(board, policy, { ...options, today });
}

/** The same for a file that any thread can open, in one thread. */
export async function auditNamedFile(image: string, setup: AuditSetup): Promise<AuditResult> {
  const source = openFileSource(image);
  try {
    return await auditFile(image, source, setup, 1);
  } finally {
    source.close();
  }
}
