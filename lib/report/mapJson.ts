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
  const json = headJson(verdict);
  const isNommu = kind === 'nommu' || (kind === 'failed' && !verdict.machine.hasMmu);
  if (isNommu) Object.assign(json, nommuKeys(verdict));
  else addPageTableKeys(json, verdict);
  json.log = verdict.log;
  json.warnings = verdict.warnings.map(warningJson);
  if (detail.advice === true) json.advice = adviceJson(verdict.advice);
  if (isNommu) json.crc32 = nommuCrc(verdict);
  addPages(json, verdict, isNommu ? { ...detail, crc: false } : detail);
  addTrace(json, verdict);
  return json;
}

// The keys are assigned one by one: V8 builds spreads of this size as dictionaries, which makes a batch much slower.

/** What every verdict begins with: the request, the machine, and how the call ends. */
function headJson(verdict: MapVerdict): Record<string, unknown> {
  const { machine } = verdict;
  const json: Record<string, unknown> = {
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
  };
  if (verdict.failed === 'open') json.failed = 'open';
  json.bug = verdict.bug;
  return json;
}

/** What a kernel with an MMU makes of the request. */
function addPageTableKeys(json: Record<string, unknown>, verdict: FailedVerdict | MappedVerdict): void {
  if (verdict.actions !== undefined) json.actions = verdict.actions.map(actionJson);
  if (verdict.icache !== null) json.icache = icacheJson(verdict.icache);
  json.state = verdict.state;
  json.bailout = verdict.bailout;
  json.physAddress = hexOrNull(verdict.physAddress);
  json.vmaStart = hexOrNull(verdict.vmaStart);
  json.vmaPages = verdict.vmaPages;
  json.directPages = verdict.directPages;
  json.direct = verdict.direct.map(runJson);
  json.mapsOffset = hexOrNull(verdict.mapsOffset);
  json.vmFlags = verdict.vmFlags;
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

const ADDRESSES: ReadonlySet<string> = new Set(['address', 'to', 'expectedOffset']);

function withHexAddresses(about: object): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(about)) {
    json[key] = typeof value === 'number' && ADDRESSES.has(key) ? hex(value) : value;
  }
  return json;
}

function addTrace(json: Record<string, unknown>, { trace, beyond, violations }: MapVerdict): void {
  if (trace === null) return;
  json.trace = trace;
  json.beyond = (beyond ?? []).map(runJson);
  json.violations = (violations ?? []).map(violationJson);
}

function addPages(json: Record<string, unknown>, { pages, rest }: MapVerdict, detail: MapDetail): void {
  if (pages === null) return;
  if (detail.pages === true) json.pages = pages.map(pageJson);
  if (detail.crc === true) {
    json.touch = pages.map((page) => TOUCH[page.kind]).join('');
    json.crc32 = pages.map((page) => (page.crc === null ? null : crcHex(page.crc)));
  }
  if (detail.trace === true) json.sees = pages.map((page) => (page.sight === null ? null : sightWord(page.sight)));
  if (rest !== null) json.rest = restJson(rest);
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
