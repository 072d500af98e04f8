/**
 * A map verdict as JSON, schema version 1. Keys in a stable order; addresses as hexadecimal strings.
 */
import { jsonText } from '../base/json.ts';
import { hex } from '../base/hex.ts';
import { crcHex } from '../format/crc32.ts';
import type { BlockKind } from '../image/blocks.ts';
import type { MountResult } from '../driver/mount.ts';
import type { PteRun } from '../mm/pageTable.ts';
import type { IcacheFault } from '../mm/icache.ts';
import type { ActionOutcome } from '../verdict/actions.ts';
import { causeText } from '../audit/violationWords.ts';
import type { MapAdvice } from '../verdict/advice.ts';
import type { Machine } from '../verdict/machine.ts';
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
import { jsonNumber, jsonString, keysJson, listJson, textsJson, wordsJson } from './jsonText.ts';
import { nommuCrc, nommuKeys } from './nommuJson.ts';
import { warningWords } from './warningWords.ts';

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
  return JSON.parse(mapJsonText(verdict, detail)) as Record<string, unknown>;
}

/**
 * The verdict as JSON text, without spaces. What every verdict has is written piece by piece: a batch would spend a third
 * of its time in JSON.stringify() otherwise.
 *
 * @param mount the mount that came before, for the `mount` key of a single verdict
 */
export function mapJsonText(
  verdict: MapVerdict,
  detail: MapDetail,
  mount?: Pick<MountResult, 'errno' | 'log'>,
): string {
  const { kind } = verdict;
  const isNommu = kind === 'nommu' || (kind === 'failed' && !verdict.machine.hasMmu);
  return (
    `{${headJson(verdict)}${isNommu ? keysJson(nommuKeys(verdict)) : pageTableJson(verdict)}` +
    `,"log":${textsJson(verdict.log)}` +
    `,"warnings":${verdict.warnings.length === 0 ? '[]' : jsonText(verdict.warnings.map(warningJson))}` +
    (detail.advice === true ? `,"advice":${adviceJson(verdict.advice)}` : '') +
    (isNommu ? `,"crc32":${textOrNull(nommuCrc(verdict))}` : '') +
    (verdict.pages === null ? '' : keysJson(pageKeys(verdict, isNommu ? { ...detail, crc: false } : detail))) +
    (verdict.trace === null ? '' : keysJson(traceKeys(verdict))) +
    (mount === undefined ? '}' : `,"mount":${jsonText({ errno: mount.errno, log: mount.log })}}`)
  );
}

/** What every verdict begins with: the request, the machine, and how the call ends. */
function headJson(verdict: MapVerdict): string {
  return (
    `"schemaVersion":${String(SCHEMA_VERSION)},"path":${jsonString(verdict.path)}` +
    `,"offset":${jsonNumber(verdict.offset)},"length":${jsonNumber(verdict.length)}` +
    `,"prot":"${verdict.prot}","flags":${kept(verdict.flags, wordsJson)}${kept(verdict.machine, machineJson)}` +
    `,"file":${verdict.file === null ? 'null' : kept(verdict.file, fileJson)},"errno":${wordOrNull(verdict.errno)}` +
    `${verdict.failed === 'open' ? ',"failed":"open"' : ''},"bug":${textOrNull(verdict.bug)}`
  );
}

/** The text of what many verdicts share. */
const texts = new WeakMap<object, string>();

function kept<T extends object>(value: T, textOf: (value: T) => string): string {
  let text = texts.get(value);
  if (text === undefined) texts.set(value, (text = textOf(value)));
  return text;
}

const fileJson = ({ path, name, size }: NonNullable<MapVerdict['file']>): string => jsonText({ path, name, size });

const machineJson = (machine: Machine): string =>
  keysJson({
    kernel: machine.kernel,
    cpu: machine.cpu,
    endian: machine.littleEndian ? 'little' : 'big',
    pageSize: machine.pageSize,
    physBase: hex(machine.physBase),
    regionSize: machine.regionSize,
  });

/** What a kernel with an MMU makes of the request. */
function pageTableJson(verdict: FailedVerdict | MappedVerdict): string {
  return (
    (verdict.actions === undefined ? '' : keysJson({ actions: verdict.actions.map(actionJson) })) +
    (verdict.icache === null ? '' : keysJson({ icache: icacheJson(verdict.icache) })) +
    `,"state":${wordOrNull(verdict.state)},"bailout":${wordOrNull(verdict.bailout)}` +
    `,"physAddress":${addressOrNull(verdict.physAddress)},"vmaStart":${addressOrNull(verdict.vmaStart)}` +
    `,"vmaPages":${String(verdict.vmaPages)},"directPages":${String(verdict.directPages)}` +
    `,"direct":${listJson(verdict.direct, runText)},"mapsOffset":${addressOrNull(verdict.mapsOffset)}` +
    `,"vmFlags":${verdict.vmFlags === null ? 'null' : kept(verdict.vmFlags, wordsJson)}`
  );
}

const runText = (run: PteRun): string =>
  `{"page":${String(run.page)},"pages":${String(run.pages)},"pfn":"${hex(run.pfn)}"}`;

/** A warning: its code, its words, and what they are about. */
function warningJson(warning: MapWarning): Record<string, unknown> {
  const { code, ...about } = warning;
  return { code, message: warningWords(warning), ...withHexAddresses(about) };
}

/** Why, and what to do, by kinds; addresses and offsets of the image in hexadecimal. */
function adviceJson(advice: MapAdvice | null): string {
  if (advice === null) return 'null';
  return `{"cause":${aboutJson(advice.cause)},"remedies":${listJson(advice.remedies, aboutJson)}}`;
}

/** Values by their names; addresses in hexadecimal. */
function aboutJson(about: object): string {
  const values = about as Readonly<Record<string, string | number | boolean | null>>;
  let json = '';
  // By far faster than Object.entries().
  for (const key in values) {
    const value = values[key] ?? null;
    const before = json === '' ? '{' : ',';
    const text =
      typeof value === 'string'
        ? jsonString(value)
        : typeof value === 'number' && ADDRESSES.has(key)
          ? `"${hex(value)}"`
          : String(value);
    json += `${before}"${key}":${text}`;
  }
  return `${json}}`;
}

const ADDRESSES: ReadonlySet<string> = new Set(['address', 'to', 'expectedOffset']);

function withHexAddresses(about: object): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(about)) {
    json[key] = typeof value === 'number' && ADDRESSES.has(key) ? hex(value) : value;
  }
  return json;
}

function traceKeys({ trace, beyond, violations }: MapVerdict): Record<string, unknown> {
  return { trace, beyond: (beyond ?? []).map(runJson), violations: (violations ?? []).map(violationJson) };
}

function pageKeys({ pages, rest }: MapVerdict, detail: MapDetail): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  if (pages === null) return json;
  if (detail.pages === true) json.pages = pages.map(pageJson);
  if (detail.crc === true) {
    json.touch = pages.map((page) => TOUCH[page.kind]).join('');
    json.crc32 = pages.map((page) => (page.crc === null ? null : crcHex(page.crc)));
  }
  if (detail.trace === true) json.sees = pages.map((page) => (page.sight === null ? null : sightWord(page.sight)));
  if (rest !== null) json.rest = restJson(rest);
  return json;
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

/** A word of a fixed list, or null. */
const wordOrNull = (word: string | null): string => (word === null ? 'null' : `"${word}"`);
const textOrNull = (text: string | null): string => (text === null ? 'null' : jsonString(text));
const addressOrNull = (address: number | null): string => (address === null ? 'null' : `"${hex(address)}"`);
