/** The page that lists every fix and the test that follows it: `npm run docs` writes it, a test compares it. */
import { adviceWords } from '../../lib/report/mapAdvice.ts';
import { CramfsImage } from '../../lib/image/image.ts';
import { Board } from '../../lib/verdict/board.ts';
import { FIX_CASES, type Follow } from './fixCases.ts';
import { fixOf, IMAGE } from './followFix.ts';
import { MAP_FIX_CASES, type MapFixCase } from './mapFixCases.ts';

/** The name of a case, and of its test. */
export const caseName = ({ id, variant }: { readonly id: string; readonly variant: string }): string =>
  variant === '' ? id : `${id} (${variant})`;

function followText(how: Follow): string {
  switch (how.by) {
    case 'commands':
      return how.before === undefined ? 'runs each command' : 'does what comes first, then runs the command';
    case 'look':
      return 'runs the command';
    case 'source':
      return 'extracts what can be read and builds an image of it';
    case 'tree':
    case 'image':
      return `builds the image anew: “${how.words}”`;
    case 'bytes':
      return `writes the bytes: “${how.words}”`;
    case 'machine':
      return `changes the machine: “${how.words}”`;
    case 'policy':
      return `changes the policy: “${how.words}”`;
    case 'nothing':
      return `nothing to do: a note on a sound image`;
    case 'hand':
      return `by hand (“${how.words}”): ${how.why}`;
  }
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** The fix of a mapping's remedy: its alternative alone. */
function remedyFix({ image, board, request, pageSize = 4096 }: MapFixCase, kind: string): string {
  const verdict = new Board(CramfsImage.open(image(), { pageSize }), board).map(
    { path: '/f', ...request },
    { advice: true },
  );
  const { advice } = verdict;
  if (advice === null) return '';
  const remedies = advice.remedies.filter((remedy) => remedy.kind === kind);
  return adviceWords({ ...advice, remedies }, { image: IMAGE, verdict }).fix ?? '';
}

/** The page, in Markdown. */
export async function fixesPage(): Promise<string> {
  const rows: string[] = [];
  for (const example of FIX_CASES) {
    const { id } = example;
    const { fix } = await fixOf(example);
    const link = `[${caseName(example)}](findings/${id}.md)`;
    rows.push(`| ${link} | ${cell(fix)} | ${example.follow.map((how) => cell(followText(how))).join('; ')} |`);
  }
  const remedies = Object.entries(MAP_FIX_CASES).map(([kind, example]) => {
    const how = example.by === 'command' ? 'runs the command' : 'gives the option';
    return `| ${kind} | ${cell(remedyFix(example, kind))} | ${how} |`;
  });
  return [
    INTRODUCTION,
    '',
    '## Findings',
    '',
    '| finding | fix | what its test does |',
    '| --- | --- | --- |',
    ...rows,
    '',
    '## Mappings',
    '',
    'What `cramfs-map` prints after "to fix". A file is `/f`; the name of the remedy is that of the JSON output.',
    '',
    '| remedy | fix | what its test does |',
    '| --- | --- | --- |',
    ...remedies,
    '',
    '## Hints of wrong usage',
    '',
    HINTS,
    '',
  ].join('\n');
}

const INTRODUCTION = `# Fixes

Every fix that the tools print is followed literally by a test (\`__tests__/fixes.test.ts\`, "the fix of …"), and what it is
for is then gone. A finding or a remedy without a case fails the test. Commands are printed with the user's own image,
address and path; here the image is \`${IMAGE}\`. \`NEW-IMAGE\` is the file that the command writes.

This page is generated (\`npm run docs\`).`;

const HINTS = `Hints such as "did you mean …" are followed too: those of \`cramfs mkfs\` in \`build.advice.test.ts\`, the commands of
diagnoses and of \`cramfs scan\` in \`diagnose.cli.test.ts\`, all others in \`fixes.test.ts\`. A source with a hint and no test
fails "is followed in a test wherever one is printed".`;
