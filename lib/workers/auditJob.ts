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
import { kernelModel } from '../driver/models/named.ts';
import { openDetected } from '../inspect/openDetected.ts';
import type { ByteSource } from '../source/byteSource.ts';
import { Board, type BoardOptions } from '../verdict/board.ts';
import { checkParallel } from './checkParallel.ts';
import { openFileSource } from '../source/nodeFile.ts';

/** For an estimate: Node's zlib needs about as many bytes as the one of the builders. */
const deflateFast = (block: Uint8Array): Uint8Array => deflateSync(block, { level: 9 });

/** How images are audited. Plain data, for worker threads. */
export interface AuditSetup {
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

/** An image to audit. Plain data. */
export interface AuditTarget {
  /** The image as the user named it. */
  readonly image: string;
  /** Its file; null for what no other thread can open. */
  readonly file: string | null;
  /** Byte offset of the image in its file. */
  readonly imageOffset: number;
  /** Its number among the images that a scan of the file finds, from 1, where it was chosen so. */
  readonly imageNumber?: number | undefined;
}

/**
 * Audits the image in a file.
 *
 * @param threads that inflate blocks; undefined for as many as the image is worth
 * @param progress is told now and then how many of the image's files have been looked at
 * @throws CramfsError as openDetected(), Board and auditImage()
 */
export async function auditFile(
  { image, file, imageOffset, imageNumber }: AuditTarget,
  source: ByteSource,
  setup: AuditSetup,
  threads: number | undefined,
  progress?: (done: number, total: number) => void,
): Promise<AuditResult> {
  const { pageSize, kernel, inflate, policy, today } = setup;
  const opened = openDetected(source, { imageOffset, pageSize });
  const board = new Board(opened, { ...setup.board, kernel: kernelModel(kernel) });
  const survey = new AuditSurvey();
  const rules = [...RULES, survey];
  // What other threads cannot open is checked by this one.
  const crew = file === null ? { file: image, threads: 1 } : { file, threads };
  const check = await checkParallel(opened, { ...crew, imageOffset, inflate, rules });
  const options = {
    name: image,
    imageOffset,
    imageNumber,
    check,
    survey,
    deflate: inflate ? deflateFast : undefined,
    progress,
  };
  return policy === null ? auditImage(board, options) : auditWithPolicy(board, policy, { ...options, today });
}

/** The same for a file that any thread can open, in one thread. */
export async function auditNamedFile(target: AuditTarget, setup: AuditSetup): Promise<AuditResult> {
  const source = openFileSource(target.file ?? target.image);
  try {
    return await auditFile(target, source, setup, 1);
  } finally {
    source.close();
  }
}
