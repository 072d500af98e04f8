/**
 * Linux without an MMU: cramfs_physmem_get_unmapped_area() and cramfs_physmem_mmap_capabilities().
 *
 * All or nothing: either the whole range stands in one piece and is mapped where it stands, wherever that is, or it is
 * copied. There is no test of alignment, of the last page, or of the image's end.
 */
import { hex, hexDigits } from '../../base/hex.ts';
import { NOMMU_MAP_COPY, NOMMU_MAP_DIRECT, NOMMU_MAP_EXEC, NOMMU_MAP_READ } from '../../mm/nommu/capabilities.ts';
import type { MmapHooks, NommuOperations } from '../../mm/fileOperations.ts';
import { isNommuShared } from '../../mm/vmFlags.ts';
import { getBlockRange } from '../blockRange.ts';
import { filePages } from '../inode.ts';
import type { CramfsFile, KernelModel } from './kernelModel.ts';

/** cramfs_physmem_mmap() without an MMU: agrees to what may be shared, and has nothing to set up. */
const MMAP: MmapHooks = {
  prepare: (desc) => (!isNommuShared(desc.vmFlags) ? 'ENOSYS' : null),
  complete: () => null,
};

/** The operations of a regular file that can be mapped directly. */
export function nommuOperations({ fs, inode, name }: Pick<CramfsFile, 'fs' | 'inode' | 'name'>): NommuOperations {
  return {
    capabilities: NOMMU_MAP_COPY | NOMMU_MAP_DIRECT | NOMMU_MAP_READ | NOMMU_MAP_EXEC,
    getUnmappedArea(length, pgoff, log) {
      const { pageSize } = fs.cpu;
      const pages = Math.ceil(length / pageSize) >>> 0; // an unsigned int
      const maxPages = filePages(fs, inode);
      if (pgoff >= maxPages || pages > maxPages - pgoff) return 'EINVAL';
      const blocks = getBlockRange(fs, inode, pgoff, pages, log);
      if (blocks.offset === 0 || blocks.pages !== pages) return 'ENOSYS';
      const address = fs.memory.base + blocks.offset;
      log.push(
        `cramfs: get_unmapped for ${name} ofs ${hex(pgoff * pageSize)} siz ${String(length)} ` +
          `at 0x${hexDigits(address, 8)}`,
      );
      return address;
    },
  };
}

/** Linux without an MMU, as of 6.1. */
export const nommu: KernelModel = {
  name: 'nommu',
  aliases: [],
  title: 'mainline Linux without an MMU (CONFIG_MMU=n)',
  release: [6, 1],
  releases: '4.15 to about 6.4',
  differences:
    'a mapping points at the stored data as a whole, at any address, or is a copy in RAM; mappings of the same file are shared',
  evidence: { run: ['6.1 on riscv64'], notRun: 'other releases and CPUs: read' },
  vmPat: false,
  verifiesFileType: true,
  ignoresBssFault: false,
  hasBlockDevices: false,
  hooks: () => MMAP,
  nommu: nommuOperations,
};

/** Linux without an MMU, as of 6.12. */
export const nommu612: KernelModel = {
  ...nommu,
  name: 'nommu-6.12',
  title: 'mainline Linux without an MMU (CONFIG_MMU=n), 6.12',
  release: [6, 12],
  releases: 'from about 6.5',
  differences:
    'as nommu, but that /proc/PID/maps shows private mappings as private (p), and RISC-V has a loader for ELF: it copies ' +
    'position independent programs to RAM as a whole',
  evidence: { run: ['6.12 on riscv64'], notRun: 'other releases and CPUs: read' },
  mayOverlay: true,
};
