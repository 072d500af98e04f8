/**
 * cramfs-map: what one does with a cramfs image. The names here and in `cramfs-map/browser` are the stable ones.
 *
 * @example
 * const image = openImage('fw.cramfs');
 * const board = new Board(image, { physBase: 0x08040000 });
 * const verdict = board.map({ path: '/bin/app', prot: 'rx' });
 */
// Opening, and what is inside.
export { CramfsError, type ErrorCode } from './base/errors.ts';
export { CramfsImage, type OpenOptions } from './image/image.ts';
export { openImage } from './inspect/openImage.node.ts';
export { entries, type ImageEntry, readFile } from './extract/files.ts';
export { createReadStream } from './extract/readStream.node.ts';
// Taking apart.
export { type ExtractOptions, extractToDirectory } from './extract/toDirectory.node.ts';
export { extractTo } from './extract/toFileSystem.ts';
export { extractToTar } from './extract/toTar.ts';
export type { ExtractResult } from './extract/result.ts';
// Checking.
export { checkImage, type CheckOptions, type CheckResult } from './check/checkImage.ts';
export type { Finding } from './findings/finding.ts';
// What Linux makes of it on a board.
export { Board, type BoardOptions } from './verdict/board.ts';
export type { MapRequest } from './verdict/request.ts';
export type { MapVerdict } from './verdict/mapVerdict.ts';
export { kernelModel } from './driver/models/named.ts';
export { compareKernels, type KernelComparison } from './verdict/compareKernels.ts';
export { execProgram, type ExecReport, type ExecRequest } from './exec/execProgram.ts';
// Judging, alone and beside another image.
export { auditImage, type AuditOptions } from './audit/auditImage.ts';
export type { AuditResult } from './audit/result.ts';
export { auditWithPolicy } from './policy/auditWithPolicy.ts';
export { parsePolicy } from './policy/parsePolicy.ts';
export type { Policy } from './policy/policy.ts';
export { diffImages } from './diff/diff.ts';
export type { ImageDiff } from './diff/diffResult.ts';
// Building.
export { buildImage, type BuildOptions, type BuildResult } from './mkfs/mkfs.ts';
export { directoryTree } from './mkfs/source/directoryTree.node.ts';
export { imageTree } from './mkfs/source/imageTree.ts';
export { tarTree } from './mkfs/source/tar.ts';
export { planXip } from './mkfs/xip/plan.ts';
export { proveXip } from './mkfs/xip/prove.ts';
