/** Parts of a policy that can make no difference. */
import type { TextProblem } from '../base/errors.ts';
import type { PolicyDocument } from './document.ts';
import { findingDefinition } from './findings.ts';
import type { PolicyException, RuleSetting } from './policy.ts';

/** A setting, and where it stands. */
export interface PlacedSetting extends RuleSetting {
  readonly rule: string;
  /** Where in a list of settings of the rule; null where there is one only. */
  readonly index: number | null;
}

/** Settings that a later one outranks wherever they fit. */
export function shadowedSettings(settings: readonly PlacedSetting[], document: PolicyDocument): TextProblem[] {
  const problems: TextProblem[] = [];
  settings.forEach((setting, at) => {
    const by = settings.slice(at + 1).find((later) => covers(later, setting));
    if (by === undefined) return;
    const { rule, index } = setting;
    const message = `this setting has no effect: the later one of "${by.rule}" covers everything it covers`;
    problems.push(
      index === null
        ? document.problemAtKey(['rules'], rule, message)
        : document.problemAt(['rules', rule, index], message),
    );
  });
  return problems;
}

/** Whether a setting says everything of another anew. */
function covers(later: PlacedSetting, earlier: PlacedSetting): boolean {
  if (later.paths !== null || later.severity === null || earlier.ids.length === 0) return false;
  if (!earlier.ids.every((id) => later.ids.includes(id))) return false;
  // Options of the earlier one hold on, unless nothing is found at all.
  const hasOptions = Object.values(earlier.options).some((option) => option !== undefined);
  return !hasOptions || later.severity === 'off';
}

/** Whether findings of an id are about the image as a whole. */
const isWithoutPath = (id: string): boolean => findingDefinition(id)?.scope === 'image';

/** Settings and exceptions for some paths only of findings that have none. */
export function pathsWithoutUse(
  settings: readonly PlacedSetting[],
  exceptions: readonly PolicyException[],
  { problemAt }: PolicyDocument,
): TextProblem[] {
  const isUseless = ({ ids, paths }: RuleSetting | PolicyException): boolean =>
    paths !== null && ids.length > 0 && ids.every(isWithoutPath);
  const message = 'these paths can never apply: the findings are about the image as a whole';
  return [
    ...settings
      .filter(isUseless)
      .map(({ rule, index }) => problemAt(['rules', rule, ...(index === null ? [] : [index]), 'paths'], message)),
    ...exceptions.flatMap((exception, index) =>
      isUseless(exception) ? [problemAt(['exceptions', index, 'paths'], message)] : [],
    ),
  ];
}
