/**
 * Choosing what to put into flash directly: the most use for the flash that there is.
 *
 * There are groups of options, and of each group one option is taken at most: a part of a file is direct up to here, or up
 * to there, or not at all.
 */

/** Something that can be taken. */
export interface Option {
  /** Bytes of flash that it costs more than without; 0 at least. */
  readonly cost: number;
  /** What it is worth; a whole number, 0 at least. */
  readonly value: number;
}

/** Options of which one is taken at most. */
export type Group = readonly Option[];

/** What was chosen. */
export interface Selection {
  /** For each group the index of the option that is taken, or null. */
  readonly taken: readonly (number | null)[];
  readonly cost: number;
  readonly value: number;
  /** Value that no selection can exceed; equal to `value` when the selection is known to be the best. */
  readonly bound: number;
}

/** A step of the curve: one group is taken, or taken further. */
export interface CurveStep {
  readonly group: number;
  /** The option that is taken from here on, and the one before it; null for none. */
  readonly option: number;
  readonly before: number | null;
  /** Cost and value of all that is taken up to here. No selection of that cost is worth more. */
  readonly cost: number;
  readonly value: number;
}

/** Steps of the exact method at most; beyond it the greedy one is used, which knows how far from the best it may be. */
const MAX_STEPS = 200_000_000;
/** Bytes of its table. */
const MAX_TABLE = 256 << 20;

/**
 * The selection of the highest value whose cost is at most `budget`.
 *
 * Exact: for each total value the least cost at which it is reached (dynamic programming over values, which are small whole
 * numbers, while costs are bytes). Beyond {@link MAX_STEPS}: along the curve, with the bound of the fractional problem.
 */
export function selectWithin(groups: readonly Group[], budget: number): Selection {
  const table = leastCosts(groups);
  if (table === null) return selectGreedily(groups, budget);
  let best = 0;
  table.costs.forEach((cost, value) => {
    if (cost <= budget) best = value;
  });
  const taken: (number | null)[] = groups.map(() => null);
  let value = best;
  for (let group = groups.length - 1; group >= 0; group--) {
    const option = table.takenAt(group, value);
    if (option === null) continue;
    taken[group] = option;
    value -= groups[group]?.[option]?.value ?? 0;
  }
  return { taken, cost: table.costs[best] ?? 0, value: best, bound: best };
}

/**
 * What flash buys, from nothing to everything that is worth something: what costs nothing first, then what is worth most for
 * its cost. After each step that is not followed by a free one no selection of the same cost is worth more, since the steps are those of the fractional problem, and nothing is cut.
 */
export function flashCurve(groups: readonly Group[]): CurveStep[] {
  const steps: CurveStep[] = [];
  let cost = 0;
  let value = 0;
  for (const { group, option, before, addedCost, addedValue } of hullSteps(groups)) {
    cost += addedCost;
    value += addedValue;
    steps.push({ group, option, before, cost, value });
  }
  return steps;
}

interface CostTable {
  /** By value: the least cost; Infinity where no selection has the value. */
  readonly costs: Float64Array;
  /** The option of a group that the selection of a value takes, of this group and those before it. */
  takenAt(group: number, value: number): number | null;
}

function leastCosts(groups: readonly Group[]): CostTable | null {
  const total = groups.reduce((sum, group) => sum + Math.max(0, ...group.map(({ value }) => value)), 0);
  const options = groups.reduce((sum, group) => sum + group.length, 0);
  if ((total + 1) * options > MAX_STEPS || (total + 1) * groups.length * 2 > MAX_TABLE) return null;
  const costs = new Float64Array(total + 1).fill(Infinity);
  costs[0] = 0;
  const taken = groups.map((group) => takeGroup(group, costs));
  return {
    costs,
    takenAt: (group, value) => {
      const option = taken[group]?.[value] ?? 0;
      return option === 0 ? null : option - 1;
    },
  };
}

/** Adds a group to a table of costs. Gives for each value which option is taken: its index + 1, 0 for none. */
function takeGroup(group: Group, costs: Float64Array): Uint16Array {
  const taken = new Uint16Array(costs.length);
  for (let value = costs.length - 1; value >= 0; value--) {
    let least = costs[value] ?? Infinity;
    group.forEach(({ cost, value: gain }, option) => {
      const candidate = value < gain ? Infinity : (costs[value - gain] ?? Infinity) + cost;
      if (candidate >= least) return;
      least = candidate;
      taken[value] = option + 1;
    });
    costs[value] = least;
  }
  return taken;
}

interface HullStep {
  readonly group: number;
  readonly option: number;
  readonly before: number | null;
  readonly addedCost: number;
  readonly addedValue: number;
}

/** The steps of all groups, what is worth most for its cost first; those of one group in their order. */
function hullSteps(groups: readonly Group[]): HullStep[] {
  const steps = groups.flatMap((options, group) => hullOf(options).map((step) => ({ group, ...step })));
  const key = ({ addedCost, addedValue }: HullStep): number => (addedCost === 0 ? Infinity : addedValue / addedCost);
  return steps
    .map((step, index) => ({ step, index, key: key(step) }))
    .sort((a, b) => (a.key === b.key ? a.index - b.index : b.key - a.key))
    .map(({ step }) => step);
}

/** The upper hull of a group's options: those that are the best for some price of flash, each worth less for its cost than the one before. */
function hullOf(options: Group): Omit<HullStep, 'group'>[] {
  const points = options
    .map(({ cost, value }, option) => ({ cost, value, option }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => a.cost - b.cost || b.value - a.value);
  const hull: { cost: number; value: number; option: number | null }[] = [{ cost: 0, value: 0, option: null }];
  for (const point of points) {
    for (;;) {
      const last = hull.at(-1);
      const previous = hull.at(-2);
      if (last === undefined) break;
      if (point.cost <= last.cost && point.value >= last.value) {
        // What costs no more and is worth as much takes the other's place.
        if (last.option === null) break;
        hull.pop();
        continue;
      }
      if (previous === undefined) break;
      const isAbove =
        (point.value - last.value) * (last.cost - previous.cost) <=
        (last.value - previous.value) * (point.cost - last.cost);
      if (isAbove) break;
      hull.pop();
    }
    const last = hull.at(-1);
    if (last === undefined || point.value > last.value) hull.push(point);
  }
  return hull.slice(1).map(({ cost, value, option }, index) => {
    const before = hull[index] ?? { cost: 0, value: 0, option: null };
    return {
      option: option ?? 0,
      before: before.option,
      addedCost: cost - before.cost,
      addedValue: value - before.value,
    };
  });
}

function selectGreedily(groups: readonly Group[], budget: number): Selection {
  const taken: (number | null)[] = groups.map(() => null);
  const stopped = new Set<number>();
  let cost = 0;
  let value = 0;
  let bound: number | null = null;
  for (const { group, option, addedCost, addedValue } of hullSteps(groups)) {
    if (stopped.has(group)) continue;
    if (cost + addedCost > budget) {
      // The first that does not fit, cut to fit: what the fractional problem could reach at most.
      bound ??= value + Math.floor((addedValue * (budget - cost)) / addedCost);
      stopped.add(group);
      continue;
    }
    taken[group] = option;
    cost += addedCost;
    value += addedValue;
  }
  return { taken, cost, value, bound: Math.max(value, bound ?? value) };
}
