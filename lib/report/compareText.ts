/**
 * Kernels compared: one mapping under several models, or a whole image under two.
 */
import { hex } from '../base/hex.ts';
import { plainLine } from '../format/escapedNames.ts';
import { printableName } from '../format/names.ts';
import type { KernelComparison, Outcome, OutcomeCount } from '../verdict/compareKernels.ts';
import { causeText } from '../audit/violationWords.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import type { MapRequest } from '../verdict/request.ts';
import { sightWord, violationJson } from './mapDetailJson.ts';
import { mapJson, SCHEMA_VERSION } from './mapJson.ts';
import { type Style, wrap } from './style.ts';
import { violationMeaning } from './traceText.ts';
import { plural } from '../base/words.ts';

/** One mapping under several models, side by side. */
export function modelsText(verdicts: readonly MapVerdict[], style: Style, width: number): string {
  const out: string[] = [];
  const [first] = verdicts;
  if (first !== undefined) {
    const what = `${String(first.length)} bytes from offset ${hex(first.offset)}, prot ${first.prot}, ${first.flags.join(' ')}`;
    out.push(style.strong(printableName(first.path)), `  ${what}`);
  }
  for (const verdict of verdicts) {
    out.push('', `${style.strong(verdict.machine.kernel)}: ${stateWords(verdict)}`);
    const seen = foldSights(verdict);
    if (seen !== '') out.push(`  ${wrap(`sees ${printableName(seen)}`, width, '    ', 2)}`);
    for (const violation of verdict.violations ?? []) {
      const cause = violation.cause === null ? '' : `; ${causeText(violation.cause)}`;
      const line = `${violation.severity} ${violation.code}: ${violationMeaning(violation.code)}${cause}`;
      out.push(`  ${wrap(line, width, '    ', 2)}`);
    }
    for (const line of verdict.log) out.push(`  ${style.faint(wrap(printableName(line), width, '    ', 2))}`);
  }
  return `${out.join('\n')}\n`;
}

function stateWords(verdict: MapVerdict): string {
  if (verdict.bug !== null) return `kernel BUG, ${verdict.bug}`;
  if (verdict.kind === 'nommu') {
    const where = verdict.nommu.inFlash ? `in flash at ${hex(verdict.vmaStart)}` : 'a copy in RAM';
    return `${where}, ${plural(verdict.vmaPages, 'page')}, maps offset ${hex(verdict.mapsOffset)}`;
  }
  if (verdict.kind === 'failed') return `${verdict.failed ?? 'mmap'} fails with ${verdict.errno ?? 'an error'}`;
  const state = { pfnmap: 'PFNMAP', mixedmap: 'MIXEDMAP', none: 'paged' }[verdict.state];
  return `${state}, ${String(verdict.directPages)} of ${plural(verdict.vmaPages, 'page')} direct, maps offset ${hex(verdict.mapsOffset)}`;
}

/** What the pages show, equal neighbours folded: "3 x ok, zero". */
function foldSights(verdict: MapVerdict): string {
  const words = (verdict.pages ?? []).map(({ sight }) => (sight === null ? '?' : sightWord(sight)));
  const folded: string[] = [];
  for (let at = 0; at < words.length;) {
    let end = at + 1;
    while (words[end] === words[at]) end++;
    folded.push(end - at === 1 ? (words[at] ?? '') : `${String(end - at)} x ${words[at] ?? ''}`);
    at = end;
  }
  return folded.join(', ');
}

/** One mapping under several models, as JSON. */
export function modelsJson(verdicts: readonly MapVerdict[], differs: boolean) {
  const detail = { trace: true };
  return {
    schemaVersion: SCHEMA_VERSION,
    differs,
    verdicts: verdicts.map((verdict) => mapJson(verdict, detail)),
  };
}

/** What the worse kernel does, as the end of "KERNEL …". */
const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  'kernel-dies': 'is hit by a kernel BUG for',
  killed: 'kills the process at a touch for',
  'foreign-memory': "shows memory that is not the image's for",
  'other-file': "shows another file's bytes for",
  'image-metadata': 'shows other parts of the image for',
  'entry-outside-vma': 'leaves page table entries past the mapping for',
  'wrong-content': 'shows wrong file content for',
  'tail-not-zero': 'shows foreign bytes past the end of the file for',
  fails: 'refuses',
  'fewer-direct': 'maps fewer pages directly for',
  'reported-otherwise': 'maps the same and reports it otherwise for',
};

const SEVERE: ReadonlySet<Outcome> = new Set<Outcome>([
  'kernel-dies',
  'killed',
  'foreign-memory',
  'other-file',
  'image-metadata',
  'entry-outside-vma',
  'wrong-content',
  'tail-not-zero',
]);

const kindWords = (count: OutcomeCount): string =>
  `${count.shared ? 'shared' : 'private'} mappings ${count.atOffset ? 'at non-zero offset' : 'from the start of a file'}`;

/** A whole image under two kernels. */
export function comparisonText(
  comparison: KernelComparison,
  { first, second, image }: { readonly first: string; readonly second: string; readonly image: string },
  style: Style,
  width: number,
): string {
  const { files, mappings, different, outcomes, skipped } = comparison;
  const out = [
    `${style.strong(printableName(image))}: ${first} and ${second}`,
    `  ${plural(files, 'file')}, ${plural(mappings, 'mapping')} compared, ${
      different === 0 ? style.good('no difference') : style.fair(`${String(different)} differ`)
    }`,
  ];
  const nameOf = (worse: OutcomeCount['worse']): string => (worse === 'first' ? first : second);
  for (const count of outcomes) {
    const { request } = count.example;
    const paint = SEVERE.has(count.outcome) ? style.bad : style.fair;
    const counted = `${String(count.count)} of ${String(count.of)} ${kindWords(count)}`;
    const line = `${nameOf(count.worse)} ${paint(OUTCOME_WORDS[count.outcome])} ${counted}`;
    out.push(
      '',
      wrap(
        count.worse === null ? `both ${paint('map the same and report it otherwise for')} ${counted}` : line,
        width,
        '  ',
      ),
      `  ${style.faint(wrap(exampleCommand(image, request, nameOf(count.worse)), width, '    ', 2))}`,
    );
  }
  for (const { error } of skipped) out.push('', wrap(`skipped: ${plainLine(error.message)}`, width, '  '));
  return `${out.join('\n')}\n`;
}

/** The command that shows one mapping. */
function exampleCommand(image: string, request: MapRequest, kernel: string): string {
  const offset = (request.offset ?? 0) === 0 ? '' : ` --offset ${hex(request.offset ?? 0)}`;
  const shared = request.shared === true ? ' --shared' : '';
  return (
    `cramfs-map ${shellWord(image)} ${shellWord(request.path)}${offset} --length ${hex(request.length ?? 0)}${shared} ` +
    `--kernel ${kernel} --trace`
  );
}

/** A word as a shell takes it. */
function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${printableName(text).replace(/'/g, `'\\''`)}'`;
}

/** A whole image under two kernels, as JSON. */
export function comparisonJson(comparison: KernelComparison, first: string, second: string) {
  const { files, mappings, different, outcomes, skipped } = comparison;
  return {
    schemaVersion: SCHEMA_VERSION,
    kernels: [first, second],
    files,
    mappings,
    different,
    outcomes: outcomes.map((count) => ({
      outcome: count.outcome,
      kernel: count.worse === null ? null : count.worse === 'first' ? first : second,
      shared: count.shared,
      atOffset: count.atOffset,
      count: count.count,
      of: count.of,
      example: count.example.request,
      violations: count.example.violations.map(violationJson),
    })),
    skipped: skipped.map(({ path, error }) => ({ path, code: error.code, message: error.message })),
  };
}
