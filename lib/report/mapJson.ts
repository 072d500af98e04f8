/**
 * A map verdict as JSON, schema version 1. Keys in a stable order; addresses as hexadecimal strings.
 */
import { hex, hexOrNull } from '../base/hex.ts';
import { crcHex } from '../format/crc32.ts';
import type { BlockKind } from '../image/blocks.ts';
import type { MountResult } from '../driver/mount.ts';
import type { PteRun } from '../mm/pageTable.ts';
import type { IcacheFault } from '../mm/icache.ts';
import type { ActionOutcome } from '../verdict/actions.ts';
import { causeText } from '../audit/violationWords.ts';
import type { MapAdvice } from '../verdict/advice.ts';
import type {
  MapVerdict,
  MapWarning,
  MappedVerdict,
  FailedVerdict,
  PageKind,
  PageVerdict,
  RestOfPages,
  Sight,
} from '../verdict/mapVerdict.ts';
import type { Violation } from '../verdict/violation.ts';
import type { MapDetail } from '../verdict/request.ts';
import { nommuCrc, nommuKeys } from './nommuJson.ts';
import { warningWords } from './warningWords.ts';

/** The mount that came before, for the `mount` key of a single verdict. */
export function mountJson({ errno, log }: Pick<MountResult, 'errno' | 'log'>): Record<string, unknown> {
  return { errno, log };
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
export function violationJson(violation: Violation) {
  const { code, severity, pages, sees, cause } = violation;
  return {
    code,
    severity,
    pages,
    sees: sees === null ? null : sightWord(sees),
    cause: cause === null ? null : causeText(cause),
  };
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
export function mapJson(verdict: MapVerdict, detail: MapDetail): Record<string, unknown> {
  const { kind } = verdict;
  const head = headJson(verdict);
  const warnings = verdict.warnings.map(warningJson);
  const advice = detail.advice === true ? { advice: adviceJson(verdict.advice) } : {};
  if (kind === 'nommu' || (kind === 'failed' && !verdict.machine.hasMmu)) {
    return {
      ...head,
      ...nommuKeys(verdict),
      log: verdict.log,
      warnings,
      ...advice,
      crc32: nommuCrc(verdict),
      ...pagesJson(verdict, { ...detail, crc: false }),
      ...tracedJson(verdict),
    };
  }
  return {
    ...head,
    ...pageTableKeys(verdict),
    log: verdict.log,
    warnings,
    ...advice,
    ...pagesJson(verdict, detail),
    ...tracedJson(verdict),
  };
}

/** What every verdict begins with: the request, the machine, and how the call ends. */
function headJson(verdict: MapVerdict): Record<string, unknown> {
  const { machine } = verdict;
  return {
    schemaVersion: SCHEMA_VERSION,
    path: verdict.path,
    offset: verdict.offset,
    length: verdict.length,
    prot: verdict.prot,
    flags: verdict.flags,
    kernel: machine.kernel,
    cpu: machine.cpu,
    endian: machine.littleEndian ? 'little' : 'big',
    pageSize: machine.pageSize,
    physBase: hex(machine.physBase),
    regionSize: machine.regionSize,
    file: verdict.file,
    errno: verdict.errno,
    ...(verdict.failed === 'open' ? { failed: 'open' } : {}),
    bug: verdict.bug,
  };
}

/** What a kernel with an MMU makes of the request. */
function pageTableKeys(verdict: FailedVerdict | MappedVerdict): Record<string, unknown> {
  return {
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
  };
}

/** A warning: its code, its words, and what they are about. */
function warningJson(warning: MapWarning): Record<string, unknown> {
  const { code, ...about } = warning;
  return { code, message: warningWords(warning), ...withHexAddresses(about) };
}

/** Why, and what to do, by kinds; addresses and offsets of the image in hexadecimal. */
function adviceJson(advice: MapAdvice | null): Record<string, unknown> | null {
  if (advice === null) return null;
  return { cause: withHexAddresses(advice.cause), remedies: advice.remedies.map(withHexAddresses) };
}

const ADDRESSES: readonly string[] = ['address', 'to', 'expectedOffset'];

function withHexAddresses(about: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(about).map(([key, value]) => [
      key,
      typeof value === 'number' && ADDRESSES.includes(key) ? hex(value) : value,
    ]),
  );
}

function tracedJson({ trace, beyond, violations }: MapVerdict): Record<string, unknown> {
  if (trace === null) return {};
  return {
    trace,
    beyond: (beyond ?? []).map(runJson),
    violations: (violations ?? []).map(violationJson),
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
