/**
 * The thread that runs commands on inputs and learns: a case that reaches code, or gives an answer, that none has before is
 * kept, and changed further. See docs/fuzzing.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { type Case, KINDS, pickKind, runCase, TREE_FOLDER } from './cases.ts';
import { caseLine, parseCase } from './corpus.ts';
import { Coverage } from './coverage.ts';
import { chanceFrom } from './inputs/chance.ts';
import { changedInput, newInput } from './inputs/index.ts';
import { randomFrom } from './mutate.ts';
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
  /** When the present case began, in ms since the epoch, and its line for whoever watches. */
  readonly began: Float64Array;
  readonly present: Uint8Array;
}

/** Cases that run before it is asked whether they reached new code: asking costs as much as several commands. */
const BATCH = 256;
/** Share of the time that may be spent on finding out which case of a batch reached it. */
const ASKING_SHARE = 0.15;
/** Cases that wait to be asked about, at most. */
const MAX_WAITING = 4096;

// Errors of damaged inputs are many, and their traces are not looked at.
Error.stackTraceLimit = 0;
const setup = workerData as Setup;
const { seed, until, folder } = setup;
const random = randomFrom(seed);
const chance = chanceFrom(random);
const corpus: Case[] = setup.corpus.map(parseCase);
const given = corpus.length;
const features = new Set<string>();
const sandbox = new Sandbox(folder, setup.schemas);
let executions = 0;

mkdirSync(join(folder, TREE_FOLDER), { recursive: true });
for (const [name, text] of [
  ['a', 'a'.repeat(5000)],
  ['sh', '#!/a\n'],
  ['b', ''],
] as const) {
  writeFileSync(join(folder, TREE_FOLDER, name), text);
}
const coverage = new Coverage(import.meta.url);

/** Runs a case; a failure is sent. Whether its answer is new. */
async function execute(each: Case): Promise<boolean> {
  executions++;
  const { written } = new TextEncoder().encodeInto(caseLine(each), setup.present);
  setup.present.fill(0, written, written + 1);
  setup.began[0] = Date.now();
  try {
    await runCase(each, sandbox);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ kind: 'failure', message: message.replaceAll(folder, ''), line: caseLine(each) });
  }
  setup.began[0] = 0;
  setup.began[1] = sandbox.commands;
  const before = features.size;
  for (const feature of sandbox.features) features.add(feature);
  return features.size > before;
}

function newCase(): Case {
  const kind = pickKind(chance);
  return { kind, choice: random(2 ** 31), inputs: (KINDS[kind]?.inputs ?? []).map((input) => newInput(input, chance)) };
}

/** A case of the corpus with an input changed, exchanged, or used by another kind. */
function changedCase(): Case {
  const from = chance.pick(corpus);
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
  const wanted = random(3) === 0 ? pickKind(chance) : from.kind;
  const fits = String(KINDS[wanted]?.inputs) === String(kinds);
  return { kind: fits ? wanted : from.kind, choice: random(3) === 0 ? from.choice : random(2 ** 31), inputs };
}

/** Whatever reaches code that was not reached before it, the shortest cases first. */
async function minimised(): Promise<Case[]> {
  const byLength = corpus.slice().sort((a, b) => caseLine(a).length - caseLine(b).length);
  const kept: Case[] = [];
  for (const each of byLength) {
    coverage.restart();
    await execute(each);
    if (coverage.takeNew() > 0) kept.push(each);
  }
  return kept;
}

async function fuzz(): Promise<void> {
  for (const each of corpus.slice()) await execute(each);
  coverage.takeNew();
  let batch: Case[] = [];
  let waiting: Case[] = [];
  const known = new Set(coverage.seen);
  const began = performance.now();
  let asking = 0;
  while (Date.now() < until) {
    const each = corpus.length > 0 && random(2) === 0 ? changedCase() : newCase();
    if (await execute(each)) corpus.push(each);
    else batch.push(each);
    if (batch.length < BATCH) continue;
    if (coverage.takeNew() > 0) waiting.push(...batch);
    batch = [];
    if (waiting.length > MAX_WAITING) waiting = waiting.slice(-MAX_WAITING);
    for (; waiting.length > 0 && asking < (performance.now() - began) * ASKING_SHARE;) {
      const asked = performance.now();
      // The newest first: what they reached is the most likely not to be in the corpus yet.
      const one = waiting.pop();
      coverage.restart();
      if (one !== undefined) await execute(one);
      const before = known.size;
      for (const piece of coverage.take()) {
        known.add(piece);
        coverage.seen.add(piece);
      }
      if (known.size > before && one !== undefined) corpus.push(one);
      asking += performance.now() - asked;
    }
  }
}

const kept = setup.minimise ? await minimised() : (await fuzz(), corpus.slice(given));
parentPort?.postMessage({
  kind: 'end',
  executions,
  commands: sandbox.commands,
  covered: coverage.seen.size,
  features: features.size,
  corpus: kept.map(caseLine),
});
