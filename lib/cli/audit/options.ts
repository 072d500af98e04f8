/** What `cramfs audit` was asked to do, parsed. */
import { type Baseline, parseBaseline } from '../../policy/baseline.ts';
import { parsePolicy } from '../../policy/parsePolicy.ts';
import type { Policy } from '../../policy/policy.ts';
import { DEFAULT_MODEL } from '../../driver/models/index.ts';
import { CramfsError } from '../../base/errors.ts';
import type { AuditFormat } from '../../report/audit/index.ts';
import type { Shard } from '../../report/audit/reporter.ts';
import type { AuditSetup } from '../../workers/auditJob.ts';
import type { AuditJob } from '../../workers/auditCrew.ts';
import { boardOptions, type MachineOptions } from '../boardOptions.ts';
import { parsePageSize } from '../imageOptions.ts';
import { parseNumber } from '../numbers.ts';
import type { ColourChoice } from '../style.ts';
import { readText } from '../inputFile.ts';

/** The options as commander hands them over: text, still. */
export interface AuditCommandOptions extends MachineOptions {
  readonly policy?: string;
  readonly format: AuditFormat;
  readonly json?: boolean;
  readonly notes?: boolean;
  readonly output?: string;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly jobs?: string;
  readonly shard?: string;
  readonly merge?: boolean;
  readonly exitZero?: boolean;
  readonly maxWarnings?: string;
  readonly inflate: boolean;
  readonly kernel?: string;
  readonly imageOffset?: string;
  readonly pageSize?: string;
  readonly color: ColourChoice;
}

/** More shards than this are a slip of the hand. */
const MAX_SHARDS = 10_000;
/** More threads than this are no use. */
const MAX_JOBS = 64;

const usage = (found: string): CramfsError => new CramfsError('USAGE', { found });

/**
 * `--shard I/N`.
 *
 * @throws CramfsError USAGE
 */
export function parseShard(text: string | undefined): Shard {
  if (text === undefined) return { index: 1, of: 1 };
  const [index = 0, of = 0] = /^([0-9]{1,5})\/([0-9]{1,5})$/.exec(text)?.slice(1).map(Number) ?? [];
  if (index >= 1 && index <= of && of <= MAX_SHARDS) return { index, of };
  throw usage(`--shard: "${text}" is not I/N with I from 1 to N (as in 2/3), N at most ${String(MAX_SHARDS)}`);
}

/** The images of a shard: every N-th, so that shards are alike in size and each image stays in its shard. */
export function imagesOfShard(images: readonly string[], { index, of }: Shard): AuditJob[] {
  return images.map((image, place) => ({ image, index: place })).filter((job) => job.index % of === index - 1);
}

/**
 * `--jobs`.
 *
 * @throws CramfsError USAGE
 */
export function parseJobs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const jobs = parseNumber(text, '--jobs', null);
  if (jobs >= 1 && jobs <= MAX_JOBS) return jobs;
  throw usage(`--jobs: ${text} is not a number from 1 to ${String(MAX_JOBS)}`);
}

/**
 * Options that say how to audit make no sense where there is nothing left to audit.
 *
 * @throws CramfsError USAGE
 */
export function refuseWithMerge(options: AuditCommandOptions): void {
  const given = (
    [
      ['--policy', options.policy],
      ['--shard', options.shard],
      ['--jobs', options.jobs],
      ['--no-inflate', options.inflate ? undefined : ''],
      ['--kernel', options.kernel],
      ['--image-offset', options.imageOffset],
      ['--page-size', options.pageSize],
      ['--phys', options.phys],
      ['--region', options.region],
      ['--fill', options.fill === '00' ? undefined : options.fill],
      ['--cpu', options.cpu],
      ['--endian', options.endian],
      ['--phys-bits', options.physBits],
      ['--ram', options.ram],
      ['--stack-init', options.stackInit],
      ['--library-path', options.libraryPath],
    ] as const
  ).find(([, value]) => value !== undefined);
  if (given !== undefined) {
    throw usage(`--merge puts together what was audited before; ${given[0]} belongs to the audit of the images`);
  }
}

/**
 * How the images are audited: what the command line says, else the policy, else the defaults. Numbers cannot be given in
 * pages unless `--page-size` is, because each image has pages of its own.
 *
 * @throws CramfsError USAGE
 */
export function auditSetup(options: AuditCommandOptions, policy: Policy | null): AuditSetup {
  const { machine = {} } = policy ?? {};
  const pageSize = parsePageSize(options.pageSize) ?? machine.pageSize;
  const number = (text: string, option: string): number => parseNumber(text, option, pageSize ?? null);
  const kernel = options.kernel ?? machine.kernel ?? DEFAULT_MODEL.name;
  const { kernel: _model, ...given } = boardOptions(options, kernel, pageSize ?? null);
  return {
    imageOffset: options.imageOffset === undefined ? undefined : number(options.imageOffset, '--image-offset'),
    pageSize,
    kernel,
    board: {
      ...given,
      physBase: given.physBase ?? machine.physBase,
      regionSize: given.regionSize ?? machine.regionSize,
      cpu: given.cpu ?? machine.cpu,
      littleEndian: given.littleEndian ?? machine.littleEndian,
      libraryPath: given.libraryPath ?? machine.libraryPath,
    },
    inflate: options.inflate,
    policy,
    today: new Date().toISOString().slice(0, 10),
  };
}

/**
 * `--policy`.
 *
 * @throws CramfsError IO, LIMIT, BAD_POLICY
 */
export async function readPolicy(file: string | undefined): Promise<Policy | null> {
  if (file === undefined) return null;
  const text = readText(file);
  return parsePolicy(text, file);
}

/**
 * `--baseline`.
 *
 * @throws CramfsError IO, LIMIT, USAGE
 */
export function readBaseline(file: string | undefined): Baseline | null {
  return file === undefined ? null : parseBaseline(readText(file), file);
}
