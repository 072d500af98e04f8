/** `cramfs blocks` for people: a row for each block, then what lies in one piece. */
import { hexDigits, hex } from '../base/hex.ts';
import type { DirectRun } from '../inspect/directRuns.ts';
import type { Block } from '../image/blocks.ts';
import { type Style, wrap } from './style.ts';
import { plural } from '../base/words.ts';

/** What the report is about. */
export interface BlocksReport {
  readonly blocks: readonly Block[];
  readonly runs: readonly DirectRun[];
  readonly pageSize: number;
  /** Physical address of the image; null where none is given. */
  readonly physBase: number | null;
}

/** Kinds in words. */
export const KIND_WORDS: Readonly<Record<Block['kind'], string>> = {
  zlib: 'compressed',
  stored: 'stored verbatim, but placed by its end',
  direct: 'direct',
  'direct-zlib': 'compressed',
  hole: 'a hole',
};

/** The rows of a table, its heading first. */
export function* blockRows({ blocks, runs, physBase }: BlocksReport, style: Style): Generator<string, void> {
  yield style.faint(
    `block  pointer     kind         image offset  length${physBase === null ? '' : '  physical'.padEnd(14)}  run`,
  );
  let run = 0;
  for (const block of blocks) {
    while (run < runs.length && block.index >= endOf(runs[run])) run++;
    const inRun = runs[run] !== undefined && block.index >= (runs[run]?.first ?? 0);
    const hole = block.kind === 'hole';
    const phys = physBase === null ? '' : `  ${(hole ? '' : hex(physBase + block.start)).padEnd(12)}`;
    yield (
      `${String(block.index).padStart(5)}  0x${hexDigits(block.pointer, 8)}  ${block.kind.padEnd(11)}` +
      `  ${(hole ? '' : hex(block.start)).padEnd(12)}  ${String(block.length).padStart(6)}${phys}` +
      (inRun ? `  ${style.good(String(run + 1))}` : '')
    ).trimEnd();
  }
}

function endOf(run: DirectRun | undefined): number {
  return run === undefined ? 0 : run.first + run.blocks;
}

/** Each run in a sentence: where it lies, whether it is page aligned, and why it stops. */
export function runSentences(report: BlocksReport, width: number): string[] {
  const { runs, blocks, pageSize } = report;
  if (blocks.length === 0) return ['no blocks: the file is empty'];
  const [first] = blocks;
  if (runs.length === 0) {
    return [wrap(`no direct blocks: nothing of this file can be mapped straight from flash`, width, '  ')];
  }
  const sentences = runs.map((run, index) => {
    const last = run.first + run.blocks - 1;
    const which = run.blocks === 1 ? `block ${String(run.first)}` : `blocks ${String(run.first)}-${String(last)}`;
    return wrap(`run ${String(index + 1)}: ${which} ${aligned(run, report)}; ${whyItEnds(run, pageSize)}`, width, '  ');
  });
  if (first !== undefined && first.kind !== 'direct') {
    sentences.push(
      wrap(`a mapping from the start of the file is paged: block 0 is ${KIND_WORDS[first.kind]}`, width, '  '),
    );
  }
  return sentences;
}

function aligned({ offset }: DirectRun, { pageSize, physBase }: BlocksReport): string {
  const page = `${String(pageSize / 1024)} KiB page`;
  if (physBase === null) {
    const rest = offset % pageSize;
    if (rest === 0) return `from ${hex(offset)}, aligned to a ${page} of the image`;
    return `from ${hex(offset)}, ${plural(rest, 'byte')} into a ${page} of the image`;
  }
  const address = physBase + offset;
  if (address % pageSize === 0) return `at physical ${hex(address)}, aligned to a page`;
  return `at physical ${hex(address)}, not aligned to a page, so Linux does not map it`;
}

/** Why the run stops, in words. */
export function whyItEnds({ end, next, offset, blocks }: DirectRun, pageSize: number): string {
  if (next === null || end === 'file') return 'it goes to the end of the file';
  const index = String(next.index);
  if (end === 'elsewhere') {
    return `it stops because block ${index} is at ${hex(next.start)}, not at ${hex(offset + blocks * pageSize)}`;
  }
  return `it stops because block ${index} is ${KIND_WORDS[next.kind]}`;
}
