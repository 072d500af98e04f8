/** Settings that can make no difference, because a later one outranks them wherever they fit. */
import type { TextProblem } from '../../errors.ts';
import type { PolicyDocument } from './document.ts';
import type { RuleSetting } from './policy.ts';

/** A setting, and where it stands. */
export interface PlacedSetting extends RuleSetting {
  readonly rule: string;
  /** Where in a list of settings of the rule; null where there is one only. */
  readonly index: number | null;
}

/** A problem for each such setting. */
export function shadowedSettings(settings: readonly PlacedSetting[], document: PolicyDocument): TextProblem[] {
  const problems: TextProblem[] = [];
  settings.forEach((setting, at) => {
    const by = settings.slice(at + 1).find((later) => covers(later, setting));
    if (by === undefined) return;
    const { rule, index } = setting;
    const message = `this setting has no effect: that of "${by.rule}" behind it is for all that it is for`;
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
