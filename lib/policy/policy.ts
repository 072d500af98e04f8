/**
 * A policy: what an audit must find, and what it may find. Plain data that can be sent to worker threads;
 * parsePolicy() makes it of a file.
 */
import type { Severity } from '../findings/definition.ts';
import type { CpuName } from '../mm/cpu.ts';
import type { MapState } from '../verdict/mapVerdict.ts';
import type { PathGlobs } from './globs.ts';

/** What a policy says about the machine; what is absent is left to others. Addresses and sizes in bytes. */
export interface PolicyMachine {
  /** Name of a kernel model. */
  readonly kernel?: string | undefined;
  readonly physBase?: number | undefined;
  readonly pageSize?: number | undefined;
  readonly regionSize?: number | undefined;
  readonly cpu?: CpuName | undefined;
  readonly littleEndian?: boolean | undefined;
  /** LD_LIBRARY_PATH. */
  readonly libraryPath?: string | undefined;
  /** Partition table: a file, as the policy names it, or mtdparts=…; with the name of the image's partition. */
  readonly partitionTable?: string | undefined;
  readonly partition?: string | undefined;
  /** Physical address of the flash, for tables without addresses. */
  readonly flashBase?: number | undefined;
}

/** When a finding of a rule counts as none. What is absent makes no difference. */
export interface RuleOptions {
  /** Padding within these bounds is fine: bytes, and percent of the image. */
  readonly maxBytes?: number | undefined;
  readonly maxPercent?: number | undefined;
  /** Less than so many bytes are fine. */
  readonly minBytes?: number | undefined;
  /** Files that may be so. */
  readonly allow?: PathGlobs | undefined;
}

/** What a policy makes of some rules. Settings stand in the order of the file, and later ones outrank earlier ones. */
export interface RuleSetting {
  readonly ids: readonly string[];
  /** null leaves it as it is. */
  readonly severity: Severity | 'off' | null;
  /** The files that it is for; null for all, and for what is about the image as a whole. */
  readonly paths: PathGlobs | null;
  readonly options: RuleOptions;
}

/** Which segments of a program a requirement is for; `none`: the file as a whole. */
export type SegmentChoice = 'text' | 'rodata' | 'read-only' | 'all' | 'none';

/** What must be mapped how. */
export interface Requirement {
  readonly paths: PathGlobs;
  /** Least state of the mappings. */
  readonly state?: Exclude<MapState, 'none'> | undefined;
  /** Least share of the pages that are straight from flash, in percent. */
  readonly direct?: number | undefined;
  readonly segments: SegmentChoice;
}

/** What a policy can limit, in bytes; `text` is a least percentage. */
export type BudgetName = 'flash' | 'padding' | 'ram' | 'text';

/** Limits: bytes, and for `text` a least percentage. */
export type Budgets = Readonly<Partial<Record<BudgetName, number>>>;

/** Findings that are known and do not count. */
export interface PolicyException {
  readonly ids: readonly string[];
  /** null for all files, and for what is about the image as a whole. */
  readonly paths: PathGlobs | null;
  readonly reason: string;
  /** The last day on which it holds, as YYYY-MM-DD; null for ever. */
  readonly expires: string | null;
}

/** A policy. */
export interface Policy {
  readonly machine: PolicyMachine;
  readonly settings: readonly RuleSetting[];
  readonly requirements: readonly Requirement[];
  readonly budgets: Budgets;
  readonly exceptions: readonly PolicyException[];
}
