/**
 * vm_flags: bits of a mapping, as in include/linux/mm.h, and their two letters in /proc/PID/smaps.
 */
export const VM_READ = 0x00000001;
export const VM_WRITE = 0x00000002;
export const VM_EXEC = 0x00000004;
export const VM_SHARED = 0x00000008;
export const VM_MAYREAD = 0x00000010;
export const VM_MAYWRITE = 0x00000020;
export const VM_MAYEXEC = 0x00000040;
export const VM_MAYSHARE = 0x00000080;
/** Without an MMU, from about 6.3 on: a private read-only mapping of a file, which may be one with others. */
export const VM_MAYOVERLAY = 0x00000200;
export const VM_PFNMAP = 0x00000400;
export const VM_LOCKED = 0x00002000;
export const VM_IO = 0x00004000;
export const VM_DONTEXPAND = 0x00040000;
export const VM_ACCOUNT = 0x00100000;
/** VM_PAT on x86, up to Linux 6.12 at least. */
export const VM_ARCH_1 = 0x01000000;
/** The same bit, without an MMU: the mapping is a copy in RAM. */
export const VM_MAPPED_COPY = VM_ARCH_1;
export const VM_DONTDUMP = 0x04000000;
export const VM_SOFTDIRTY = 0x08000000;
export const VM_MIXEDMAP = 0x10000000;

/** What mprotect() changes. */
export const VM_ACCESS_FLAGS = VM_READ | VM_WRITE | VM_EXEC;
/** Mappings that mlock() and merging leave alone. */
export const VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP;
/** What remap_pfn_range() sets. */
export const VM_REMAP_FLAGS = VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;

/** In the order of show_smap_vma_flags(): by bit. */
const MNEMONICS: readonly { readonly bit: number; readonly letters: string }[] = [
  { bit: VM_READ, letters: 'rd' },
  { bit: VM_WRITE, letters: 'wr' },
  { bit: VM_EXEC, letters: 'ex' },
  { bit: VM_SHARED, letters: 'sh' },
  { bit: VM_MAYREAD, letters: 'mr' },
  { bit: VM_MAYWRITE, letters: 'mw' },
  { bit: VM_MAYEXEC, letters: 'me' },
  { bit: VM_MAYSHARE, letters: 'ms' },
  { bit: VM_PFNMAP, letters: 'pf' },
  { bit: VM_LOCKED, letters: 'lo' },
  { bit: VM_IO, letters: 'io' },
  { bit: VM_DONTEXPAND, letters: 'de' },
  { bit: VM_ACCOUNT, letters: 'ac' },
  { bit: VM_ARCH_1, letters: 'ar' },
  { bit: VM_DONTDUMP, letters: 'dd' },
  { bit: VM_SOFTDIRTY, letters: 'sd' },
  { bit: VM_MIXEDMAP, letters: 'mm' },
];

/** The names of flags that mappings had before: there are some dozens of combinations. */
const known = new Map<number, readonly string[]>();

/** The letters of the VmFlags line in /proc/PID/smaps. */
export function vmFlagNames(flags: number): readonly string[] {
  let names = known.get(flags);
  if (names === undefined) {
    names = MNEMONICS.filter(({ bit }) => (flags & bit) !== 0).map(({ letters }) => letters);
    known.set(flags, names);
  }
  return names;
}

/** is_cow_mapping(): a write to a page would copy it. True for each MAP_PRIVATE mapping, writable now or not. */
export function isCowMapping(flags: number): boolean {
  return (flags & (VM_SHARED | VM_MAYWRITE)) === VM_MAYWRITE;
}

/** is_nommu_shared_mapping(): whether a mapping without an MMU may be one with others, or the file's own place. */
export function isNommuShared(vmFlags: number): boolean {
  return (vmFlags & (VM_MAYSHARE | VM_MAYOVERLAY)) !== 0;
}
