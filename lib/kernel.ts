/**
 * `cramfs-map/kernel`: the emulated kernel from the inside, for those who write kernel models or look at a mapping more
 * closely than a verdict does. **Unstable**: it follows the kernel, and may change in any release.
 */
export { roundDown, roundUp } from './base/pages.ts';
// Physical memory.
export { type AddressRange, type MemoryLayout, PhysicalMemory, type Place } from './physmem/physicalMemory.ts';
// Memory management.
export { AddressSpace, type MmapRequest, type MmapResult, type PageView, type Touch } from './mm/addressSpace.ts';
export type { Cpu, CpuModel, CpuName } from './mm/cpu.ts';
export { type CpuKernel, CPU_MODELS, cpuModel, makeCpu } from './mm/cpus/index.ts';
export type { Release } from './mm/release.ts';
export type { Errno } from './mm/errno.ts';
export type { FileOperations, FolioRead, MmapHooks, NommuOperations, OpenFile } from './mm/fileOperations.ts';
export type { Kernel, TraceEntry } from './mm/kernel.ts';
export { type Folio, PageTable, type Pte, type PteRun } from './mm/pageTable.ts';
export { remapPfnRange, remapPfnRangeComplete, remapPfnRangePrepare, vmfInsertMixed } from './mm/remap.ts';
export type { Vma, VmAreaDesc } from './mm/vma.ts';
export { VM_EXEC, VM_MAYWRITE, VM_MIXEDMAP, VM_PFNMAP, VM_READ, VM_SHARED, VM_WRITE } from './mm/vmFlags.ts';
// Memory management without an MMU.
export { type MachineOptions, NommuMachine } from './mm/nommu/machine.ts';
export { type NommuMmapResult, NommuProcess } from './mm/nommu/process.ts';
export type { NommuFile, NommuMmapRequest } from './mm/nommu/validate.ts';
export { type NommuCall, NommuSystem, type NommuSystemOptions } from './exec/nommuSystem.ts';
// The driver.
export { type BlockRange, getBlockRange, lastPageIsShared } from './driver/blockRange.ts';
export { type BailoutReason, decide, type Decision, type DirectRange } from './driver/decision.ts';
export { dereference, type KernelInode } from './driver/inode.ts';
export { OPEN_ERRNOS, PathWalker, type Resolved } from './driver/lookup.ts';
export { type MountedCramfs, mountCramfs, type MountResult } from './driver/mount.ts';
export { mountFromMtd, type MtdDevice } from './driver/mtd.ts';
export { readFile as readFolios, readFolio } from './driver/readFolio.ts';
// Kernel models.
export { DEFAULT_MODEL } from './driver/models/default.ts';
export { kernelModel } from './driver/models/named.ts';
export { KERNEL_MODELS } from './driver/models/index.ts';
export { insertPages, type MixedPfn, physPfn } from './driver/models/insertPages.ts';
export type { CramfsFile, KernelModel } from './driver/models/kernelModel.ts';
export { linux415, linux61, linux617, linux618, onePhase } from './driver/models/mainline.ts';
// A mapping, looked at from all sides.
export { DEFAULT_PHYS_BASE, type BoardFile, type BoardVariant } from './verdict/board.ts';
export { compareMapping, type Difference, type Outcome } from './verdict/compareKernels.ts';
export { checkInvariants } from './verdict/invariants.ts';
export type { InvariantCode, Violation, ViolationCause } from './verdict/violation.ts';
export type { MapState, MapWarning, PageKind, PageVerdict, RunEnd, Sight } from './verdict/mapVerdict.ts';
export { mapInNewProcess, type MappedProcess } from './verdict/process.ts';
export type { MapDetail } from './verdict/request.ts';
export { sameBytes } from './base/bytes.ts';
export { type UserProcess } from './exec/userProcess.ts';
export { modelOfRelease } from './driver/models/named.ts';
export { type IcacheKernel } from './mm/icache.ts';
export { parseRelease } from './mm/release.ts';
export { type ActionOutcome, parseActions } from './verdict/actions.ts';
export { addressOf, bailoutLine, type DecisionRequest, findRun, sharedTailLine } from './driver/decision.ts';
export { filePages } from './driver/inode.ts';
export { vmaPages } from './mm/vma.ts';
