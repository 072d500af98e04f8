/**
 * What a map verdict of a kernel without an MMU has in place of page tables, as JSON keys in a stable order.
 */
import { hex, hexOrNull } from '../base/hex.ts';
import { crcHex } from '../format/crc32.ts';
import type { FailedVerdict, NommuVerdict } from '../verdict/mapVerdict.ts';

/** The keys. `crc32` is of the bytes asked for, as one number, or null without --crc. */
export function nommuKeys(verdict: FailedVerdict | NommuVerdict): Record<string, unknown> {
  const nommu = verdict.kind === 'nommu' ? verdict.nommu : null;
  return {
    inFlash: nommu?.inFlash ?? null,
    address: nommu?.inFlash === true ? hex(verdict.vmaStart ?? 0) : null,
    mapsType: nommu?.mapsType ?? null,
    vmaPages: verdict.vmaPages,
    mapsOffset: hexOrNull(verdict.mapsOffset),
  };
}

/** CRC-32 of the bytes asked for. */
export function nommuCrc(verdict: FailedVerdict | NommuVerdict): string | null {
  const crc = verdict.kind === 'nommu' ? verdict.nommu.crc : null;
  return crc === null ? null : crcHex(crc);
}
