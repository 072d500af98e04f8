/** What `cramfs audit` was asked to do, parsed. */
import { type Baseline, parseBaseline } from '../../policy/baseline.ts';
import type { Policy } from '../../policy/policy.ts';
import { CramfsError } from '../../base/errors.ts';
import type { AuditFormat } from '../../report/audit/index.ts';
import type { Shard } from '../../report/audit/reporter.ts';
import type { AuditSetup } from '../../workers/auditJob.ts';
import type { AuditJob } from '../../workers/auditCrew.ts';
import { machineOf, type MachineFiles, type MachineRequest } from '../machine.ts';
import { parsePlace, type PlaceOptions, targetOf } from '../imagePlace.ts';
import type { ColourChoice } from '../style.ts';
import { readText } from '../inputFile.ts';

/** The options as commander hands them over: text, still. */
export interface AuditCommandOptions extends MachineRequest, PlaceOptions {
  readonly format: AuditFormat;
  readonly json?: boolean;
  readonly notes?: boolean;
  readonly output?: string;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly jobs?: string;
  readonly threads?: string;
  readonly shard?: string;
  readonly merge?: boolean;
  readonly exitZero?: boolean;
  readonly maxWarnings?: string;
  readonly inflate: boolean;
  readonly color: ColourChoice;
}

/** More shards than this are a slip of the hand. */
const MAX_SHARDS = 10_000;

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

/**
 * The images of a shard: every N-th, so that shards are alike in size and each image stays in its shard.
 *
 * @throws CramfsError USAGE for places that cannot be
 */
export function imagesOfShard(
  images: readonly string[],
  { index, of }: Shard,
  options: PlaceOptions,
  pageSize: number | undefined,
): AuditJob[] {
  return images
    .map((image, place) => ({ image, index: place }))
    .filter((job) => job.index % of === index - 1)
    .map((job) => ({ ...job, ...targetOf(parsePlace(job.image, options, pageSize ?? null)) }));
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
      ['--jobs', options.jobs ?? options.threads],
      ['--no-inflate', options.inflate ? undefined : ''],
      ['--kernel', options.kernel],
      ['--image-offset', options.imageOffset],
      ['--image', options.image],
      ['--page-size', options.pageSize],
      ['--board', options.board],
      ['--partition-table', options.partitionTable],
      ['--partition', options.partition],
      ['--flash-base', options.flashBase],
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
    throw usage(`${given[0]} cannot be used with --merge, which combines finished reports`);
  }
}

/**
 * How the images are audited: what the command line says, else the policy, else the defaults. Numbers cannot be given in
 * pages unless `--page-size` is, because each image has pages of its own.
 *
 * @throws CramfsError USAGE
 */
export function auditSetup(options: AuditCommandOptions, files: MachineFiles): AuditSetup {
  const machine = machineOf(options, files);
  const { kernel, pageSize } = machine;
  const { kernel: _model, ...board } = machine.board(pageSize ?? null);
  return {
    pageSize,
    kernel,
    board,
    inflate: options.inflate,
    policy: withRegion(files.policy, board.regionSize),
    today: new Date().toISOString().slice(0, 10),
  };
}

/** A region that is given is a limit, whoever gives it: an image that is larger is a finding. */
function withRegion(policy: Policy | null, regionSize: number | undefined): Policy | null {
  if (regionSize === undefined) return policy;
  const { machine, ...rest } = policy ?? NO_POLICY;
  return { ...rest, machine: { ...machine, regionSize } };
}

const NO_POLICY: Policy = { machine: {}, settings: [], requirements: [], budgets: {}, exceptions: [] };

/**
 * `--baseline`.
 *
 * @throws CramfsError IO, LIMIT, USAGE
 */
export function readBaseline(file: string | undefined): Baseline | null {
  return file === undefined ? null : parseBaseline(readText(file), file);
}
