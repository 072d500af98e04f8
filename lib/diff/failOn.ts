/** When a difference is too much: conditions such as "ram=+64K,flash=+1%,direct-lost". */
import { CramfsError } from '../base/errors.ts';
import { parseQuantity } from '../base/quantity.ts';
import type { AuditNumbers } from '../audit/result.ts';
import type { ImageDiff, ProgramChange, XipChange } from './diffResult.ts';

/** What may grow: by name, its number of bytes. */
const SIZES = {
  ram: (numbers) => numbers.ramBytes,
  flash: (numbers) => numbers.imageBytes,
  padding: (numbers) => numbers.paddingBytes,
  content: (numbers) => numbers.contentBytes,
} as const satisfies Record<string, (numbers: AuditNumbers) => number>;

/** Names of what may grow. */
export type GrowthName = keyof typeof SIZES;

/** A condition that fails a comparison. */
export type FailCondition =
  /** More growth than this: bytes, or percent of the first image's. */
  | {
      readonly kind: 'growth';
      readonly name: GrowthName;
      readonly limit: number;
      readonly unit: 'bytes' | 'percent';
      readonly text: string;
    }
  /** Something that was mapped directly is less so. */
  | { readonly kind: 'direct-lost'; readonly text: string }
  /** A program that started does not. */
  | { readonly kind: 'start-lost'; readonly text: string };

/** A condition that was met. */
export type Failure =
  | { readonly condition: Extract<FailCondition, { kind: 'growth' }>; readonly before: number; readonly after: number }
  | { readonly condition: Extract<FailCondition, { kind: 'direct-lost' }>; readonly lost: readonly XipChange[] }
  | { readonly condition: Extract<FailCondition, { kind: 'start-lost' }>; readonly lost: readonly ProgramChange[] };

/**
 * Parses conditions, separated by commas.
 *
 * @throws CramfsError USAGE
 */
export function parseFailOn(text: string): FailCondition[] {
  return text.split(',').map((part) => parseCondition(part.trim()));
}

function parseCondition(text: string): FailCondition {
  if (text === 'direct-lost' || text === 'start-lost') return { kind: text, text };
  const [, name = '', limit = ''] = /^([a-z]+)=\+?(.+)$/.exec(text) ?? [];
  if (!Object.hasOwn(SIZES, name)) {
    const names = Object.keys(SIZES).map((each) => `${each}=+SIZE`);
    throw new CramfsError('USAGE', {
      found: `--fail-on: "${text}" is not ${names.join(', ')}, direct-lost or start-lost`,
    });
  }
  const percent = /^([0-9]+(?:\.[0-9]+)?)%$/.exec(limit)?.[1];
  const value = percent === undefined ? parseQuantity(limit, null) : Number(percent);
  if (value === null || !Number.isFinite(value)) {
    throw new CramfsError('USAGE', {
      found: `--fail-on: "${limit}" is not a size (as in +64K) or a percentage (as in +1%)`,
    });
  }
  return {
    kind: 'growth',
    name: name as GrowthName,
    limit: value,
    unit: percent === undefined ? 'bytes' : 'percent',
    text,
  };
}

/** The conditions that a difference meets. */
export function failures(diff: ImageDiff, conditions: readonly FailCondition[]): Failure[] {
  return conditions.flatMap((condition): Failure[] => {
    switch (condition.kind) {
      case 'growth': {
        const before = SIZES[condition.name](diff.numbers.a);
        const after = SIZES[condition.name](diff.numbers.b);
        const allowed = condition.unit === 'bytes' ? condition.limit : (before * condition.limit) / 100;
        return after - before > allowed ? [{ condition, before, after }] : [];
      }
      case 'direct-lost': {
        const lost = diff.xip.filter((change) => change.lost);
        return lost.length > 0 ? [{ condition, lost }] : [];
      }
      case 'start-lost': {
        const lost = diff.programs.filter(({ a, b }) => a.outcome === 'runs' && b.outcome !== 'runs');
        return lost.length > 0 ? [{ condition, lost }] : [];
      }
    }
  });
}
