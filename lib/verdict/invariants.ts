/**
 * What must hold for any mapping by any kernel, checked on what the emulated process sees and on the page table.
 *
 * Nothing here knows a kernel model or what can go wrong in one. A verdict must have been made with a trace.
 */
import { roundUp } from '../base/pages.ts';
import type { TraceEntry } from '../mm/kernel.ts';
import type { MapState, MapVerdict, MappedVerdict, NommuVerdict, PageVerdict, Sight } from './mapVerdict.ts';
import type { MountedBoard } from './mountedBoard.ts';
import type { InvariantCode, Violation, ViolationCause, ViolationSeverity } from './violation.ts';

/** Checks all invariants on one verdict; violations in the order of the list above, then by page. */
export function checkInvariants(verdict: MapVerdict, board: MountedBoard): Violation[] {
  if (verdict.bug !== null) {
    return [{ code: 'kernel-dies', severity: 'critical', pages: null, sees: null, cause: lastCall(verdict) }];
  }
  if (verdict.kind === 'nommu') return [...pageViolations(verdict), ...addressViolations(verdict, board)];
  if (verdict.kind === 'failed') {
    const call = verdict.trace?.find((entry) => isRefusal(entry));
    if (call === undefined) return [];
    return [{ code: 'mapping-refused', severity: 'error', pages: null, sees: null, cause: { kind: 'call', call } }];
  }
  return [
    ...elsewhere(verdict),
    ...pageViolations(verdict),
    ...entryViolations(verdict, board),
    ...bookkeeping(verdict),
  ];
}

/** RISC-V: a bit set in other memory for each executable entry. */
function elsewhere({ icache, direct, pageSize, vmaPages }: MappedVerdict): Violation[] {
  if (icache === null) return [];
  const first = direct.find((run) => run.pfn <= icache.pfn && icache.pfn < run.pfn + run.pages);
  const page = first === undefined ? 0 : first.page + icache.pfn - first.pfn;
  const cause = { kind: 'icache', address: icache.pfn * pageSize } as const;
  const pages = { first: page, count: Math.min(icache.pages, vmaPages) };
  return [{ code: 'writes-elsewhere', severity: 'critical', pages, sees: null, cause }];
}

function isRefusal(entry: TraceEntry): boolean {
  return entry.result !== '0' && entry.result !== '0x100';
}

function lastCall({ trace }: MapVerdict): ViolationCause | null {
  const call = trace?.at(-1);
  return call === undefined ? null : { kind: 'call', call };
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
function causeOf(page: PageVerdict, verdict: MapVerdict): ViolationCause | null {
  if (page.phys === null) {
    const asked = Math.floor(verdict.offset / verdict.pageSize);
    if (verdict.vmPgoff === null || verdict.vmPgoff === asked) return null;
    return { kind: 'page-cache', vmPgoff: verdict.vmPgoff, asked };
  }
  const call = verdict.trace?.findLast((entry) =>
    entry.page === undefined
      ? entry.size !== undefined && page.page < entry.size / verdict.pageSize
      : entry.page === page.page,
  );
  return call === undefined ? null : { kind: 'call', call };
}

function entryViolations(verdict: MappedVerdict, board: MountedBoard): Violation[] {
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
function addressViolations(verdict: NommuVerdict, board: MountedBoard): Violation[] {
  const { physAddress, vmaPages, vmPgoff, pages, pageSize, file } = verdict;
  if (physAddress === null || file === null) return [];
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
function bookkeeping(verdict: MappedVerdict): Violation[] {
  const violations: Violation[] = [];
  const { vmaPages: pages, directPages: present } = verdict;
  const warn = (code: InvariantCode, cause: ViolationCause): void => {
    violations.push({ code, severity: 'warning', pages: null, sees: null, cause });
  };
  if (verdict.state === 'pfnmap' && present !== pages) {
    warn('pfnmap-incomplete', { kind: 'pages-present', present, pages });
  }
  const flags = new Set(verdict.vmFlags);
  const wanted = STATE_FLAGS[verdict.state];
  const flagsAgree = ['pf', 'io', 'de', 'dd', 'mm'].every((flag) => flags.has(flag) === wanted.includes(flag));
  const isCow = !flags.has('sh') && flags.has('mw');
  const offset = verdict.state === 'pfnmap' && isCow ? verdict.physAddress : verdict.offset;
  if (!flagsAgree || verdict.mapsOffset !== offset) {
    warn('state-disagrees', { kind: 'maps-offset', shown: verdict.mapsOffset, right: offset });
  }
  return violations;
}
