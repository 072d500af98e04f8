/**
 * The thread that does the work: executes one damaged image after the other, and tells the main thread what it is at, so
 * that an execution that hangs can be found out.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { type Exercise, exercise } from './exercise.ts';
import { minimise } from './minimise.ts';
import { mutate, type Random, randomFrom, type Seed, seedOf } from './mutate.ts';

interface Setup {
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly seed: number;
  readonly first: number;
  readonly until: number;
  readonly out: string;
  /** [0]: the execution under way. [1]: when its present stage began, in ms since the start of the run. */
  readonly state: Int32Array;
  readonly began: number;
}

const { files, seed, first, until, out, state, began } = workerData as Setup;
const seeds: readonly Seed[] = files.map(({ name, bytes }) => seedOf(name, bytes));
const errors = new Map<string, number>();
const stages = new Map<string, number>();
let executions = 0;

/** An execution whose stages are timed one by one, as commands would be. */
class Watched implements Exercise {
  readonly errors = errors;
  #stage = '';

  constructor() {
    this.stage = 'open';
  }

  get stage(): string {
    return this.#stage;
  }

  set stage(stage: string) {
    this.#stage = stage;
    Atomics.store(state, 1, Date.now() - began);
  }
}

for (let index = first; Date.now() < until; index++) {
  Atomics.store(state, 0, index);
  const random = randomFrom(seed + Math.imul(index, 0x9e3779b1));
  const { seed: from, bytes } = mutate(seeds, random);
  const choices = random(2 ** 31);
  const run = new Watched();
  executions++;
  try {
    await exercise(bytes, randomFrom(choices), run);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const least = await minimise(bytes, from.bytes, (candidate) => failsAlike(candidate, choices, message));
    mkdirSync(out, { recursive: true });
    const file = join(out, `seed-${String(seed)}-${String(index)}.img`);
    writeFileSync(file, least);
    const stack = error instanceof Error ? error.stack : undefined;
    parentPort?.postMessage({ kind: 'failure', index, from: from.name, stage: run.stage, message, stack, file });
  }
  stages.set(run.stage, (stages.get(run.stage) ?? 0) + 1);
}
parentPort?.postMessage({ kind: 'done', executions, errors: [...errors], stages: [...stages] });

async function failsAlike(bytes: Uint8Array, choices: number, message: string): Promise<boolean> {
  const random: Random = randomFrom(choices);
  try {
    await exercise(bytes, random, { stage: '', errors: new Map() });
    return false;
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return found.replace(/[0-9]+/g, '') === message.replace(/[0-9]+/g, '');
  }
}
