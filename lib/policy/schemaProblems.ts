/** From what zod has to say to lines and sentences. */
import type * as z from 'zod';
import type { TextProblem } from '../base/errors.ts';
import { printableName } from '../format/names.ts';
import type { DataPath, PolicyDocument } from './document.ts';
import { expectedRule, idsOf } from './ruleIds.ts';
import { type FileKind, knownKeys } from './schema.ts';
import { didYouMean } from '../base/suggest.ts';

type Issue = z.core.$ZodIssue;

/** Characters of a value that a sentence shows. */
const SHOWN = 40;

/** What of the data is not as the schema wants it. */
export function schemaProblems(issues: readonly Issue[], document: PolicyDocument, kind: FileKind): TextProblem[] {
  const problems: TextProblem[] = [];
  const told = new Set<string>();
  for (const issue of issues.flatMap((each) => withoutUnions(each, []))) {
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(issue.path, kind);
      const place = issue.path.length === 0 ? '' : ` in ${placeName(issue.path)}`;
      for (const key of issue.keys) {
        const sentence = `unknown key ${quote(key)}${place}${didYouMean(key, known)}`;
        problems.push(document.problemAtKey(issue.path, key, sentence));
      }
      continue;
    }
    // A value that is wrong in several ways is told of once.
    const key = JSON.stringify(issue.path);
    if (told.has(key)) continue;
    told.add(key);
    problems.push(document.problemAt(issue.path, sentenceOf(issue, valueAt(document.data, issue.path), kind)));
  }
  return problems;
}

/** Names of rules that stand for nothing. */
export function ruleProblems({ data, problemAtKey }: PolicyDocument): TextProblem[] {
  const rules = valueAt(data, ['rules']);
  if (typeof rules !== 'object' || rules === null || Array.isArray(rules)) return [];
  return Object.keys(rules)
    .filter((rule) => idsOf(rule).length === 0)
    .map((rule) => problemAtKey(['rules'], rule, `the rule ${quote(rule)} must be ${expectedRule(rule)}`));
}

/** Of the ways in which a union was missed, the one that came furthest. */
function withoutUnions(issue: Issue, base: DataPath): Issue[] {
  const path = [...base, ...issue.path];
  if (issue.code !== 'invalid_union') return [{ ...issue, path }];
  const depth = (branch: readonly Issue[]): number =>
    Math.max(
      ...branch.map(
        (each) =>
          each.path.length +
          (each.code === 'unrecognized_keys' ? 1 : 0) +
          (each.code === 'invalid_union' ? Math.max(0, ...each.errors.map(depth)) : 0),
      ),
    );
  const deepest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0];
  if (deepest === undefined || depth(deepest) === 0) return [{ ...issue, path }];
  return deepest.flatMap((each) => withoutUnions(each, path));
}

function sentenceOf(issue: Issue, value: unknown, kind: FileKind): string {
  const { path, message } = issue;
  if (value === undefined) {
    const holder = path.length === 1 ? `the ${kind}` : placeName(path.slice(0, -1));
    return `${holder} lacks ${quote(String(path[path.length - 1]))}, which must be ${message}`;
  }
  if (path.length === 0) {
    return value === null
      ? `the file is empty; a ${kind} must be ${message}`
      : `a ${kind} must be ${message}${but(issue, value)}`;
  }
  const name = placeName(path);
  if (value === null) return `${name} has no value; it must be ${message}`;
  const hint = typeof value === 'string' ? didYouMean(value, knownValues(issue)) : '';
  return `${name} must be ${message}${but(issue, value)}${hint}`;
}

/** What a value is instead; of lists and objects only where it is their being so that is wrong. */
function but({ code }: Issue, value: unknown): string {
  if (typeof value === 'string') return `, not ${quote(value)}`;
  if (typeof value === 'number' || typeof value === 'boolean') return `, not ${String(value)}`;
  if (code !== 'invalid_type' && code !== 'invalid_union' && code !== 'invalid_value') return '';
  return Array.isArray(value) ? ', not a list' : ', not an object';
}

/** Words that would do. */
function knownValues(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(knownValues) : [];
}

/** "exceptions[0].paths", `rules."security/setuid".severity`. */
function placeName(path: DataPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      const name = String(step);
      return `${index === 0 ? '' : '.'}${/^[$\w-]+$/.test(name) ? name : quote(name)}`;
    })
    .join('');
}

function quote(text: string): string {
  return `"${printableName(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)}"`;
}

function valueAt(data: unknown, path: DataPath): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Record<PropertyKey, unknown>)[step]
        : undefined,
    data,
  );
}
