/** `cramfs-lab random`: random images and vectors, asked of a real kernel and of the emulation. */
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CramfsError } from '../../../lib/index.ts';
import {
  addColourOption,
  complain,
  EXIT,
  type Io,
  parseNumber,
  type ColourChoice,
  styleFor,
  makeFolder,
  writeOutput,
} from '../../../lib/cli/shared.ts';
import { AMD64, defaultBases } from '../architectures.ts';
import { bootLab } from '../boot.node.ts';
import { type LabRegion, MAX_REGIONS } from '../bootPlan.ts';
import { ALL_BROKEN_RULES } from '../brokenRules.ts';
import { type LabOptions, prepareLab } from '../build.node.ts';
import { type Oracle, randomCases, requireBases, slotsOf } from '../labCase.ts';
import { programCases } from '../randomPrograms.ts';
import {
  askCase,
  type CaseResult,
  failingCases,
  runCases,
  shrinkCase,
  type ShrunkCase,
  shrinkForRule,
  vectorsUntilCaught,
} from '../randomRun.ts';
import { caughtText, randomText, summaryText } from '../randomText.ts';
import { jsonLinesText, type LabTranscript, transcriptText } from '../record.ts';
import { addKernelOptions, architectureOf, type KernelOptions, LAB_EXIT_CODES, withKernel } from './labOptions.ts';

interface RandomOptions extends KernelOptions {
  readonly images: string;
  readonly vectors: string;
  readonly programs?: string;
  readonly bases?: string;
  readonly seed?: string;
  readonly keep?: string;
  readonly broken?: boolean;
  readonly color: ColourChoice;
}

const NOTES = `
Examples:
  cramfs-lab random --images 100 --vectors 1000
  cramfs-lab random --seed 17 --images 1
  cramfs-lab random --programs 200 --arch armhf

A seed always gives the same image and requests: --seed N --images 1 repeats the
image of seed N, with the same --vectors and --bases. Each image has its own
region, starting at the first base; of the other bases only the offset in the
page matters. A case that differs is minimised and kept: an image and a
transcript, for "cramfs-lab compare".
`;

/** Where cases are kept where nobody says: the folder whose cases the tests look at. */
const KEPT = join('fixtures', 'lab');
/** Cases that are made small; each takes several boots. */
const MAX_SHRUNK = 4;
const BEYOND_SEEDS = 2 ** 32;

/** Adds the options of the command, and what it does. `done` gets the exit code. */
export function define(command: Command, io: Io, done: (exitCode: number) => void): Command {
  return addKernelOptions(addColourOption(command))
    .description('Compare a real kernel with the emulation on random images')
    .option('--images <n>', 'number of images', '20')
    .option('--vectors <n>', 'number of mmap() calls per image and base', '500')
    .option('--programs <n>', 'run this many random programs and scripts instead of mmap() calls')
    .option('--bases <addresses>', 'physical addresses (default: three at the start of the space for images)')
    .option('--seed <n>', 'seed of the first image (default: random)')
    .option('--keep <folder>', `folder for cases that differ (default: ${KEPT}, if it exists)`)
    .option('--broken', 'show how many vectors it takes to find each deliberately broken rule of the emulation')
    .addHelpText('after', NOTES)
    .addHelpText('after', LAB_EXIT_CODES)
    .action(async (options: RandomOptions) => {
      done(await withKernel(options, io, (wanted, signal) => random(options, io, wanted, signal)));
    });
}

async function random(options: RandomOptions, io: Io, wanted: LabOptions, signal: AbortSignal): Promise<number> {
  const count = (name: 'images' | 'vectors' | 'programs'): number =>
    atLeast(1, parseNumber(options[name] ?? '', `--${name}`, null), name);
  const architecture = architectureOf(options);
  const plan = {
    seed: options.seed === undefined ? randomInt(BEYOND_SEEDS) : parseNumber(options.seed, '--seed', null),
    images: count('images'),
    vectors: count('vectors'),
    bases: options.bases?.split(',').map((base) => parseNumber(base, '--bases', null)) ?? defaultBases(architecture),
    machine: architecture.machine,
    slots: slotsOf(architecture),
  };
  const programs = options.programs === undefined ? null : count('programs');
  if (programs !== null && options.broken === true) {
    throw new CramfsError('USAGE', { found: '--broken cannot be used with --programs: it is about mmap() calls' });
  }
  if (programs !== null && architecture !== AMD64) {
    throw new CramfsError('USAGE', { found: '--programs: random programs have code for amd64 only' });
  }
  requireBases(plan.bases, architecture);
  const lab = await prepareLab(wanted);
  const slots = slotsOf(architecture);
  const boot = (regions: readonly LabRegion[]): Promise<LabTranscript[]> => bootLab(lab, regions, { signal });
  const oracle: Oracle = Object.assign(
    boot,
    slots < MAX_REGIONS ? { slots, start: architecture.regionSpace[0]?.start } : {},
  );
  complain(io, `seed ${String(plan.seed)}`);
  const { release } = lab;
  const cases =
    programs === null
      ? randomCases({ ...plan, oddities: true, release })
      : programCases({ ...plan, programs, release });
  const results = await runCases(cases, oracle, ({ number, of, regions }) => {
    const requests = regions.reduce((sum, region) => sum + region.requests.length, 0);
    complain(io, `boot ${String(number)} of ${String(of)}: ${String(requests)} requests`);
  });
  io.stdout.write(randomText(results, styleFor(io, options.color)));
  const keep = new Keeper(options.keep, io);
  if (options.broken === true) {
    io.stdout.write(`\n${caughtText(vectorsUntilCaught(results, ALL_BROKEN_RULES))}`);
    if (options.keep !== undefined) await keepForRules(results, oracle, keep);
  }
  for (const failing of failingCases(results).slice(0, MAX_SHRUNK)) {
    const small = programs === null ? await shrinkCase(failing, oracle) : await askCase(failing.labCase, oracle);
    await keep.case(`seed-${String(failing.labCase.seed)}`, small);
  }
  io.stdout.write(`\n${summaryText(results)}`);
  return results.every(({ differences }) => differences.length === 0) ? EXIT.ok : EXIT.findings;
}

function atLeast(least: number, value: number, name: string): number {
  if (value >= least) return value;
  throw new CramfsError('USAGE', { found: `--${name}: there must be at least ${String(least)}` });
}

/** Keeps for each rule the smallest case that shows it broken. */
async function keepForRules(results: readonly CaseResult[], oracle: Oracle, keep: Keeper): Promise<void> {
  for (const rule of ALL_BROKEN_RULES) {
    const shrunk = await shrinkForRule(results, rule, oracle);
    if (shrunk !== null) await keep.case(rule.name.replaceAll(' ', '-'), shrunk);
  }
}

/** Writes cases into a folder: an image and a transcript each. */
class Keeper {
  readonly #folder: string | null;
  readonly #io: Io;
  readonly #names = new Set<string>();

  constructor(folder: string | undefined, io: Io) {
    this.#folder = folder ?? (existsSync(KEPT) ? KEPT : null);
    this.#io = io;
  }

  async case(name: string, { labCase, image, transcript }: ShrunkCase): Promise<void> {
    this.#io.stdout.write(`\nminimised:\n${jsonLinesText(labCase.requests)}`);
    if (this.#folder === null) return;
    makeFolder(this.#folder);
    let unique = name;
    for (let number = 2; this.#names.has(unique); number++) unique = `${name}-${String(number)}`;
    this.#names.add(unique);
    const file = join(this.#folder, unique);
    const setup = { ...transcript.setup, image: `${unique}.cramfs` };
    await writeOutput(`${file}.cramfs`, image, { replaces: true, inputs: [] });
    await writeOutput(`${file}.jsonl`, Buffer.from(transcriptText({ ...transcript, setup })), {
      replaces: true,
      inputs: [],
    });
    this.#io.stdout.write(`kept as ${file}.cramfs and ${file}.jsonl\n`);
  }
}
