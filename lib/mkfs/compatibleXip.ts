/**
 * Which blocks mkcramfs -X stores so that they can be mapped.
 */
import { isReadOnlyLoad, readElf, segmentPages } from './elfSegments.ts';

/**
 * For each block whether it is direct, or null for a file without such blocks: the blocks that a segment of type PT_LOAD
 * touches which is readable or executable and not writable, in 32-bit ELF files of the byte order of the CPU that
 * mkcramfs runs on. Nothing else counts: neither the file's mode, nor its machine, nor that a writable segment shares
 * the block.
 */
export function compatibleDirectBlocks(
  bytes: Uint8Array,
  pageSize: number,
  hostLittleEndian: boolean,
): readonly boolean[] | null {
  const elf = readElf(bytes);
  if (elf?.bits !== 32 || elf.littleEndian !== hostLittleEndian) return null;
  const segments = elf.segments.filter(isReadOnlyLoad).map((segment) => segmentPages(segment, pageSize, bytes.length));
  if (segments.length === 0) return null;
  const count = Math.ceil(bytes.length / pageSize);
  return Array.from({ length: count }, (_, block) => segments.some(({ first, end }) => block >= first && block < end));
}
