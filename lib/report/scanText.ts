/** `cramfs scan` for people. */
import { hex } from '../base/hex.ts';
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../format/constants.ts';
import { decodeName, printableName } from '../format/names.ts';
import type { Superblock } from '../format/superblock.ts';
import type { ScanHit } from '../diagnose/scan.ts';
import { membersWords } from './diagnosisWords.ts';
import { scanRemarks } from './scanWords.ts';
import { type Style, wrap } from './style.ts';
import { plural, size } from '../base/words.ts';

/** The volume's name, as far as its first NUL. */
export function volumeName({ name }: Superblock): string {
  const end = name.indexOf(0);
  return decodeName(end === -1 ? name : name.subarray(0, end));
}

/** The lines of one image. `look`: the command that lists its files. */
export function scanLines(hit: ScanHit, look: string | null, style: Style, width: number): string[] {
  const { superblock, offset, behind } = hit;
  const remarks = scanRemarks(hit);
  const trouble = remarks.some((remark) => remark.trouble);
  const state = trouble ? style.bad('see below') : style.good(hit.crc.state === 'none' ? 'no CRC' : 'CRC good');
  const endian = superblock.littleEndian ? 'little endian' : 'big endian';
  const length = hit.size < 1024 ? plural(hit.size, 'byte') : `${String(hit.size)} bytes (${size(hit.size)})`;
  const place = `${style.strong(`${hex(offset)} (${String(offset)})`)}${membersWords(hit.within)}`;
  const lines = [`${place}: cramfs, ${endian}, ${length}, ${state}`];
  const add = (text: string): void => {
    lines.push(`  ${wrap(text, width - 2, '  ')}`);
  };
  for (const remark of remarks) add(remark.trouble ? style.bad(remark.sentence) : remark.sentence);
  const counts =
    (superblock.flags & CRAMFS_FLAG_FSID_VERSION_2) === 0
      ? ''
      : `, edition ${String(superblock.edition)}, ${plural(superblock.files, 'inode')}, ${plural(superblock.blocks, 'data block')}`;
  add(`volume "${printableName(volumeName(superblock))}"${counts}, flags ${hex(superblock.flags)}`);
  if (behind !== 'nothing') add(`followed by: ${behind}`);
  if (look !== null) lines.push(`  to look inside: ${look}`);
  return lines;
}
