/**
 * An audit as JUnit XML: a test suite for each image, in it a test case for each finding and one for each file and for the
 * image as a whole that has none. Errors fail; warnings and notes pass and say what they say; what is suppressed is skipped.
 */
import { hexDigits, hex } from '../../base/hex.ts';
import type { Finding } from '../../findings/finding.ts';
import type { AuditResult } from '../../audit/result.ts';
import type { AuditedImage } from '../../audit/run.ts';
import { plainLine } from '../../format/escapedNames.ts';
import { printableName } from '../../format/names.ts';
import { findingWords } from '../findingWords.ts';
import type { AuditReporter } from './reporter.ts';

/** Name of the test case for what is of no file. */
const WHOLE = 'image';

interface TestCase {
  readonly name: string;
  /** The elements in the test case, as XML. */
  readonly content: string;
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
}

export const junitReport: AuditReporter = async function* (images) {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="cramfs audit">\n';
  for await (const image of images) yield suiteOf(image);
  yield '</testsuites>\n';
};

function suiteOf({ image, result, error }: AuditedImage): string {
  const cases: readonly TestCase[] =
    result === null
      ? [{ name: WHOLE, outcome: 'error', content: element('error', error.code, plainLine(error.message)) }]
      : casesOf(result);
  const count = (outcome: TestCase['outcome']): number => cases.filter((test) => test.outcome === outcome).length;
  const name = attribute(printableName(image));
  const taken = new Map<string, number>();
  const lines = cases.map(({ name: plain, content }) => {
    const times = (taken.get(plain) ?? 0) + 1;
    taken.set(plain, times);
    const unique = attribute(times === 1 ? plain : `${plain} (${String(times)})`);
    const open = `    <testcase classname="${name}" name="${unique}" file="${name}" time="0"`;
    return content === '' ? `${open}/>\n` : `${open}>${content}</testcase>\n`;
  });
  return (
    `  <testsuite name="${name}" tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"` +
    ` skipped="${count('skipped')}" time="0">\n${lines.join('')}  </testsuite>\n`
  );
}

function casesOf(result: AuditResult): TestCase[] {
  const { findings, suppressed, files, omitted } = result;
  const told = new Set([...findings, ...suppressed.map(({ finding }) => finding)].map(({ path }) => path));
  const passed = (name: string): TestCase => ({ name, outcome: 'passed', content: '' });
  return [
    ...(told.has(null) ? [] : [passed(WHOLE)]),
    ...findings.map((finding) => caseOf(finding, result)),
    ...Object.entries(omitted).map(([id, count]): TestCase => {
      const content = `<system-out>${text(`${String(count)} more findings are not in this report`)}</system-out>`;
      return { name: `${WHOLE}: more of ${id}`, outcome: 'passed', content };
    }),
    ...suppressed.map(({ finding, by, reason }): TestCase => {
      const content = `<skipped message="${attribute(reason ?? by)}"/>`;
      return { name: nameOf(finding), outcome: 'skipped', content };
    }),
    ...files.filter(({ path }) => !told.has(path)).map(({ path }) => passed(printableName(path))),
  ];
}

function caseOf(finding: Finding, result: AuditResult): TestCase {
  const { id, severity, offset } = finding;
  const place = offset === null ? [] : [`at byte ${String(offset)}, ${hex(offset)}`];
  const { cause, fix } = findingWords(finding, result);
  const rest = [`to fix: ${fix}`, ...place].join('\n');
  const name = nameOf(finding);
  if (severity === 'error') return { name, outcome: 'failure', content: element('failure', id, cause, rest) };
  const content = `<system-out>${text(`${severity}: ${cause}\n${rest}`)}</system-out>`;
  return { name, outcome: 'passed', content };
}

function nameOf({ id, path }: Finding): string {
  return `${path === null ? WHOLE : printableName(path)}: ${id}`;
}

function element(name: 'failure' | 'error', type: string, message: string, rest = ''): string {
  const content = rest === '' ? message : `${message}\n${rest}`;
  return `<${name} type="${attribute(type)}" message="${attribute(message)}">${text(content)}</${name}>`;
}

/** Text between tags. Characters that XML 1.0 cannot hold are written as escapes. */
function text(content: string): string {
  return content
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, (char) => {
      const code = char.codePointAt(0) ?? 0;
      return `\\u${hexDigits(code, 4)}`;
    })
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}

function attribute(content: string): string {
  return text(content).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}
