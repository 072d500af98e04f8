/** Names of rules in a policy: ids of findings, and globs of ids. */
import { BadGlob, compileGlob } from './compileGlobs.ts';
import { EXCEPTION_EXPIRED, EXCEPTION_UNUSED } from './exceptions.ts';
import { FINDING_IDS } from './findings.ts';
import { matchesGlob } from './globs.ts';
import { didYouMean } from '../base/suggest.ts';

/** A glob for each kind of finding. */
const GROUPS = [...new Set(FINDING_IDS.map((id) => id.replace(/[/].*/, '/*')))];
/** Findings about exceptions: an exception for them would be about itself. */
const ABOUT_EXCEPTIONS: readonly string[] = [EXCEPTION_EXPIRED.id, EXCEPTION_UNUSED.id];

/** The ids that a name stands for: its own, or those that match the glob. None for what is neither. */
export function idsOf(rule: string): readonly string[] {
  const id = FINDING_IDS.find((known) => known === rule);
  if (id !== undefined) return [id];
  try {
    const glob = compileGlob(`/${rule}`);
    return FINDING_IDS.filter((known) => matchesGlob(`/${known}`, glob));
  } catch (error) {
    if (error instanceof BadGlob) return [];
    throw error;
  }
}

/** The ids that an exception can be for. */
export function exceptionIdsOf(rule: string): readonly string[] {
  return idsOf(rule).filter((id) => !ABOUT_EXCEPTIONS.includes(id));
}

/** What a name that stands for nothing must be: the end of "it must be …". */
export function expectedRule(rule: string): string {
  const hint = rule === '*' ? ' (did you mean "**"?)' : didYouMean(rule, [...FINDING_IDS, ...GROUPS]);
  return `the id of a finding, or a glob that matches some, as in "security/*"${hint}`;
}
