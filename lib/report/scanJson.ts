/** An element of `images` in the output of `cramfs scan --json`. */
import { hex, hexBytes } from '../base/hex.ts';
import { crcHex } from '../format/crc32.ts';
import type { ScanHit } from '../diagnose/scan.ts';
import type { Undone } from '../diagnose/undone.ts';
import { volumeName } from './scanText.ts';
import { scanRemarks } from './scanWords.ts';

/** A change that was undone. */
function undoneJson(undone: Undone) {
  return undone.kind === 'magic' ? { ...undone, found: hexBytes(undone.found) } : { ...undone };
}

/** The geometry of the spare bytes; null where there are none. */
function spareJson({ undone }: ScanHit): Record<string, number> | null {
  const spare = undone.find(({ kind }) => kind === 'spare');
  return spare?.kind === 'spare' ? { page: spare.page, spare: spare.spare } : null;
}

export function scanJson(hit: ScanHit) {
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
    within: hit.within,
    undone: hit.undone.map(undoneJson),
    loss: hit.loss,
    spare: spareJson(hit),
    uImage: hit.uImage,
    behind: hit.behind,
    remarks: scanRemarks(hit),
  };
}
