/**
 * The thread that runs commands on inputs and learns: a case that reaches code, or gives an answer, that none has before is
 * kept, and changed further. See docs/fuzzing.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { type Case, KindChooser, KINDS, runCase, TREE_FOLDER } from './cases.ts';
import { caseLine, parseCase } from './corpus.ts';
import { Coverage } from './coverage.ts';
import { chanceFrom } from './inputs/chance.ts';
import { changedInput, type InputKind, newInput } from './inputs/index.ts';
import { randomFrom } from './mutate.ts';
import { writePresent } from './present.mjs';
import { Sandbox } from './sandbox.ts';

interface Setup {
  readonly seed: number;
  /** When to end, in ms since the epoch. */
  readonly until: number;
  /** This thread's own. */
  readonly folder: string;
  readonly schemas: string;
  /** Cases to start from. */
  readonly corpus: readonly string[];
  /** To choose the smallest part of the corpus that reaches all that it reaches. */
  readonly minimise: boolean;
  /**
   * For whoever watches: when the present case began, in ms since the epoch, the commands so far, and, from there, whether to
   * end; and the present case.
   */
  readonly began: Float64Array;
  readonly present: Uint8Array;
}

/**
 * Cases that run before it is asked whether they reached new code: asking costs as much as several commands. The fewer, the
 * sooner it is found which of them did.
 */
const LEAST_BATCH = 64;
const MOST_BATCH = 2048;
/** Share of the time that may be spent on asking; a batch is longer where it is more. */
const TAKING_SHARE = 0.03;
/** Share of the time that may be spent on finding out which case of a batch reached it. */
const ASKING_SHARE = 0.05;
/** Cases with an input before there is a new one: making it takes as long as a command. */
const USES = 4;
const SHARED_INPUTS: ReadonlySet<InputKind> = new Set(['image', 'dump']);

// Errors of damaged inputs are many, and their traces are not looked at.
Error.stackTraceLimit = 0;
const setup = workerData as Setup;
const { seed, until, folder } = setup;
const random = randomFrom(seed);
const chance = chanceFrom(random);
const corpus: Case[] = [];
const byKind = new Map<string, Case[]>();
const features = new Set<string>();
const chooser = new KindChooser();
const sandbox = new Sandbox(folder, setup.schemas, { inMemory: true });
let executions = 0;
/** Commands that ran again only to find out which case it was. */
let repeated = 0;

for (const line of setup.corpus) keep(parseCase(line));
const given = corpus.length;
mkdirSync(join(folder, TREE_FOLDER), { recursive: true });
for (const [name, text] of [
  ['a', 'a'.repeat(5000)],
  ['sh', '#!/a\n'],
  ['b', ''],
] as const) {
  writeFileSync(join(folder, TREE_FOLDER, name), text);
}
const coverage = new Coverage(import.meta.url, readFileSync(fileURLToPath(import.meta.url), 'latin1'));

function keep(each: Case): void {
  corpus.push(each);
  const alike = byKind.get(each.kind);
  if (alike === undefined) byKind.set(each.kind, [each]);
  else alike.push(each);
}

/** Runs a case once more, to see what it reaches: that does not count. */
async function repeat(each: Case): Promise<void> {
  const before = sandbox.commands;
  await execute(each);
  executions--;
  repeated += sandbox.commands - before;
}

/** Runs a case; a failure is sent. Whether its answer is new. */
async function execute(each: Case): Promise<boolean> {
  executions++;
  writePresent(setup.present, each);
  setup.began[0] = Date.now();
  const from = performance.now();
  try {
    await runCase(each, sandbox);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ kind: 'failure', message: message.replaceAll(folder, ''), line: caseLine(each) });
  }
  setup.began[0] = 0;
  chooser.note(each.kind, performance.now() - from);
  setup.began[1] = sandbox.commands - repeated;
  const before = features.size;
  for (const feature of sandbox.features) features.add(feature);
  return features.size > before;
}

/** The newest input of each kind, and how often it was used. */
const newest = new Map<InputKind, { readonly bytes: Uint8Array; uses: number }>();

/** An input that few cases had. */
function freshInput(kind: InputKind): Uint8Array {
  let input = newest.get(kind);
  if (input === undefined || input.uses >= (SHARED_INPUTS.has(kind) ? USES : 1)) {
    input = { bytes: newInput(kind, chance), uses: 0 };
    newest.set(kind, input);
  }
  input.uses++;
  return input.bytes;
}

function newCase(): Case {
  const kind = chooser.pick(chance);
  return { kind, choice: random(2 ** 31), inputs: (KINDS[kind]?.inputs ?? []).map(freshInput) };
}

/** A case of the corpus with an input changed, exchanged, or used by another kind. */
function changedCase(): Case {
  const from = chance.pick(byKind.get(chooser.pick(chance)) ?? corpus);
  const kinds = KINDS[from.kind]?.inputs ?? [];
  const place = random(kinds.length);
  const input = kinds[place];
  if (input === undefined) return newCase();
  // Another case with an input of that kind: of a few that are looked at.
  const others = chance
    .many(4, 4, () => chance.pick(corpus))
    .filter((other) => KINDS[other.kind]?.inputs[place] === input);
  const other = others[0] ?? from;
  const theirs = other.inputs[place] ?? new Uint8Array(0);
  const inputs = from.inputs.map((bytes, index) => {
    if (index !== place) return bytes;
    return random(8) === 0 ? theirs : changedInput(input, chance, bytes, theirs);
  });
  const wanted = random(3) === 0 ? chooser.pick(chance) : from.kind;
  const fits = String(KINDS[wanted]?.inputs) === String(kinds);
  return { kind: fits ? wanted : from.kind, choice: random(3) === 0 ? from.choice : random(2 ** 31), inputs };
}

/** Whatever reaches code that was not reached before it, the shortest cases first. */
async function minimised(): Promise<Case[]> {
  const byLength = corpus.slice().sort((a, b) => caseLine(a).length - caseLine(b).length);
  const kept: Case[] = [];
  for (const each of byLength) {
    await execute(each);
    if (coverage.takeNew() > 0) kept.push(each);
  }
  return kept;
}

/** The first case that reaches what is wanted, found by halving, and its place; null where none does alone. */
async function firstWanted(cases: readonly Case[]): Promise<number | null> {
  let [from, to] = [0, cases.length];
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    for (const each of cases.slice(from, middle)) await repeat(each);
    if (coverage.reachesWanted()) to = middle;
    else from = middle;
  }
  for (const each of cases.slice(from, to)) await repeat(each);
  return coverage.takeWanted() > 0 ? from : null;
}

async function fuzz(): Promise<void> {
  for (const each of corpus.slice()) await execute(each);
  coverage.takeNew();
  coverage.giveUp();
  let batch: Case[] = [];
  let size = LEAST_BATCH;
  const began = performance.now();
  let asking = 0;
  let ended = began;
  while (Date.now() < until && setup.began[2] !== 1) {
    const each = corpus.length > 0 && random(2) === 0 ? changedCase() : newCase();
    if (await execute(each)) keep(each);
    else batch.push(each);
    if (batch.length < size) continue;
    const asked = performance.now();
    const isNew = coverage.takeNew() > 0;
    const isDear = performance.now() - asked > (asked - ended) * TAKING_SHARE;
    size = isNew && !isDear ? Math.max(LEAST_BATCH, size >> 1) : Math.min(MOST_BATCH, size * 2);
    while (coverage.hasWanted && asking + performance.now() - asked < (performance.now() - began) * ASKING_SHARE) {
      const place = await firstWanted(batch);
      const found = place === null ? undefined : batch[place];
      if (found === undefined) break;
      keep(found);
      batch = batch.slice((place ?? 0) + 1);
    }
    coverage.giveUp();
    batch = [];
    ended = performance.now();
    asking += ended - asked;
  }
}

const kept = setup.minimise ? await minimised() : (await fuzz(), corpus.slice(given));
parentPort?.postMessage({
  kind: 'end',
  executions,
  commands: sandbox.commands - repeated,
  covered: coverage.reached,
  features: features.size,
  corpus: kept.map(caseLine),
});
