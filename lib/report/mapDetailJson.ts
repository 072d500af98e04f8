/** What few verdicts have in JSON: pages one by one, a trace, warnings, actions. */
import { hex } from '../base/hex.ts';
import { crcHex } from '../format/crc32.ts';
import type { BlockKind } from '../image/blocks.ts';
import type { PteRun } from '../mm/pageTable.ts';
import type { IcacheFault } from '../mm/icache.ts';
import type { ActionOutcome } from '../verdict/actions.ts';
import { causeText } from '../audit/violationWords.ts';
import type { MapVerdict, MapWarning, PageKind, PageVerdict, RestOfPages, Sight } from '../verdict/mapVerdict.ts';
import type { Violation } from '../verdict/violation.ts';
import type { MapDetail } from '../verdict/request.ts';
import { isAddress } from './jsonText.ts';
import { warningWords } from './warningWords.ts';

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

/** The pages of a long mapping that are not listed one by one. */
function restJson({ page, pages, kind, sight }: RestOfPages): Record<string, unknown> {
  return { page, pages, kind, ...(sight === null ? {} : { sees: sightWord(sight) }) };
}

/** A warning: its code, its words, and what they are about. */
export function warningJson(warning: MapWarning): Record<string, unknown> {
  const { code, ...about } = warning;
  return { code, message: warningWords(warning), ...withHexAddresses(about) };
}

function withHexAddresses(about: object): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(about)) {
    json[key] = typeof value === 'number' && isAddress(key) ? hex(value) : value;
  }
  return json;
}

export function traceKeys({ trace, beyond, violations }: MapVerdict): Record<string, unknown> {
  return { trace, beyond: (beyond ?? []).map(runJson), violations: (violations ?? []).map(violationJson) };
}

export function pageKeys({ pages, rest }: MapVerdict, detail: MapDetail): Record<string, unknown> {
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
export function icacheJson({ outcome, pfn, pages }: IcacheFault): Record<string, unknown> {
  return { outcome, pfn: hex(pfn), pages };
}

/** What came of an action; keys as in the verdict itself. */
export function actionJson({ direct, writeDirect, mapsOffset, ...rest }: ActionOutcome): Record<string, unknown> {
  const runs = (list: ActionOutcome['direct']): unknown => list?.map((run) => ({ ...run, pfn: hex(run.pfn) }));
  return {
    ...rest,
    ...(mapsOffset === undefined ? {} : { mapsOffset: hex(mapsOffset) }),
    ...(direct === undefined ? {} : { direct: runs(direct) }),
    ...(writeDirect === undefined ? {} : { writeDirect: runs(writeDirect) }),
  };
}
