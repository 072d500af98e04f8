/**
 * The options of `cramfs mkfs --xip`.
 */
import { type Command, Option } from 'commander';
import type { DeviceTableEntry } from '../../mkfs/deviceTable.ts';
import { choiceOf, globExpression, parsePathList } from '../../mkfs/xip/choice.ts';
import type { XipSpec } from '../../mkfs/xip/plan.ts';
import type { XipWish } from '../../mkfs/xip/wishes.ts';
import { roundDown } from '../../base/pages.ts';
import type { BuildWarning } from '../../mkfs/inodes.ts';
import type { CaptureReport } from '../../profile/capture.ts';
import { GROUPS, grouped } from '../help/groups.ts';
import type { IcacheKernel } from '../../mm/icache.ts';
import { icacheOption } from '../boardOptions.ts';
import { readText } from '../inputFile.ts';
import type { ChosenPartition } from '../partitionOptions.ts';
import type { Io } from '../io.ts';
import { parseNumber } from '../numbers.ts';
import { openProfile, type ProfileSource } from './xipProfile.ts';
import { usage } from '../usage.ts';

/** The options as commander hands them over. */
export interface XipOptions {
  readonly xip?: 'mmu' | 'nommu';
  readonly phys?: string;
  readonly xipFiles?: readonly string[];
  readonly xipList?: string;
  readonly xipProfile?: readonly string[];
  readonly profileImage?: string;
  readonly pin?: readonly string[];
  readonly curve?: string;
  readonly xipLayout?: 'inline' | 'packed';
  readonly flashBudget?: string;
  readonly plan?: boolean;
  readonly json?: boolean;
  readonly riscvIcache?: IcacheKernel;
  readonly avoidLastPageDefect: boolean;
}

/** Adds the options to the command. */
export function addXipOptions(command: Command): Command {
  grouped(command, 'Execute in place:', addPlacementOptions);
  return grouped(command, GROUPS.output, () =>
    command
      .option('--plan', 'with --xip: print the plan and write nothing')
      .addOption(new Option('--json', 'with --xip: print the plan as JSON').conflicts('verbose'))
      .option('--curve <file>', 'with --xip: write what flash buys as an SVG picture'),
  );
}

function addPlacementOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--xip <target>',
        'place programs so that they execute in place, on a CPU with or without an MMU',
      ).choices(['mmu', 'nommu']),
    )
    .option('--phys <address>', 'with --xip: physical address of the image; pages are aligned to it')
    .option(
      '--xip-files <pattern...>',
      'with --xip: which files: auto for every program of the target, or patterns such as "/usr/bin/*" (default: auto)',
    )
    .addOption(icacheOption())
    .option('--xip-list <file>', 'with --xip: file with one path per line')
    .addOption(
      new Option(
        '--xip-profile <file>',
        'with --xip: place only the pages in this profile, what is used most first; any capture that "cramfs profile" ' +
          'reads; can be repeated',
      ).argParser((file: string, previous: readonly string[] | undefined) => [...(previous ?? []), file]),
    )
    .option(
      '--profile-image <image>',
      'image that was mounted when the profile was recorded (default: SOURCE, if it is an image)',
    )
    .option(
      '--pin <pattern...>',
      'with --xip: files that must be placed as a whole, whatever the profile and the budget',
    )
    .addOption(
      new Option(
        '--xip-layout <layout>',
        'with --xip: direct blocks next to each file, or all together (default: packed)',
      ).choices(['inline', 'packed']),
    )
    .option('--flash-budget <size>', 'maximum image size; with --xip, place what saves most RAM')
    .option(
      '--no-avoid-last-page-defect',
      'with --xip: also place last pages of files that end on a page boundary, which read(2) returns as zeros',
    );
}

/** What --xip asks for. */
export interface XipRequest {
  readonly spec: XipSpec;
  /** The names that were given, each of which must match a file. */
  readonly wishes: readonly XipWish[];
  readonly warnings: readonly BuildWarning[];
  /** The profile's captures. */
  readonly reports: readonly CaptureReport[];
}

/** How large the image may be. */
export interface FlashBudget {
  readonly bytes: number;
  /** What says so, for errors. */
  readonly origin: string;
}

/** The smaller of `--flash-budget` and the partition; null for neither. @throws CramfsError USAGE */
export function flashBudgetOf(
  { flashBudget }: XipOptions,
  partition: ChosenPartition | null,
  pageSize: number,
): FlashBudget | null {
  const given = flashBudget === undefined ? Infinity : parseNumber(flashBudget, '--flash-budget', pageSize);
  const { size = Infinity, name = '' } = partition ?? {};
  if (given === Infinity && size === Infinity) return null;
  return given <= size
    ? { bytes: given, origin: '--flash-budget' }
    : { bytes: size, origin: `the partition "${name}"` };
}

/** The page that an address outside of one was probably meant to be: hexadecimal without its 0x, or the page it is in. */
function meantAddress(text: string, address: number, pageSize: number): string {
  const hexadecimal = /^[0-9]+$/.test(text) ? parseInt(text, 16) : NaN;
  const meant = hexadecimal % pageSize === 0 ? hexadecimal : roundDown(address, pageSize);
  return `0x${meant.toString(16)}`;
}

/**
 * What is asked for; null without --xip.
 *
 * @throws CramfsError USAGE
 */
export function xipRequest(
  options: XipOptions,
  partition: ChosenPartition | null,
  source: Omit<ProfileSource, 'physBase'>,
  table: readonly DeviceTableEntry[],
  io: Io,
): XipRequest | null {
  const { pageSize } = source;
  if (options.xip === undefined) {
    const { phys, riscvIcache, xipFiles, xipList, xipProfile, profileImage, pin, curve, xipLayout, plan, json } =
      options;
    const given = { phys, riscvIcache, xipFiles, xipList, xipProfile, profileImage, pin, curve, xipLayout, plan, json };
    const idle = Object.entries(given).find(([, value]) => value !== undefined);
    const name = idle?.[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (name !== undefined) usage(`--${name} needs --xip`);
    if (!options.avoidLastPageDefect) usage('--no-avoid-last-page-defect needs --xip');
    return null;
  }
  const { physBase, text } = xipAddress(options.phys, partition, pageSize);
  const meant = meantAddress(text, physBase, pageSize);
  if (physBase % 4 !== 0) usage(`--phys ${text} is not a multiple of 4; did you mean --phys ${meant}?`);
  const paths: XipWish[] = [];
  const wish = (origin: string, text: string): void => {
    paths.push({ origin, text, isPattern: false });
  };
  for (const { xip, path, line } of table) if (xip) wish(`device table, line ${String(line)}`, path);
  for (const { path, line } of options.xipList === undefined ? [] : parsePathList(readText(options.xipList))) {
    wish(`--xip-list, line ${String(line)}`, path);
  }
  const { xipProfile, profileImage } = options;
  if (profileImage !== undefined && xipProfile === undefined) usage('--profile-image needs --xip-profile');
  const profile = xipProfile === undefined ? null : openProfile(xipProfile, profileImage, { ...source, physBase }, io);
  const pins = options.pin ?? [];
  // A trace does not say whether a file that is no program was mapped, or only read.
  const isMapped = profile?.reports.every(({ kind }) => kind !== 'trace' && kind !== 'perf') === true;
  const mapped = isMapped ? profile.profile.paths : [];
  const patterns = options.xipFiles ?? (paths.length === 0 && !isMapped ? ['auto'] : []);
  const named = patterns.filter((pattern) => pattern !== 'auto');
  const spec: XipSpec = {
    mode: options.xip,
    physBase,
    riscvIcache: options.riscvIcache,
    layout: options.xipLayout ?? 'packed',
    choice: choiceOf(patterns, new Set([...paths.map(({ text }) => text), ...mapped])),
    profile: profile?.profile ?? null,
    pin: pinOf(pins),
    avoidLastPageDefect: options.avoidLastPageDefect,
    flashBudget: flashBudgetOf(options, partition, pageSize)?.bytes ?? null,
  };
  return {
    spec,
    wishes: [
      ...named.map((text) => ({ origin: '--xip-files', text, isPattern: true })),
      ...pins.map((text) => ({ origin: '--pin', text, isPattern: true })),
      ...paths,
      ...(profile?.wishes ?? []),
    ],
    warnings: [...physWarnings(text, physBase, pageSize, meant), ...(profile?.warnings ?? [])],
    reports: profile?.reports ?? [],
  };
}

/** @throws CramfsError USAGE for a pattern that is none */
function pinOf(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map(globExpression);
  return (path) => expressions.some((expression) => expression.test(path));
}

function physWarnings(given: string, physBase: number, pageSize: number, meant: string): BuildWarning[] {
  if (physBase % pageSize === 0) return [];
  const message = `--phys ${given} is not a multiple of the page size, ${String(pageSize)}; did you mean --phys ${meant}?`;
  return [{ code: 'phys', path: null, message }];
}

/** The address of the image: `--phys`, else the partition's. */
function xipAddress(
  phys: string | undefined,
  partition: ChosenPartition | null,
  pageSize: number,
): { readonly physBase: number; readonly text: string } {
  if (phys !== undefined) return { physBase: parseNumber(phys, '--phys', pageSize), text: phys };
  if (partition === null) {
    usage('--xip needs --phys, the physical address that pages are aligned to, or --partition-table and --partition');
  }
  const { physBase, noBase } = partition;
  if (physBase === undefined) {
    usage(`the partition table does not give the address of the flash (${noBase ?? ''}): add --flash-base or --phys`);
  }
  return { physBase, text: `0x${physBase.toString(16)}` };
}
