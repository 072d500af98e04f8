/** The program tree of the image of a board without an MMU: FDPIC programs for Xtensa, as on an ESP32-S3. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { elfFile } from './elfFile.ts';

const [LOAD, STACK, XTENSA, FDPIC] = [1, 0x6474e551, 94, 65];

const fill = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + seed + (i >> 8)) & 0xff);

/** Text and initialised data, and as much bss. */
function program(text: number, data: number, bss: number, seed: number): Uint8Array {
  return elfFile({
    machine: XTENSA,
    osabi: FDPIC,
    entry: 0x400,
    size: text + data,
    segments: [
      { type: LOAD, fileSize: text, flags: 5 },
      { type: LOAD, offset: text, vaddr: text + 0x1000, fileSize: data, memorySize: data + bss, flags: 6 },
      { type: STACK, memorySize: 0x2000, flags: 6 },
    ],
    contents: [
      [0x400, fill(text - 0x400, seed)],
      [text, fill(data, seed + 1)],
    ],
  });
}

/** Writes the tree. */
export function writeXtensaTree(root: string): void {
  for (const folder of ['bin', 'dev', 'etc', 'proc']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'bin', 'sensord'), program(0x6000, 0x400, 0x1000, 3), { mode: 0o755 });
  writeFileSync(join(root, 'bin', 'shell'), program(0xa000, 0x800, 0x800, 5), { mode: 0o755 });
  writeFileSync(join(root, 'etc', 'rc'), '#!/bin/shell\nsensord &\n', { mode: 0o755 });
}
