/**
 * The kernel inside a bzImage: an ELF file, compressed. QEMU boots the ELF file itself faster, and nothing then unpacks
 * itself over memory that a region lies in.
 *
 * Offsets as in Documentation/arch/x86/boot.rst.
 */
import { CramfsError } from '../../lib/index.ts';

/** A compressed kernel and the program that unpacks it. */
export interface CompressedKernel {
  readonly bytes: Uint8Array;
  readonly program: 'xz' | 'zstd' | 'gzip' | 'lz4';
}

const SECTOR = 512;

const MAGIC_NUMBERS: readonly (readonly [program: CompressedKernel['program'], magic: readonly number[]])[] = [
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['gzip', [0x1f, 0x8b]],
  ['lz4', [0x02, 0x21, 0x4c, 0x18]],
];

/**
 * The compressed kernel of a bzImage.
 *
 * @throws CramfsError LAB
 */
export function compressedKernel(bzImage: Uint8Array): CompressedKernel {
  const view = new DataView(bzImage.buffer, bzImage.byteOffset, bzImage.length);
  const notOne = (found: string): CramfsError => new CramfsError('LAB', { what: 'cannot use the kernel image', found });
  // 0x202 – "HdrS", 0x206 – protocol version: payload_offset and payload_length came with 2.08
  if (bzImage.length < 0x250 || view.getUint32(0x202, true) !== 0x53726448) throw notOne('it is not a bzImage');
  if (view.getUint16(0x206, true) < 0x208) throw notOne('its boot protocol is older than 2.08');
  // 0x1f1 – setup_sects: sectors of real-mode code behind the first
  const setupBytes = (view.getUint8(0x1f1) + 1) * SECTOR;
  // 0x248 – payload_offset, 0x24c – payload_length; the kernel's length, 4 bytes, stands behind the compressed bytes
  const start = setupBytes + view.getUint32(0x248, true);
  const bytes = bzImage.subarray(start, start + view.getUint32(0x24c, true) - 4);
  const program = MAGIC_NUMBERS.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte))?.[0];
  if (program === undefined) throw notOne('its compression is unknown');
  return { bytes, program };
}
