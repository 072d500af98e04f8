/**
 * A map verdict of a kernel without an MMU as JSON: the keys behind `schemaVersion`, in a stable order.
 */
import { hex, hexOrNull } from '../base/hex.ts';
import { crcHex } from '../format/crc32.ts';
import type { Board } from '../verdict/board.ts';
import type { MapVerdict, NommuOutcome } from '../verdict/mapVerdict.ts';

/** The verdict as an object. `crc32` is of the bytes asked for, as one number, or null without --crc. */
export function nommuJson(verdict: MapVerdict, nommu: NommuOutcome, board: Board): Record<string, unknown> {
  const { cpu, memory, kernel } = board;
  return {
    path: verdict.path,
    offset: verdict.offset,
    length: verdict.length,
    prot: verdict.prot,
    flags: verdict.flags,
    kernel: kernel.name,
    cpu: cpu.name,
    endian: cpu.littleEndian ? 'little' : 'big',
    pageSize: cpu.pageSize,
    physBase: hex(memory.base),
    regionSize: memory.size,
    file: verdict.file,
    errno: verdict.errno,
    ...(verdict.failed === 'open' ? { failed: 'open' } : {}),
    bug: verdict.bug,
    inFlash: nommu.inFlash,
    address: nommu.inFlash === true ? hexOrNull(verdict.vmaStart) : null,
    mapsType: nommu.mapsType,
    vmaPages: verdict.vmaPages,
    mapsOffset: hexOrNull(verdict.mapsOffset),
    log: verdict.log,
    warnings: verdict.warnings,
    crc32: nommu.crc === null ? null : crcHex(nommu.crc),
  };
}
