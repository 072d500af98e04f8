/**
 * A map verdict as JSON, schema version 1. Keys in a stable order; addresses as hexadecimal strings.
 */
import { hex, hexOrNull } from '../base/hex.ts';
import { crcHex } from '../format/crc32.ts';
import type { BlockKind } from '../image/blocks.ts';
import type { PteRun } from '../mm/pageTable.ts';
import type { IcacheFault } from '../mm/icache.ts';
import type { ActionOutcome } from '../verdict/actions.ts';
import type { Board } from '../verdict/board.ts';
import { checkInvariants, type Violation } from '../verdict/invariants.ts';
import type { MapVerdict, PageKind, PageVerdict, RestOfPages, Sight } from '../verdict/mapVerdict.ts';
import type { MapDetail } from '../verdict/request.ts';
import { nommuJson } from './nommuJson.ts';

/** The mount that came before, for the `mount` key of a single verdict. */
export function mountJson({ mount }: Board): Record<string, unknown> {
  return { errno: mount.errno, log: mount.log };
}

/** Version of the JSON that every command prints. */
export const SCHEMA_VERSION = 1;

const TOUCH: Readonly<Record<PageKind, string>> = { direct: 'o', paged: 'o', sigbus: 'B', sigsegv: 'S', killed: 'K' };

const SOURCE: Readonly<Record<BlockKind, string>> = {
  direct: 'direct',
  stored: 'stored',
  zlib: 'zlib',
  'direct-zlib': 'zlib',
  hole: 'hole',
};

const runJson = (run: PteRun): Record<string, unknown> => ({ page: run.page, pages: run.pages, pfn: hex(run.pfn) });

/** A sight in one word: `ok`, `tail`, `zero`, `B`, `S`, `sigbus-ok`, `killed`, `foreign`, `/path[page]`, `image+0xoffset`. */
export function sightWord(sight: Sight): string {
  switch (sight.shows) {
    case 'ok':
    case 'tail':
    case 'killed':
    case 'foreign':
      return sight.shows;
    case 'zeros':
      return 'zero';
    case 'sigbus':
      return 'B';
    case 'sigbus-behind':
      return 'sigbus-ok';
    case 'sigsegv':
      return 'S';
    case 'file':
      return `${sight.path}[${String(sight.page)}]`;
    case 'image':
      return `image+${hex(sight.offset)}`;
  }
}

/** A violated invariant; `sees` in the words of the `sees` array. */
export function violationJson(violation: Violation): Record<string, unknown> {
  const { code, severity, pages, sees, cause } = violation;
  return { code, severity, pages, sees: sees === null ? null : sightWord(sees), cause };
}

/** One page in the `pages` array. */
function pageJson(page: PageVerdict): Record<string, unknown> {
  return {
    page: page.page,
    kind: page.kind,
    ...(page.phys === null ? {} : { phys: hex(page.phys) }),
    ...(page.source === null ? {} : { source: SOURCE[page.source] }),
    ...(page.foreign ? { foreign: true } : {}),
  };
}

/** The pages of a long mapping that are not told of one by one. */
function restJson({ page, pages, kind, sight }: RestOfPages): Record<string, unknown> {
  return { page, pages, kind, ...(sight === null ? {} : { sees: sightWord(sight) }) };
}

/** The verdict as the object that `--json` prints, and `--batch` on each line. */
export function mapJson(verdict: MapVerdict, board: Board, detail: MapDetail): Record<string, unknown> {
  const { nommu } = verdict;
  if (nommu !== undefined) {
    return {
      schemaVersion: SCHEMA_VERSION,
      ...nommuJson(verdict, nommu, board),
      ...pagesJson(verdict, { ...detail, crc: false }),
      ...tracedJson(verdict, board),
    };
  }
  const { cpu, memory, kernel } = board;
  return {
    schemaVersion: SCHEMA_VERSION,
    path: verdict.path,
    offset: verdict.offset,
    length: verdict.length,
    prot: verdict.prot,
    flags: verdict.flags,
    kernel: kernel.name,
    cpu: cpu.name,
    endian: cpu.littleEndian ? 'little' : 'big',
    pageSize: cpu.pageSize,
    physBase: hex(memory.base),
    regionSize: memory.size,
    file: verdict.file,
    errno: verdict.errno,
    ...(verdict.failed === 'open' ? { failed: 'open' } : {}),
    bug: verdict.bug,
    ...(verdict.actions === undefined ? {} : { actions: verdict.actions.map(actionJson) }),
    ...(verdict.icache === null ? {} : { icache: icacheJson(verdict.icache) }),
    state: verdict.state,
    bailout: verdict.bailout,
    physAddress: hexOrNull(verdict.physAddress),
    vmaStart: hexOrNull(verdict.vmaStart),
    vmaPages: verdict.vmaPages,
    directPages: verdict.directPages,
    direct: verdict.direct.map(runJson),
    mapsOffset: hexOrNull(verdict.mapsOffset),
    vmFlags: verdict.vmFlags,
    log: verdict.log,
    warnings: verdict.warnings,
    ...pagesJson(verdict, detail),
    ...tracedJson(verdict, board),
  };
}

function tracedJson(verdict: MapVerdict, board: Board): Record<string, unknown> {
  if (verdict.trace === null) return {};
  return {
    trace: verdict.trace,
    beyond: (verdict.beyond ?? []).map(runJson),
    violations: checkInvariants(verdict, board).map(violationJson),
  };
}

function pagesJson({ pages, rest }: MapVerdict, detail: MapDetail): Record<string, unknown> {
  if (pages === null) return {};
  return {
    ...(detail.pages === true ? { pages: pages.map(pageJson) } : {}),
    ...(detail.crc === true
      ? {
          touch: pages.map((page) => TOUCH[page.kind]).join(''),
          crc32: pages.map((page) => (page.crc === null ? null : crcHex(page.crc))),
        }
      : {}),
    ...(detail.trace === true
      ? { sees: pages.map((page) => (page.sight === null ? null : sightWord(page.sight))) }
      : {}),
    ...(rest === null ? {} : { rest: restJson(rest) }),
  };
}

/** What setting executable entries did to frames without a struct page. */
function icacheJson({ outcome, pfn, pages }: IcacheFault): Record<string, unknown> {
  return { outcome, pfn: hex(pfn), pages };
}

/** What came of an action; keys as in the verdict itself. */
function actionJson({ direct, writeDirect, mapsOffset, ...rest }: ActionOutcome): Record<string, unknown> {
  const runs = (list: ActionOutcome['direct']): unknown => list?.map((run) => ({ ...run, pfn: hex(run.pfn) }));
  return {
    ...rest,
    ...(mapsOffset === undefined ? {} : { mapsOffset: hex(mapsOffset) }),
    ...(direct === undefined ? {} : { direct: runs(direct) }),
    ...(writeDirect === undefined ? {} : { writeDirect: runs(writeDirect) }),
  };
}
