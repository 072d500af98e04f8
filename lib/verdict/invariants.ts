/**
 * What must hold for any mapping by any kernel, checked on what the emulated process sees and on the page table.
 *
 * Nothing here knows a kernel model or what can go wrong in one. A verdict must have been made with a trace.
 */
import { hex } from '../base/hex.ts';
import { roundUp } from '../base/pages.ts';
import type { TraceEntry } from '../mm/kernel.ts';
import type { Board } from './board.ts';
import type { MapState, MapVerdict, PageVerdict, Sight } from './mapVerdict.ts';

/** What was violated. */
export type InvariantCode =
  /** The kernel died. */
  | 'kernel-dies'
  /** The kernel writes into memory that is not the mapping's. */
  | 'writes-elsewhere'
  /** A primitive refused what the kernel itself had decided. */
  | 'mapping-refused'
  /** A byte within the file is not the file's. */
  | 'wrong-content'
  /** A byte behind the end of the file in its last page is not zero. */
  | 'tail-not-zero'
  /** A page shows memory that is not this file's. */
  | 'stray-memory'
  /** A page of the file cannot be touched. */
  | 'touch-kills'
  /** A page wholly behind the end of the file can be read. */
  | 'readable-behind-end'
  /** A page table entry stands outside the vma. */
  | 'entry-outside-vma'
  /** A direct entry points outside the image. */
  | 'entry-outside-image'
  /** A PFNMAP mapping lacks pages. */
  | 'pfnmap-incomplete'
  /** VmFlags or the offset in maps do not fit the state. */
  | 'state-disagrees'
  /** read(2) gives other bytes than the mapping shows. */
  | 'read-differs';

/** How bad: another process's memory or a crash, wrong data, or wrong bookkeeping. */
export type ViolationSeverity = 'critical' | 'error' | 'warning';

/** A violated invariant. */
export interface Violation {
  readonly code: InvariantCode;
  readonly severity: ViolationSeverity;
  /** Pages of the vma, from 0; behind the vma's end for `entry-outside-vma`. Null where no pages are concerned. */
  readonly pages: { readonly first: number; readonly count: number } | null;
  /** What is seen instead, of the first page; null where nothing is seen. */
  readonly sees: Sight | null;
  /** What the trace shows of the cause; null where it shows nothing. */
  readonly cause: string | null;
}

/** Checks all invariants on one verdict; violations in the order of the list above, then by page. */
export function checkInvariants(verdict: MapVerdict, board: Board): Violation[] {
  if (verdict.bug !== null) {
    return [{ code: 'kernel-dies', severity: 'critical', pages: null, sees: null, cause: lastCall(verdict) }];
  }
  if (verdict.nommu !== undefined) return [...pageViolations(verdict), ...addressViolations(verdict, board)];
  if (verdict.state === null) {
    const refusing = verdict.trace?.find((entry) => isRefusal(entry));
    if (refusing === undefined) return [];
    return [{ code: 'mapping-refused', severity: 'error', pages: null, sees: null, cause: describeCall(refusing) }];
  }
  return [
    ...elsewhere(verdict),
    ...pageViolations(verdict),
    ...entryViolations(verdict, board),
    ...bookkeeping(verdict),
  ];
}

/** RISC-V: a bit set in other memory for each executable entry. */
function elsewhere({ icache, direct, pageSize, vmaPages }: MapVerdict): Violation[] {
  if (icache === null) return [];
  const first = direct.find((run) => run.pfn <= icache.pfn && icache.pfn < run.pfn + run.pages);
  const page = first === undefined ? 0 : first.page + icache.pfn - first.pfn;
  const cause = `flush_icache_pte() set a bit in the struct page that it takes ${hex(icache.pfn * pageSize)} to have`;
  const pages = { first: page, count: Math.min(icache.pages, vmaPages ?? icache.pages) };
  return [{ code: 'writes-elsewhere', severity: 'critical', pages, sees: null, cause }];
}

function isRefusal(entry: TraceEntry): boolean {
  return entry.result !== '0' && entry.result !== '0x100';
}

function lastCall(verdict: MapVerdict): string | null {
  const last = verdict.trace?.at(-1);
  return last === undefined ? null : describeCall(last);
}

/** A call with its arguments and what came back. */
export function describeCall(entry: TraceEntry): string {
  const size = entry.size === undefined ? '' : `, size ${hex(entry.size)}`;
  const page = entry.page === undefined ? '' : `, page ${String(entry.page)}`;
  const address = entry.address === undefined ? '' : `, address ${entry.address}`;
  const pages = entry.pages === undefined ? '' : `, ${String(entry.pages)} page${entry.pages === 1 ? '' : 's'}`;
  return `${entry.call}(pfn ${entry.pfn}${address}${size}${pages}${page}) = ${entry.result}`;
}

/** Sights that are memory of somebody else; another page of the file itself is not. */
function isStray(sight: Sight, verdict: MapVerdict): boolean {
  return (
    sight.shows === 'foreign' ||
    sight.shows === 'image' ||
    sight.shows === 'tail' ||
    (sight.shows === 'file' && sight.path !== verdict.file?.path)
  );
}

/** What is wrong with what one page shows. */
function judgePage(page: PageVerdict, verdict: MapVerdict): (readonly [InvariantCode, ViolationSeverity])[] {
  const { sight } = page;
  if (sight === null) return [];
  const found: (readonly [InvariantCode, ViolationSeverity])[] = [];
  const behind = page.page >= (verdict.vmaPages ?? 0) - (verdict.pagesBehindEnd ?? 0);
  if (sight.shows === 'killed') found.push(['touch-kills', 'critical']);
  else if (sight.shows === 'sigbus') found.push(['touch-kills', 'error']);
  else if (sight.shows === 'tail') found.push(['tail-not-zero', 'error']);
  else if (sight.shows !== 'ok' && sight.shows !== 'sigbus-behind' && sight.shows !== 'sigsegv') {
    found.push([behind ? 'readable-behind-end' : 'wrong-content', 'error']);
  }
  if (isStray(sight, verdict)) found.push(['stray-memory', sight.shows === 'foreign' ? 'critical' : 'error']);
  if (page.asRead === false) found.push(['read-differs', 'warning']);
  return found;
}

function pageViolations(verdict: MapVerdict): Violation[] {
  const violations: Violation[] = [];
  const open = new Map<InvariantCode, { first: PageVerdict; count: number; severity: ViolationSeverity }>();
  const close = (code: InvariantCode): void => {
    const run = open.get(code);
    open.delete(code);
    if (run === undefined) return;
    violations.push({
      code,
      severity: run.severity,
      pages: { first: run.first.page, count: run.count },
      sees: run.first.sight,
      cause: causeOf(run.first, verdict),
    });
  };
  for (const page of verdict.pages ?? []) {
    const found = new Map(judgePage(page, verdict));
    for (const [code, run] of open) if (found.get(code) !== run.severity) close(code);
    for (const [code, severity] of found) {
      const run = open.get(code);
      if (run === undefined) open.set(code, { first: page, count: 1, severity });
      else run.count++;
    }
  }
  for (const code of [...open.keys()]) close(code);
  return violations;
}

/** Where a page's bytes came from: the call that set its entry, or the page cache at vm_pgoff. */
function causeOf(page: PageVerdict, verdict: MapVerdict): string | null {
  if (page.phys === null) {
    const asked = Math.floor(verdict.offset / verdict.pageSize);
    if (verdict.vmPgoff === null || verdict.vmPgoff === asked) return null;
    return `read through the page cache at vm_pgoff ${String(verdict.vmPgoff)}; page ${String(asked)} was asked for`;
  }
  const entry = verdict.trace?.findLast((call) =>
    call.page === undefined
      ? call.size !== undefined && page.page < call.size / verdict.pageSize
      : call.page === page.page,
  );
  return entry === undefined ? null : describeCall(entry);
}

function entryViolations(verdict: MapVerdict, board: Board): Violation[] {
  const violations: Violation[] = [];
  for (const run of verdict.beyond ?? []) {
    violations.push({
      code: 'entry-outside-vma',
      severity: 'critical',
      pages: { first: run.page, count: run.pages },
      sees: null,
      cause: lastCall(verdict),
    });
  }
  const { memory, image } = board;
  const { pageSize } = verdict;
  for (const run of verdict.direct) {
    const start = run.pfn * pageSize;
    const end = memory.base + roundUp(image.size, pageSize);
    if (start >= memory.base && start + run.pages * pageSize <= end) continue;
    const first = verdict.pages?.[run.page];
    violations.push({
      code: 'entry-outside-image',
      severity: 'critical',
      pages: { first: run.page, count: run.pages },
      sees: first?.sight ?? null,
      cause: first === undefined ? null : causeOf(first, verdict),
    });
  }
  return violations;
}

/** Without an MMU: the address must be that of bytes of the image. */
function addressViolations(verdict: MapVerdict, board: Board): Violation[] {
  const { physAddress, vmaPages, vmPgoff, pages, pageSize, file } = verdict;
  if (physAddress === null || vmaPages === null || vmPgoff === null || file === null) return [];
  const { memory, image } = board;
  const bytes = Math.min(vmaPages * pageSize, file.size - vmPgoff * pageSize);
  if (physAddress >= memory.base && physAddress + bytes <= memory.base + image.size) return [];
  return [
    {
      code: 'entry-outside-image',
      severity: 'critical',
      pages: { first: 0, count: vmaPages },
      sees: pages?.[0]?.sight ?? null,
      cause: null,
    },
  ];
}

/** The VmFlags that go with a state. */
const STATE_FLAGS: Readonly<Record<MapState, readonly string[]>> = {
  pfnmap: ['pf', 'io', 'de', 'dd'],
  mixedmap: ['mm'],
  none: [],
};

/** VmFlags, the offset in maps and the presence of pages against the state. */
function bookkeeping(verdict: MapVerdict): Violation[] {
  const violations: Violation[] = [];
  const total = verdict.vmaPages ?? 0;
  const warn = (code: InvariantCode, cause: string | null): void => {
    violations.push({ code, severity: 'warning', pages: null, sees: null, cause });
  };
  if (verdict.state === 'pfnmap' && verdict.directPages !== total) {
    warn('pfnmap-incomplete', `${String(verdict.directPages)} of ${String(total)} pages are present`);
  }
  const flags = new Set(verdict.vmFlags);
  const wanted = STATE_FLAGS[verdict.state ?? 'none'];
  const flagsAgree = ['pf', 'io', 'de', 'dd', 'mm'].every((flag) => flags.has(flag) === wanted.includes(flag));
  const isCow = !flags.has('sh') && flags.has('mw');
  const offset = verdict.state === 'pfnmap' && isCow ? verdict.physAddress : verdict.offset;
  if (!flagsAgree || verdict.mapsOffset !== offset) {
    const shown = verdict.mapsOffset === null ? 'nothing' : hex(verdict.mapsOffset);
    warn(
      'state-disagrees',
      `maps shows offset ${shown} where ${offset === null ? 'nothing' : hex(offset)} would be right`,
    );
  }
  return violations;
}
