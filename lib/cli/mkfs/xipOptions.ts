/**
 * The options of `cramfs mkfs --xip`.
 */
import { type Command, Option } from 'commander';
import type { DeviceTableEntry } from '../../mkfs/deviceTable.ts';
import { choiceOf, parsePathList, parseProfile } from '../../mkfs/xip/choice.ts';
import type { XipSpec } from '../../mkfs/xip/plan.ts';
import { CramfsError } from '../../base/errors.ts';
import { parseNumber } from '../numbers.ts';
import { readText } from './readInput.ts';

/** The options as commander hands them over. */
export interface XipOptions {
  readonly xip?: 'mmu' | 'nommu';
  readonly phys?: string;
  readonly xipFiles?: readonly string[];
  readonly xipList?: string;
  readonly xipProfile?: string;
  readonly xipLayout?: 'inline' | 'packed';
  readonly flashBudget?: string;
  readonly plan?: boolean;
  readonly json?: boolean;
  readonly avoidLastPageDefect: boolean;
}

/** Adds the options to the command. */
export function addXipOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--xip <target>', 'place programs so that they run in place on a CPU with or without an MMU').choices([
        'mmu',
        'nommu',
      ]),
    )
    .option('--phys <address>', 'with --xip: physical address of the image; pages are aligned there')
    .option(
      '--xip-files <pattern...>',
      'with --xip: which files: auto for every program of the target, or patterns such as "/usr/bin/*" (default: auto)',
    )
    .option('--xip-list <file>', 'with --xip: a file with one path a line')
    .option(
      '--xip-profile <file>',
      'with --xip: pages in use, CSV "path,first page,pages" or JSON; others are not placed',
    )
    .addOption(
      new Option(
        '--xip-layout <layout>',
        'with --xip: direct blocks with each file, or all together (default: packed)',
      ).choices(['inline', 'packed']),
    )
    .option('--flash-budget <size>', 'with --xip: bytes that the image may have; what saves most RAM is placed')
    .option('--plan', 'with --xip: print the plan and write nothing')
    .addOption(new Option('--json', 'with --xip: print the plan as JSON').conflicts('verbose'))
    .option(
      '--no-avoid-last-page-defect',
      'with --xip: place last pages of files of whole pages too, which read(2) gives as zeros',
    );
}

/**
 * What is asked for; null without --xip.
 *
 * @throws CramfsError USAGE
 */
export function xipSpec(options: XipOptions, pageSize: number, table: readonly DeviceTableEntry[]): XipSpec | null {
  if (options.xip === undefined) {
    const { phys, xipFiles, xipList, xipProfile, xipLayout, flashBudget, plan, json } = options;
    const given = { phys, xipFiles, xipList, xipProfile, xipLayout, flashBudget, plan, json };
    const idle = Object.entries(given).find(([, value]) => value !== undefined);
    const name = idle?.[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (name !== undefined) usage(`--${name} needs --xip`);
    if (!options.avoidLastPageDefect) usage('--no-avoid-last-page-defect needs --xip');
    return null;
  }
  if (options.phys === undefined) usage('--xip needs --phys: pages are aligned where the image is in physical memory');
  const physBase = parseNumber(options.phys, '--phys', pageSize);
  if (physBase % 4 !== 0) usage('--phys must be a multiple of 4');
  const paths = table.filter(({ xip }) => xip).map(({ path }) => path);
  if (options.xipList !== undefined) paths.push(...parsePathList(readText(options.xipList)));
  const profile = options.xipProfile === undefined ? null : parseProfile(readText(options.xipProfile));
  if (profile !== null) paths.push(...profile.keys());
  const patterns = options.xipFiles ?? (paths.length === 0 ? ['auto'] : []);
  return {
    mode: options.xip,
    physBase,
    layout: options.xipLayout ?? 'packed',
    choice: choiceOf(patterns, new Set(paths)),
    profile,
    avoidLastPageDefect: options.avoidLastPageDefect,
    flashBudget:
      options.flashBudget === undefined ? null : parseNumber(options.flashBudget, '--flash-budget', pageSize),
  };
}

function usage(found: string): never {
  throw new CramfsError('USAGE', { found });
}
