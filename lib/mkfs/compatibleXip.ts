/**
 * Which blocks mkcramfs -X stores so that they can be mapped.
 *
 * mkcramfs lays the 32-bit structures of the CPU that it runs on over the file, whatever the file says of itself, and
 * computes in unsigned 32-bit numbers. Its images are those of a little endian CPU.
 */
import { HEADER_SIZE, PF_R, PF_W, PF_X, PHENTSIZE, PT_LOAD } from '../elf/elf.ts';

/** Byte offsets in the header of a 32-bit ELF file: e_phoff and e_phnum. */
const PHOFF = 28;
const PHNUM = 44;

/**
 * For each block whether it is direct, or null for a file without such blocks: the blocks that a segment of type PT_LOAD
 * touches which is readable or executable and not writable, in files of class ELF32 and version 1 whose program headers
 * are all in the file. Nothing else counts: neither EI_DATA nor e_phentsize, the file's mode or machine, nor that a
 * writable segment shares the block. A segment covers [p_offset, p_offset + p_filesz) with the end computed in 32 bits,
 * and the block in which its begin lies if that is not at the block's first byte, however few bytes it has.
 */
export function compatibleDirectBlocks(bytes: Uint8Array, pageSize: number): readonly boolean[] | null {
  const segments = readOnlySegments(bytes);
  const blocks = Array.from({ length: Math.ceil(bytes.length / pageSize) }, (_, index) => {
    const start = index * pageSize;
    return segments.some(({ begin, end }) => begin < start + pageSize && end > start);
  });
  return blocks.includes(true) ? blocks : null;
}

function readOnlySegments(bytes: Uint8Array): { readonly begin: number; readonly end: number }[] {
  const isElf32 = [0x7f, 0x45, 0x4c, 0x46, 1].every((byte, index) => bytes[index] === byte) && bytes[6] === 1;
  if (!isElf32 || bytes.length < HEADER_SIZE[32]) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = view.getUint32(PHOFF, true);
  const count = view.getUint16(PHNUM, true);
  if (table + count * PHENTSIZE[32] > bytes.length) return [];
  const segments: { begin: number; end: number }[] = [];
  for (let at = table; at < table + count * PHENTSIZE[32]; at += PHENTSIZE[32]) {
    const flags = view.getUint32(at + 24, true);
    if (view.getUint32(at, true) !== PT_LOAD || (flags & PF_W) !== 0 || (flags & (PF_R | PF_X)) === 0) continue;
    const begin = view.getUint32(at + 4, true);
    segments.push({ begin, end: (begin + view.getUint32(at + 16, true)) >>> 0 });
  }
  return segments;
}
