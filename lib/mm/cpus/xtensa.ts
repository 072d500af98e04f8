/** Xtensa without an MMU, as in the ESP32-S3. */
import { EM_XTENSA } from '../../elf/machines.ts';
import type { CpuModel } from '../cpu.ts';
import { armM } from './arm.ts';

export const xtensa: CpuModel = {
  ...armM,
  name: 'xtensa',
  title: 'Xtensa, no MMU (ESP32-S3)',
  programs: [{ machine: EM_XTENSA, bits: 32 }],
};
