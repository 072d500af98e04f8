/**
 * What a file offers to a kernel without an MMU (NOMMU_MAP_* of include/linux/fs.h).
 */
import { VM_MAYEXEC, VM_MAYREAD, VM_MAYWRITE } from '../vmFlags.ts';

/** A copy of its content can be read into RAM. */
export const NOMMU_MAP_COPY = 0x00000001;
/** It can be mapped where it stands. */
export const NOMMU_MAP_DIRECT = 0x00000008;
/** Where it stands it can be read. */
export const NOMMU_MAP_READ = VM_MAYREAD;
/** Where it stands it can be written. */
export const NOMMU_MAP_WRITE = VM_MAYWRITE;
/** Where it stands it can be executed. */
export const NOMMU_MAP_EXEC = VM_MAYEXEC;
/** The capabilities that are vm_flags at the same time. */
export const NOMMU_VMFLAGS = NOMMU_MAP_READ | NOMMU_MAP_WRITE | NOMMU_MAP_EXEC;
