/**
 * Everything that needs no Node: for browsers, and the base of the package's main entry.
 */
export { CramfsError, type ErrorCode, type ErrorDetails } from './base/errors.ts';
export * from './format/constants.ts';
export { decodeBlockPointer, encodeBlockPointer, type BlockPointer } from './format/blockPointer.ts';
export { crc32 } from './format/crc32.ts';
export {
  decodeInode,
  deviceNumber,
  encodeInode,
  fileType,
  type FileType,
  type InodeFields,
  inodeNumber,
} from './format/inode.ts';
export { decodeName, encodeName, printableName } from './format/names.ts';
export { decodeSuperblock, encodeSuperblock, findSuperblock, type Superblock } from './format/superblock.ts';
export { type ByteSource, bytesSource, cachedSource, type RawSource, sliceSource } from './source/byteSource.ts';
export { inflate, inflateWithPako, type Inflate } from './image/codec.ts';
export { CramfsImage, type Inode, type OpenOptions, PAGE_SIZES } from './image/image.ts';
export { directoryEntries, type DirectoryEntry } from './image/directory.ts';
export { type Block, type BlockKind, blockCount, blockPointers, fileBlock, fileBlocks } from './image/blocks.ts';
export { readBlock, readContent, readLink } from './image/content.ts';
export { guessPageSize } from './image/pageSize.ts';
export { inflateLzma } from './image/lzma.ts';
export { type Account, type AccountLabel, type AccountLine } from './inspect/account.ts';
export { type CompressionMethod, detectLayout, type FlagReading, type ImageLayout } from './inspect/detectLayout.ts';
export { type DirectRun, directRuns } from './inspect/directRuns.ts';
export { findPath, type FindOptions } from './inspect/findPath.ts';
export { type CrcState, type CrcVerdict, imageCrc } from './inspect/imageCrc.ts';
export { type ImageInfo, imageInfo } from './inspect/imageInfo.ts';
export { openDetected } from './inspect/openDetected.ts';
export { type LabelledRange, RangeMap } from './inspect/rangeMap.ts';
export { scan, type ScanHit } from './inspect/scan.ts';
export { type KindCount, type Statistics } from './inspect/statistics.ts';
export { namedFlags, neededKernel, type SuperblockFlag } from './inspect/superblockFlags.ts';
export { type Survey, survey } from './inspect/survey.ts';
export { type VariantNote, variantNotes } from './inspect/variant.ts';
export { walk, WalkEntry, type WalkOptions, type WalkProblem, type WalkProblemKind } from './inspect/walk.ts';
export { checkImage, type CheckOptions, type CheckResult } from './check/checkImage.ts';
export { FINDING_CODES, type FindingArguments, type FindingCode, SEVERITIES, type Severity } from './check/codes.ts';
export type { Finding, FindingOf } from './check/finding.ts';
export { checkJson } from './report/checkJson.ts';
export { findingText } from './report/findingText.ts';
export { type AddressRange, type MemoryLayout, PhysicalMemory, type Place } from './physmem/physicalMemory.ts';
export { AddressSpace, type MmapRequest, type MmapResult, type PageView, type Touch } from './mm/addressSpace.ts';
export type { Cpu, CpuModel, CpuName } from './mm/cpu.ts';
export { CPU_MODELS, cpuModel, type CpuKernel, makeCpu } from './mm/cpus/index.ts';
export type { Release } from './mm/release.ts';
export type { Errno } from './mm/errno.ts';
export type { FileOperations, FolioRead, MmapHooks, NommuOperations, OpenFile } from './mm/fileOperations.ts';
export type { Kernel, TraceEntry } from './mm/kernel.ts';
export { type MachineOptions, NommuMachine } from './mm/nommu/machine.ts';
export { NommuProcess, type NommuMmapResult } from './mm/nommu/process.ts';
export type { MapsType } from './mm/nommu/procMaps.ts';
export type { NommuRegion } from './mm/nommu/regions.ts';
export type { NommuFile, NommuMmapRequest } from './mm/nommu/validate.ts';
export type { NommuVma } from './mm/nommu/vmaTree.ts';
export { type Folio, PageTable, type Pte, type PteRun } from './mm/pageTable.ts';
export { remapPfnRange, remapPfnRangeComplete, remapPfnRangePrepare, vmfInsertMixed } from './mm/remap.ts';
export type { Vma, VmAreaDesc } from './mm/vma.ts';
export * from './mm/vmFlags.ts';
export { type BlockRange, getBlockRange, lastPageIsShared } from './driver/blockRange.ts';
export { type BailoutReason, decide, type Decision, type DirectRange } from './driver/decision.ts';
export type { KernelInode } from './driver/inode.ts';
export { PathWalker, type Resolved } from './driver/lookup.ts';
export { DEFAULT_MODEL, KERNEL_MODELS, kernelModel } from './driver/models/index.ts';
export type { CramfsFile, KernelModel } from './driver/models/kernelModel.ts';
export { mountCramfs, type MountedCramfs, type MountResult } from './driver/mount.ts';
export { type MtdDevice, mountFromMtd } from './driver/mtd.ts';
export { readFile as readFolios, readFolio } from './driver/readFolio.ts';
export { Board, type BoardFile, type BoardOptions, type BoardVariant } from './verdict/board.ts';
export {
  compareKernels,
  compareMapping,
  type Difference,
  type KernelComparison,
  type Outcome,
} from './verdict/compareKernels.ts';
export { checkInvariants, type InvariantCode, type Violation } from './verdict/invariants.ts';
export { mapInNewProcess, type MappedProcess } from './verdict/process.ts';
export type {
  MapState,
  MapVerdict,
  MapWarning,
  PageKind,
  PageVerdict,
  NommuOutcome,
  RunEnd,
  Sight,
} from './verdict/mapVerdict.ts';
export type { MapDetail, MapRequest } from './verdict/request.ts';
export { checkFlatHeader, decodeFlatHeader, type FlatHeader, type FlatProgram } from './elf/bflt.ts';
export type { ExecResult, TextPlace } from './exec/flatLoader.ts';
export { type NommuCall, type NommuFileRequest, NommuSystem, type NommuSystemOptions } from './exec/nommuSystem.ts';
export { mapJson, SCHEMA_VERSION, sightWord } from './report/mapJson.ts';
export { mapText, type TextOptions } from './report/mapText.ts';
export { COLOURS, NO_COLOURS, type Style } from './report/style.ts';
export {
  entries,
  type EntriesOptions,
  type ImageEntry,
  readChunks,
  readFile,
  type ReadRange,
} from './extract/files.ts';
export { DEFAULT_LIMITS, type ExtractLimits } from './extract/limits.ts';
export type { LeftOut } from './extract/ownership.ts';
export type { ExtractProblem } from './extract/problem.ts';
export type { ExtractResult, Progress } from './extract/result.ts';
export type { Choice } from './extract/safeWalk.ts';
export { extractTo, type ExtractToOptions, type FileSystemLike } from './extract/toFileSystem.ts';
export { extractToTar, type TarOptions } from './extract/toTar.ts';
export { classicDeflate, type Deflate } from './mkfs/deflate.ts';
export { type BlockCompressor, directCompressor } from './mkfs/encodeFile.ts';
export type { BuildWarning } from './mkfs/inodes.ts';
export { type BuildOptions, type BuildResult, buildImage } from './mkfs/mkfs.ts';
export { type FsLike, fromSyncFs, fsTree } from './mkfs/source/fsTree.ts';
export { imageTree } from './mkfs/source/imageTree.ts';
export { tarTree } from './mkfs/source/tar.ts';
export { bytesContent, type DirectoryEntry as SourceDirectory, newDirectory, putEntry } from './mkfs/sourceTree.ts';
export type { FileContent, SourceEntry } from './mkfs/sourceTree.ts';
export { choiceOf, type XipChoice } from './mkfs/xip/choice.ts';
export { planXip, type XipPlan, type XipSpec } from './mkfs/xip/plan.ts';
export { proveXip, type XipProof } from './mkfs/xip/prove.ts';
export { type ElfHeaders, elfBytes, type ElfSegment, readElfHeaders } from './elf/elf.ts';
export { type ExecMapping, execProgram, type ExecReport, type ExecRequest } from './exec/execProgram.ts';
export { execJson } from './report/execJson.ts';
export { auditImage, type AuditOptions } from './audit/auditImage.ts';
export type { AuditFinding, AuditFindingOf } from './audit/finding.ts';
export { AUDIT_IDS, type AuditId, defaultSeverity, docPage } from './audit/ids.ts';
export type { AuditedFile, AuditedSegment, AuditNumbers, AuditResult } from './audit/result.ts';
export { auditCause, auditFix, auditTitle } from './report/auditWords.ts';
export { applyPolicy } from './policy/applyPolicy.ts';
export { parsePolicy } from './policy/parsePolicy.ts';
export type { Policy } from './policy/policy.ts';
export { isRequired } from './policy/requirements.ts';
export { diffImages, type DiffOptions } from './diff/diff.ts';
export { differs, type ImageDiff } from './diff/diffResult.ts';
