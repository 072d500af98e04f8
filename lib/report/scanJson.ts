/** An element of `images` in the output of `cramfs scan --json`. */
import { hex } from '../base/hex.ts';
import { crcHex } from '../format/crc32.ts';
import type { ScanHit } from '../inspect/scan.ts';
import { volumeName } from './scanText.ts';
import { scanRemarks } from './scanWords.ts';

export function scanJson(hit: ScanHit): Record<string, unknown> {
  const { superblock, crc } = hit;
  return {
    offset: hit.offset,
    superblockOffset: hit.offset + superblock.position,
    size: hit.size,
    present: hit.present,
    endian: superblock.littleEndian ? 'little' : 'big',
    crc: {
      state: crc.state,
      stored: crcHex(crc.stored),
      computed: crc.computed === null ? null : crcHex(crc.computed),
    },
    signatureGood: hit.signatureGood,
    flags: hex(superblock.flags),
    name: volumeName(superblock),
    edition: superblock.edition,
    files: superblock.files,
    blocks: superblock.blocks,
    spare: hit.spare,
    uImage: hit.uImage,
    behind: hit.behind,
    remarks: scanRemarks(hit),
  };
}
