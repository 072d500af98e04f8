/** The CPUs, for people and for programs: what of each was run, and what was only read. */
import type { CpuModel } from '../mm/cpu.ts';
import { SCHEMA_VERSION } from './mapJson.ts';
import { type Style, wrap } from './style.ts';

const LABEL = 10;

/** One paragraph a CPU. */
export function cpusText(models: readonly CpuModel[], style: Style, width: number): string {
  const indent = ' '.repeat(LABEL + 2);
  const row = (label: string, text: string): string =>
    `  ${style.faint(label.padEnd(LABEL))}${wrap(text, width, indent, indent.length)}`;
  return models
    .map(({ name, title, evidence, mmu, pageSizes, wordBits }) => {
      const pages = `pages of ${pageSizes.map((bytes) => String(bytes / 1024)).join(', ')} KiB`;
      const run = evidence.run.length === 0 ? 'no kernel was run on it' : `Linux ${evidence.run.join(', ')}`;
      return [
        style.strong(name),
        row('is', `${title}; ${String(wordBits)}-bit kernel, ${pages}${mmu === 'never' ? ', no MMU' : ''}`),
        row('run', run),
        ...(evidence.notRun === null ? [] : [row('not run', evidence.notRun)]),
      ].join('\n');
    })
    .map((paragraph) => `${paragraph}\n`)
    .join('\n');
}

/** The CPUs as JSON. */
export function cpusJson(models: readonly CpuModel[]) {
  return {
    schemaVersion: SCHEMA_VERSION,
    cpus: models.map(({ name, title, evidence, mmu, pageSizes, wordBits }) => ({
      name,
      title,
      wordBits,
      pageSizes,
      mmu,
      run: evidence.run,
      notRun: evidence.notRun,
    })),
  };
}
