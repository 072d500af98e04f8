/**
 * `cramfs-map/browser`: the main entry without what needs Node. Images come as bytes, and go to an archive, or to anything
 * that has the calls of node:fs.
 */
export { CramfsError, type ErrorCode } from './base/errors.ts';
export { CramfsImage, type OpenOptions } from './image/image.ts';
export { openDetected as openImage } from './inspect/openDetected.ts';
export { entries, type ImageEntry, readFile } from './extract/files.ts';
export { extractTo } from './extract/toFileSystem.ts';
export { extractToTar } from './extract/toTar.ts';
export type { ExtractResult } from './extract/result.ts';
export { checkImage, type CheckOptions, type CheckResult } from './check/checkImage.ts';
export type { Finding } from './findings/finding.ts';
export { Board, type BoardOptions } from './verdict/board.ts';
export type { MapRequest } from './verdict/request.ts';
export type { MapVerdict } from './verdict/mapVerdict.ts';
export { kernelModel } from './driver/models/named.ts';
export { compareKernels, type KernelComparison } from './verdict/compareKernels.ts';
export { execProgram, type ExecReport, type ExecRequest } from './exec/execProgram.ts';
export { auditImage, type AuditOptions } from './audit/auditImage.ts';
export type { AuditResult } from './audit/result.ts';
export { auditWithPolicy } from './policy/auditWithPolicy.ts';
export { parsePolicy } from './policy/parsePolicy.ts';
export type { Policy } from './policy/policy.ts';
export { diffImages } from './diff/diff.ts';
export type { ImageDiff } from './diff/diffResult.ts';
export { buildImage, type BuildOptions, type BuildResult } from './mkfs/mkfs.ts';
export { imageTree } from './mkfs/source/imageTree.ts';
export { tarTree } from './mkfs/source/tar.ts';
export { planXip } from './mkfs/xip/plan.ts';
export { proveXip } from './mkfs/xip/prove.ts';
