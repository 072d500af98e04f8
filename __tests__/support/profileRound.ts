/**
 * The way from a board and back: a plain image, what programs used of it, the image that is built by that, and what the
 * programs fault in when they run from it.
 */
import { CramfsImage } from '../../lib/image/image.ts';
import { execProgram } from '../../lib/exec/execProgram.ts';
import { sha256Hash } from '../../lib/mkfs/contentHash.node.ts';
import { classicDeflate } from '../../lib/mkfs/deflate.ts';
import { directCompressor } from '../../lib/mkfs/encodeFile.ts';
import { imageTree } from '../../lib/mkfs/source/imageTree.ts';
import { planXip, type XipPlan } from '../../lib/mkfs/xip/plan.ts';
import { kernelModel } from '../../lib/driver/models/named.ts';
import { CaptureCounts, captureLines } from '../../lib/profile/capture.ts';
import { imageIndex } from '../../lib/profile/fileIndex.ts';
import { parseMappings } from '../../lib/profile/mapsCapture.ts';
import { type PageSet, type PageUseInRam, predictPageUse } from '../../lib/profile/pageUse.ts';
import { readCaptures } from '../../lib/profile/readCaptures.ts';
import type { UseProfile } from '../../lib/profile/useProfile.ts';
import { Board } from '../../lib/verdict/board.ts';
import { fixture } from './fixtures.ts';
import { plainExec64 } from './plainExec64.ts';

/** Programs of fixtures/exec: dynamic, static, and one with two libraries. */
export const ROUND_PROGRAMS = ['/bin/dynamic', '/bin/static', '/opt/rpath'];
export const ROUND_ADDRESS = 0x1000_0000;

const PAGE = 4096;

/** What programs used, by their traces on the plain image. */
export async function usedOnPlain(traces: readonly string[]): Promise<UseProfile> {
  const captures = traces.map((trace) => ({ name: 'trace', bytes: Buffer.from(trace, 'latin1') }));
  return readCaptures(captures, imageIndex(CramfsImage.open(await plainExec64()))).profile;
}

/** The image at half of the flash that all used pages would take. */
export async function imageAtHalf(used: UseProfile): Promise<XipPlan> {
  const root = imageTree(CramfsImage.open(fixture('exec/exec64.cramfs.gz')));
  const options = { compressor: directCompressor(classicDeflate(9)), hash: sha256Hash };
  const spec = {
    mode: 'mmu',
    physBase: ROUND_ADDRESS,
    layout: 'packed',
    choice: (): 'auto' => 'auto',
    profile: used,
    avoidLastPageDefect: true,
  } as const;
  const whole = await planXip(root, { ...spec, flashBudget: null }, options);
  const half = Math.round((whole.plainSize + whole.image.bytes.length) / 2 / PAGE) * PAGE;
  return planXip(root, { ...spec, flashBudget: half }, options);
}

/** The pages that a program is predicted to bring into RAM. */
export function predicted(image: CramfsImage, release: string, path: string, used: UseProfile): PageUseInRam {
  const board = new Board(image, { physBase: ROUND_ADDRESS, kernel: kernelModel(release), libraryPath: '/lib' });
  return predictPageUse(execProgram(board, { path }), used, PAGE);
}

/** The pages that a trace has events of a kind about, as "path page". */
export function traced(image: CramfsImage, trace: string, kind: 'fault' | 'add_to_page_cache'): string[] {
  const files = imageIndex(image);
  const found = new Set<string>();
  const event = new RegExp(`mm_filemap_${kind}: dev[ =]31:0 ino[ =]([0-9a-f]+) .*?ofs=([0-9]+)`);
  for (const { text } of captureLines(Buffer.from(trace, 'latin1'))) {
    const match = event.exec(text);
    const file = match === null ? null : files.byInode(parseInt(match[1] ?? '', 16));
    if (file !== null) found.add(`${file.path} ${Number(match?.[2]) / PAGE}`);
  }
  return [...found].sort();
}

/** The same form. */
export const listed = (set: PageSet): string[] =>
  [...set].flatMap(([path, pages]) => [...pages].map((page) => `${path} ${page}`)).sort();

/** Pages of the page cache in the page tables of a process (pagemap), and what decides which of the predicted ones are there. */
export interface InPageTables {
  /** In mappings that the process has never been able to write to: what it used is there. */
  readonly shared: string[];
  /** In others, whose pages are the process's own once it has written to them. */
  readonly own: string[];
  /** Whether a page of a file is in mappings of the first kind only. */
  readonly isShared: (page: string) => boolean;
}

/** Reads what the lab recorded at the end of a process. */
export function inPageTables(image: CramfsImage, smaps: string, pagemap: string): InPageTables {
  const files = imageIndex(image);
  const mappings = parseMappings(Buffer.from(smaps, 'latin1'), new CaptureCounts());
  const present = new Set<number>();
  for (const line of pagemap.split('\n').filter((each) => each !== '')) {
    const [start = '', count = ''] = line.split(' ');
    for (let page = 0; page < Number(count); page++) present.add(parseInt(start, 16) + page * PAGE);
  }
  const [shared, own]: [string[], string[]] = [[], []];
  const [sharable, ownable] = [new Set<string>(), new Set<string>()];
  for (const { start, end, ino, offset, smaps: fields } of mappings) {
    const file = files.byInode(ino);
    if (file === null || fields?.vmFlags?.has('pf') === true) continue;
    const isOwn = fields?.vmFlags?.has('ac') === true;
    for (let at = start; at < end; at += PAGE) {
      const page = `${file.path} ${(offset + at - start) / PAGE}`;
      (isOwn ? ownable : sharable).add(page);
      if (present.has(at)) (isOwn ? own : shared).push(page);
    }
  }
  return { shared: shared.sort(), own: own.sort(), isShared: (page) => sharable.has(page) && !ownable.has(page) };
}

/** What is expected of the page tables, and not so: nothing. */
export function unexpected({ shared, own, isShared }: InPageTables, { faulting, cached }: PageUseInRam): string[] {
  const used = listed(faulting).filter(isShared);
  // Fault-around maps what is in the page cache already, such as a first page that was read.
  const known = new Set(listed(cached));
  return [
    ...used.filter((page) => !shared.includes(page)).map((page) => `${page} is not there`),
    ...[...shared, ...own].filter((page) => !known.has(page)).map((page) => `${page} is there`),
  ];
}
