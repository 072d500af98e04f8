/** What a random run came to, as tables. */
import { hex, type Style, percent, table, plural } from '../../lib/report.ts';
import { countRequests } from './compare.ts';
import { labDifferencesText } from './differencesText.ts';
import { execFacts } from './execCompare.ts';
import { countOutcomes, outcomeOf } from './outcome.ts';
import type { Caught, CaseResult } from './randomRun.ts';

/** Differences that are told of one case; the others have the same cause, mostly. */
const TOLD = 3;

const HEADER = [
  'seed',
  'address',
  'bytes',
  'programs',
  'vectors',
  'reads',
  'direct',
  'in part',
  'paged',
  'errors',
  'differences',
];

/** A line for each case, the totals, the outcomes, and the first differences of each case that has any. */
export function randomText(results: readonly CaseResult[], style: Style): string {
  const rows = results.map(cells);
  const total = rows.reduce<number[]>((sums, row) => row.counts.map((count, at) => count + (sums[at] ?? 0)), []);
  const lines = table([
    HEADER,
    ...rows.map(({ place, counts }) => [...place, ...counts.map(String)]),
    ['total', '', '', ...total.map(String)],
  ]);
  const outcomes = countOutcomes(results.flatMap(outcomesOf));
  const asked = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
  lines.push('', 'Outcomes:');
  lines.push(...table([...outcomes].map(([outcome, count]) => [outcome, String(count), percent(count, asked)])));
  for (const { labCase, differences } of results) {
    if (differences.length === 0) continue;
    const shown = new Set([...new Set(differences.map(({ record }) => record))].slice(0, TOLD));
    lines.push('', style.strong(`seed ${String(labCase.seed)} at ${hex(labCase.physAddress)}`));
    lines.push(
      labDifferencesText(
        differences.filter(({ record }) => shown.has(record)),
        style,
      ).trimEnd(),
    );
  }
  return `${lines.join('\n')}\n`;
}

function outcomesOf({ transcript }: CaseResult): string[] {
  return transcript.records.flatMap((record) => {
    if (record.type === 'exec') return [`program ${execFacts(record).outcome}`];
    return record.type === 'vector' ? [outcomeOf(record)] : [];
  });
}

function cells({ labCase, image, transcript, differences }: CaseResult): {
  readonly place: readonly string[];
  readonly counts: readonly number[];
} {
  const { programs, vectors, reads } = countRequests(transcript.records);
  const states = transcript.records.map((record) => {
    if (record.type !== 'vector') return null;
    return record.errno === null ? record.state : 'error';
  });
  const count = (state: (typeof states)[number]): number => states.filter((one) => one === state).length;
  return {
    place: [String(labCase.seed), hex(labCase.physAddress), String(image.length)],
    counts: [
      programs,
      vectors,
      reads,
      count('pfnmap'),
      count('mixedmap'),
      count('none'),
      count('error'),
      differences.length,
    ],
  };
}

/** The rules, and how many vectors it took to find each of them broken, beginning with each image in turn. */
export function caughtText(caught: readonly Caught[]): string {
  const rows = caught.map(({ rule, vectors }) => {
    const found = vectors.filter((count) => count !== null).sort((a, b) => a - b);
    const median = found[Math.floor(found.length / 2)];
    const cell = (count: number | undefined): string => (count === undefined ? 'never' : String(count));
    return [
      rule.name,
      cell(found[0]),
      cell(median),
      cell(found.at(-1)),
      `${String(found.length)} of ${String(vectors.length)}`,
    ];
  });
  const lines = table([['rule', 'fewest', 'median', 'most', 'found'], ...rows]);
  const meanings = caught.map(({ rule }) => `  ${rule.name}: ${rule.title}`);
  return `${['Vectors until a broken rule is found:', ...lines, '', ...meanings].join('\n')}\n`;
}

/** "seeds 1 to 20: 20 images at 3 addresses, 30000 vectors and 1043 reads: 0 differences". */
export function summaryText(results: readonly CaseResult[]): string {
  const seeds = [...new Set(results.map(({ labCase }) => labCase.seed))];
  const { programs, vectors, reads } = countRequests(results.flatMap(({ transcript }) => transcript.records));
  const differences = results.reduce((sum, result) => sum + result.differences.length, 0);
  const release = results[0]?.transcript.setup.release ?? '';
  return (
    `Linux ${release}, seeds ${String(seeds[0])} to ${String(seeds.at(-1))}: ${plural(seeds.length, 'image')} in ` +
    `${plural(results.length, 'place')}, ${programs === 0 ? '' : `${plural(programs, 'program')}, `}${plural(vectors, 'vector')} and ${plural(reads, 'read')}: ` +
    `${plural(differences, 'difference')}\n`
  );
}
