/**
 * The configuration of a kernel that the lab builds itself, from Debian's source: as little as its init program needs.
 */

/** How a kernel keeps its struct pages. */
export type MemoryModel = 'sparsemem' | 'flatmem';

/** What a kernel for QEMU's RISC-V machine is built with; all else is off, as "allnoconfig" has it. */
const RISCV64 = [
  'EXPERT NONPORTABLE MMU 64BIT ARCH_RV64I RISCV_ISA_C FPU SOC_VIRT RISCV_SBI RISCV_SBI_V01',
  'MODULES PRINTK PRINTK_TIME BUG KALLSYMS MULTIUSER POSIX_TIMERS FUTEX ADVISE_SYSCALLS MEMBARRIER FILE_LOCKING SHMEM',
  'BLK_DEV_INITRD RD_GZIP BINFMT_ELF BINFMT_SCRIPT TMPFS PROC_FS PROC_SYSCTL PROC_PAGE_MONITOR SYSFS DEVTMPFS',
  'TTY SERIAL_8250 SERIAL_8250_CONSOLE SERIAL_OF_PLATFORM VIRTIO_MENU VIRTIO_MMIO VIRTIO_CONSOLE HVC_DRIVER',
  'POWER_RESET POWER_RESET_SYSCON POWER_RESET_SYSCON_POWEROFF MFD_SYSCON',
  'BLOCK MTD MTD_RAM MTD_PHYSMAP MTD_COMPLEX_MAPPINGS CC_OPTIMIZE_FOR_PERFORMANCE',
].flatMap((line) => line.split(' '));

const OF_MODEL: Readonly<Record<MemoryModel, readonly string[]>> = {
  sparsemem: ['SPARSEMEM_MANUAL', 'SPARSEMEM_VMEMMAP'],
  flatmem: ['FLATMEM_MANUAL'],
};

/**
 * The lines for KCONFIG_ALLCONFIG. The release ends with the memory model, which the emulation then knows.
 *
 * @param model of the kernel's memory
 */
export function riscvConfig(model: MemoryModel): string[] {
  const on = [...RISCV64, ...OF_MODEL[model]].map((name) => `CONFIG_${name}=y`);
  return [...on, 'CONFIG_UNIX98_PTYS=n', 'CONFIG_LOG_BUF_SHIFT=17', `CONFIG_LOCALVERSION="-${model}"`];
}

/** The lines that a finished configuration does not have, as where a symbol is gone or depends on another. */
export function unmetLines(wanted: readonly string[], config: string): string[] {
  const has = new Set(config.split('\n'));
  return wanted.filter((line) => !line.endsWith('=n') && !has.has(line));
}
