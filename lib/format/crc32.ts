/** CRC-32 as zlib has it: polynomial 0xEDB88320, reflected. The superblock's checksum, and the checksum of page contents. */
import { hexDigits } from '../base/hex.ts';
import { portableCrc32 } from './portableCrc32.ts';

/** The part of node:zlib that is used; Node before 20.15 has no crc32(). */
interface NodeZlib {
  readonly crc32?: (bytes: Uint8Array, crc: number) => number;
}

interface WithBuiltins {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
}

let native: NodeZlib['crc32'] | null | undefined;

/** The CRC-32 of `bytes`, continued from `crc` (0 to begin). */
export function crc32(bytes: Uint8Array, crc = 0): number {
  native ??=
    ((globalThis as WithBuiltins).process?.getBuiltinModule?.('node:zlib') as NodeZlib | undefined)?.crc32 ?? null;
  return native === null ? portableCrc32(bytes, crc) : native(bytes, crc);
}

/** A CRC as eight hexadecimal digits. */
export function crcHex(crc: number): string {
  return hexDigits(crc, 8);
}
