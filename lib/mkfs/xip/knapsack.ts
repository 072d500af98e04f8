/**
 * Choosing what to put into flash directly: the most RAM pages for the flash that there is.
 */

/** Something that can be chosen or left out. */
export interface Choice {
  /** Bytes of flash that it costs more than without; may be negative. */
  readonly cost: number;
  /** Pages of RAM that it saves; a whole number. */
  readonly value: number;
}

/** A point of the curve: so much flash buys so many pages. */
export interface CurvePoint {
  /** Bytes of flash, at least. */
  readonly cost: number;
  /** Pages of RAM. */
  readonly value: number;
}

/** What was chosen. */
export interface Selection {
  /** Indices of the chosen ones, ascending. */
  readonly chosen: readonly number[];
  readonly cost: number;
  readonly value: number;
  /** Pages that no selection can save more of; equal to `value` when the selection is known to be the best. */
  readonly bound: number;
}

/** Steps of the exact method at most; beyond it the greedy one is used, which tells how far from the best it may be. */
const MAX_STEPS = 200_000_000;

/**
 * The selection of the highest value whose cost is at most `budget`.
 *
 * Exact: for each total value the least cost at which it can be had (dynamic programming over values, which are small
 * whole numbers, while costs are bytes). Beyond {@link MAX_STEPS}: by value per cost, with the bound of the fractional
 * problem.
 */
export function selectWithin(choices: readonly Choice[], budget: number): Selection {
  const table = leastCosts(choices);
  if (table === null) return selectGreedily(choices, budget);
  let best = 0;
  table.costs.forEach((cost, value) => {
    if (cost <= budget) best = value;
  });
  const chosen: number[] = [];
  let value = best;
  for (let item = choices.length - 1; item >= 0; item--) {
    if (!table.isTaken(item, value)) continue;
    chosen.push(item);
    value -= choices[item]?.value ?? 0;
  }
  return { chosen: chosen.reverse(), cost: table.costs[best] ?? 0, value: best, bound: best };
}

/**
 * What each amount of flash buys: the points of the exact curve where more flash buys more pages, thinned out to at most
 * `most`; the last one is everything.
 */
export function flashCurve(choices: readonly Choice[], most: number): CurvePoint[] {
  const table = leastCosts(choices);
  const points: CurvePoint[] = [];
  if (table === null) {
    for (const { cost, value } of greedyOrder(choices)) {
      const last = points.at(-1) ?? { cost: 0, value: 0 };
      points.push({ cost: last.cost + cost, value: last.value + value });
    }
  } else {
    let cheapest = Infinity;
    for (let value = table.costs.length - 1; value > 0; value--) {
      const cost = table.costs[value] ?? Infinity;
      if (cost >= cheapest) continue;
      cheapest = cost;
      points.push({ cost, value });
    }
    points.reverse();
  }
  if (points.length <= most) return points;
  const step = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => points[Math.round(index * step)] ?? { cost: 0, value: 0 });
}

interface CostTable {
  /** By value: the least cost; Infinity where the value cannot be had. */
  readonly costs: Float64Array;
  isTaken(item: number, value: number): boolean;
}

function leastCosts(choices: readonly Choice[]): CostTable | null {
  const total = choices.reduce((sum, { value }) => sum + value, 0);
  if ((total + 1) * choices.length > MAX_STEPS) return null;
  const costs = new Float64Array(total + 1).fill(Infinity);
  costs[0] = 0;
  const words = Math.ceil((total + 1) / 32);
  const taken = new Uint32Array(words * choices.length);
  choices.forEach(({ cost, value: gain }, item) => {
    for (let value = total; value >= gain; value--) {
      const candidate = (costs[value - gain] ?? Infinity) + cost;
      if (candidate >= (costs[value] ?? Infinity)) continue;
      costs[value] = candidate;
      const word = item * words + (value >>> 5);
      taken[word] = (taken[word] ?? 0) | (1 << (value & 31));
    }
  });
  return {
    costs,
    isTaken: (item, value) => (((taken[item * words + (value >>> 5)] ?? 0) >>> (value & 31)) & 1) === 1,
  };
}

function greedyOrder(
  choices: readonly Choice[],
): { readonly item: number; readonly cost: number; readonly value: number }[] {
  return choices
    .map(({ cost, value }, item) => ({ item, cost, value }))
    .sort((a, b) => a.cost * b.value - b.cost * a.value || a.item - b.item);
}

function selectGreedily(choices: readonly Choice[], budget: number): Selection {
  const chosen: number[] = [];
  let cost = 0;
  let value = 0;
  let bound: number | null = null;
  for (const choice of greedyOrder(choices)) {
    if (cost + choice.cost > budget) {
      // The first that does not fit, cut to fit: what the fractional problem could reach at most.
      bound ??= value + Math.floor((choice.value * (budget - cost)) / choice.cost);
      continue;
    }
    chosen.push(choice.item);
    cost += choice.cost;
    value += choice.value;
  }
  return { chosen: chosen.sort((a, b) => a - b), cost, value, bound: Math.max(value, bound ?? value) };
}
