/** Random cases asked of a kernel and of the emulation, and what becomes of those in which the two differ. */
import { CramfsError, CramfsImage } from '../../lib/index.ts';
import { modelOfRelease } from '../../lib/kernel.ts';
import { type LabRegion, MAX_REGIONS } from './bootPlan.ts';
import { BROKEN_RULES, type BrokenRule, withBrokenRule } from './brokenRules.ts';
import { compareTranscript, findDifferences, type LabDifference } from './compare.ts';
import { boardOf, emulatedOracle, type LabCase, type Oracle, regionOf, sideBySide } from './labCase.ts';
import { isAskable } from './randomRequests.ts';
import type { LabRequest, LabTranscript } from './record.ts';
import type { ReplayOptions } from './replay.ts';
import { type Judge, shrink } from './shrink.ts';

/** A case, and what a kernel and the emulation made of it. */
export interface CaseResult {
  readonly labCase: LabCase;
  readonly image: Uint8Array;
  readonly transcript: LabTranscript;
  readonly differences: readonly LabDifference[];
}

/** Asks a kernel about cases, as many boots as that takes, and compares. */
export async function runCases(
  cases: readonly LabCase[],
  oracle: Oracle,
  onBoot?: (boot: { readonly number: number; readonly of: number; readonly regions: readonly LabRegion[] }) => void,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const { slots = MAX_REGIONS } = oracle;
  const boots = Math.ceil(cases.length / slots);
  for (let boot = 0; boot < boots; boot++) {
    const together = cases.slice(boot * slots, (boot + 1) * slots);
    const regions = together.map(regionOf);
    onBoot?.({ number: boot + 1, of: boots, regions });
    const transcripts = await oracle(regions);
    together.forEach((labCase, index) => {
      const [region, transcript] = [regions[index], transcripts[index]];
      if (region === undefined || transcript === undefined) return;
      const differences = compareTranscript(CramfsImage.open(region.image), transcript);
      results.push({ labCase, image: region.image, transcript, differences });
    });
  }
  return results;
}

/** A case with one request, in which a kernel and the emulation differ in certain fields. */
export interface FailingCase {
  readonly labCase: LabCase;
  /** Their names, sorted. */
  readonly fields: string;
  /** The kernel's `uname -m`; undefined stands for x86_64. */
  readonly machine?: string | undefined;
}

/** One case for each set of fields that differ: the first. */
export function failingCases(results: readonly CaseResult[]): FailingCase[] {
  const failing = new Map<string, FailingCase>();
  for (const { labCase, differences, transcript } of results) {
    const byRequest = new Map<LabRequest | null, LabDifference[]>();
    for (const difference of differences) {
      const { request } = difference;
      byRequest.set(request, [...(byRequest.get(request) ?? []), difference]);
    }
    for (const [request, ofRequest] of byRequest) {
      const fields = fieldsOf(ofRequest);
      if (request === null || failing.has(fields)) continue;
      const { machine } = transcript.setup;
      failing.set(fields, { labCase: { ...labCase, requests: [request] }, fields, machine });
    }
  }
  return [...failing.values()];
}

function fieldsOf(differences: readonly LabDifference[]): string {
  return [...new Set(differences.map(({ field }) => field))].sort().join(' ');
}

/** A case that was made small, and what the kernel made of it. */
export type ShrunkCase = Omit<CaseResult, 'differences'>;

/** Makes a case small that the kernel and the emulation go on differing in, in the same fields. */
export async function shrinkCase(
  failing: FailingCase,
  oracle: Oracle,
  options: ReplayOptions = {},
): Promise<ShrunkCase> {
  return askCase(await shrink(failing.labCase, judgeBy(failing, oracle, options)), oracle);
}

/** Asks a kernel about one case. */
export async function askCase(labCase: LabCase, oracle: Oracle): Promise<ShrunkCase> {
  const region = regionOf(labCase);
  const [transcript] = await oracle([region]);
  if (transcript === undefined) throw new CramfsError('LAB', { what: 'sent no transcript' });
  return { labCase, image: region.image, transcript };
}

/** A case fails when the kernel and the emulation differ in these fields. */
function judgeBy({ fields, machine }: FailingCase, oracle: Oracle, options: ReplayOptions): Judge {
  return async (cases) => {
    const failing = cases.map(() => false);
    const asked = cases.flatMap((labCase, index) => {
      const region = askableRegion(labCase, machine);
      return region === null ? [] : [{ index, region }];
    });
    const transcripts: LabTranscript[] = [];
    const { slots = MAX_REGIONS, start } = oracle;
    for (let at = 0; at < asked.length; at += slots) {
      const together = asked.slice(at, at + slots).map(({ region }) => region);
      transcripts.push(...(await oracle(sideBySide(together, start))));
    }
    asked.forEach(({ index, region }, at) => {
      const transcript = transcripts[at];
      if (transcript === undefined) return;
      failing[index] = fieldsOf(compareTranscript(CramfsImage.open(region.image), transcript, options)) === fields;
    });
    return failing;
  };
}

/** The region of a case; null where its description makes no image, or its requests cannot be asked. */
function askableRegion(labCase: LabCase, machine: string | undefined): LabRegion | null {
  try {
    const region = regionOf(labCase);
    const board = boardOf(region, ANY_RELEASE, machine);
    return region.requests.every((request) => isAskable(board, request)) ? region : null;
  } catch (error) {
    if (error instanceof CramfsError) return null;
    throw error;
  }
}

/** Which requests a kernel survives does not depend on its release. */
const ANY_RELEASE = '6.1';

/** How soon a broken rule is found. */
export interface Caught {
  readonly rule: BrokenRule;
  /** For each image to begin with: vectors up to the first that differs, null where none does. */
  readonly vectors: readonly (number | null)[];
}

/**
 * How many vectors it takes to find each broken rule, beginning with each of the images in turn.
 *
 * @param results of a kernel, or of the emulation in its place
 * @param rules default: those that show in images without oddities
 */
export function vectorsUntilCaught(
  results: readonly CaseResult[],
  rules: readonly BrokenRule[] = BROKEN_RULES,
): Caught[] {
  return rules.map((rule) => {
    const hits = results.map((result) => firstHit(result, rule));
    const starts = results.flatMap(({ labCase }, index) =>
      labCase.seed === results[index - 1]?.labCase.seed ? [] : [index],
    );
    return { rule, vectors: starts.map((start) => countFrom(hits.slice(start))) };
  });
}

interface Hit {
  /** Vectors of the case. */
  readonly vectors: number;
  /** How many of them up to the first that shows the broken rule; null where none does. */
  readonly until: number | null;
}

function firstHit({ image, transcript }: CaseResult, rule: BrokenRule): Hit {
  const { setup } = transcript;
  const records = transcript.records.filter(({ type }) => type === 'vector');
  const kernel = withBrokenRule(modelOfRelease(setup.release), rule);
  const [first] = findDifferences(CramfsImage.open(image), { setup, records }, { kernel });
  return { vectors: records.length, until: first?.record ?? null };
}

function countFrom(hits: readonly Hit[]): number | null {
  let before = 0;
  for (const { vectors, until } of hits) {
    if (until !== null) return before + until;
    before += vectors;
  }
  return null;
}

/**
 * A small case that shows a broken rule: one in which the kernel and a model with the rule broken differ. While it is made
 * small the emulation stands in for the kernel, which saves many boots; the transcript is the kernel's.
 */
export async function shrinkForRule(
  results: readonly CaseResult[],
  rule: BrokenRule,
  oracle: Oracle,
): Promise<ShrunkCase | null> {
  for (const result of results) {
    const { release } = result.transcript.setup;
    const options = { kernel: withBrokenRule(modelOfRelease(release), rule) };
    const differences = compareTranscript(CramfsImage.open(result.image), result.transcript, options);
    const [failing] = failingCases([{ ...result, differences }]);
    if (failing === undefined) continue;
    const emulated = emulatedOracle(release, {}, failing.machine);
    return askCase(await shrink(failing.labCase, judgeBy(failing, emulated, options)), oracle);
  }
  return null;
}
