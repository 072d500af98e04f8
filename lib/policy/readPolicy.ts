/**
 * From the text of a policy to a policy. This loads yaml and zod, which take their time: parsePolicy() loads this when
 * there is a policy to read.
 */
import type { Severity } from '../findings/definition.ts';
import { CramfsError, type TextProblem } from '../base/errors.ts';
import { type PolicyDocument, readDocument } from './document.ts';
import type { Policy, PolicyException, PolicyMachine } from './policy.ts';
import { exceptionIdsOf, idsOf } from './ruleIds.ts';
import { type BoardFile, boardSchema, type PolicyFile, policySchema } from './schema.ts';
import { ruleProblems, schemaProblems } from './schemaProblems.ts';
import { pathsWithoutUse, type PlacedSetting, shadowedSettings } from './withoutEffect.ts';

/** Problems that are reported. */
const MAX_PROBLEMS = 100;

/** Severities, and words for them that policies may have had. */
const SEVERITIES: Readonly<Record<string, Severity | 'off'>> = {
  off: 'off',
  note: 'note',
  info: 'note',
  warning: 'warning',
  warn: 'warning',
  error: 'error',
};

/** See parsePolicy(). */
export function readPolicy(text: string, name: string): Policy {
  const document = readDocument(text);
  const problems = [...document.problems];
  let policy: Policy | null = null;
  if (document.data !== undefined) {
    const result = policySchema.safeParse(document.data);
    problems.push(...ruleProblems(document));
    if (!result.success) problems.push(...schemaProblems(result.error.issues, document, 'policy'));
    else {
      const settings = settingsOf(result.data, document);
      policy = toPolicy(result.data, settings);
      problems.push(...shadowedSettings(settings, document));
      problems.push(...pathsWithoutUse(settings, policy.exceptions, document));
    }
  }
  if (policy !== null && problems.length === 0) return policy;
  throw badFile('BAD_POLICY', name, problems);
}

/** Reads a board: YAML 1.2 or JSON. @throws CramfsError BAD_BOARD with everything that is wrong with it */
export function readBoard(text: string, name: string): PolicyMachine {
  const document = readDocument(text);
  const result = document.data === undefined ? null : boardSchema.safeParse(document.data);
  const issues = result?.error?.issues ?? [];
  const problems = [...document.problems, ...schemaProblems(issues, document, 'board')];
  if (result?.data !== undefined && problems.length === 0) return toMachine(result.data);
  throw badFile('BAD_BOARD', name, problems);
}

function badFile(code: 'BAD_POLICY' | 'BAD_BOARD', name: string, problems: readonly TextProblem[]): CramfsError {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const more = sorted.length > MAX_PROBLEMS ? `, of which the first ${MAX_PROBLEMS} are reported` : '';
  return new CramfsError(code, {
    what: name,
    found: `${sorted.length === 1 ? '1 error' : `${sorted.length} errors`}${more}`,
    problems: sorted.slice(0, MAX_PROBLEMS),
  });
}

/** Settings in the order of the file; that of the schema's output is another. */
function settingsOf({ rules = {} }: PolicyFile, { data }: PolicyDocument): PlacedSetting[] {
  const names = Object.keys((data as { readonly rules?: object }).rules ?? {});
  return names.flatMap((rule) => {
    const value = rules[rule] ?? [];
    const list = value instanceof Array ? value : [value];
    return list.map((said, index): PlacedSetting => {
      const object = typeof said === 'string' ? { severity: said } : said;
      return {
        rule,
        index: value instanceof Array ? index : null,
        ids: idsOf(rule),
        severity: object.severity === undefined ? null : (SEVERITIES[object.severity] ?? null),
        paths: object.paths ?? null,
        options: {
          maxBytes: object['max-bytes'],
          maxPercent: object['max-percent'],
          minBytes: object['min-bytes'],
          allow: object.allow,
        },
      };
    });
  });
}

function toMachine(file: BoardFile): PolicyMachine {
  const { endian } = file;
  return {
    kernel: file.kernel,
    physBase: file.phys,
    pageSize: file['page-size'],
    regionSize: file['region-size'],
    cpu: file.cpu,
    littleEndian: endian === undefined ? undefined : endian === 'little',
    libraryPath: file['library-path'],
    partitionTable: file['partition-table'],
    partition: file.partition,
    flashBase: file['flash-base'],
  };
}

function toPolicy(file: PolicyFile, settings: readonly PlacedSetting[]): Policy {
  const { requires = [], budgets = {}, exceptions = [] } = file;
  return {
    machine: toMachine(file),
    settings: settings.map(({ ids, severity, paths, options }) => ({ ids, severity, paths, options })),
    requirements: requires,
    budgets: budgets as Policy['budgets'],
    exceptions: exceptions.map(({ rule, paths = null, reason, expires = null }): PolicyException => ({
      ids: exceptionIdsOf(rule),
      paths,
      reason: reason.trim(),
      expires,
    })),
  };
}
