/** A staged closure as text and as JSON. */
import { printableName } from '../../format/names.ts';
import type { Closure, StageProblem } from '../../stage/closure.ts';
import type { StagedTree } from '../../stage/stagedTree.ts';
import { columns } from '../table.ts';
import { plural, size } from '../../base/words.ts';

/** Version of the JSON. */
export const STAGE_SCHEMA = 1;

/** What was found, what is missing, and what is not certain. */
export function stageText(closure: Closure, staged: StagedTree): string {
  const rows = staged.files.map(({ path, reason, by }) => [
    reason,
    printableName(path),
    by === null || by === path ? '' : `for ${printableName(by)}`,
  ]);
  const { files, bytes } = totals(staged);
  const lines = [
    ...columns(rows),
    '',
    `${plural(files, 'file')}, ${size(bytes)}; ${plural(staged.files.length - files, 'other entry', 'other entries')}`,
    ...(staged.excluded.length === 0
      ? []
      : [`left out: ${plural(staged.excluded.length, 'file')} that the other image has`]),
    ...staged.differing.map((path) => `${printableName(path)}: the other image has another version; it stays in`),
    ...closure.problems.map(problemText),
    ...closure.uncertain.map((text) => `not certain: ${printableName(text)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function problemText({ name, by, why, searched, elsewhere }: StageProblem): string {
  const where = searched.length === 0 ? '' : `; searched ${searched.map(printableName).join(', ')}`;
  const there = elsewhere.length === 0 ? '' : `; it exists as ${elsewhere.map(printableName).join(', ')}`;
  return `missing: ${printableName(name)}, needed by ${printableName(by)}: ${printableName(why)}${where}${there}`;
}

/** Regular files and their bytes. */
function totals({ files }: StagedTree): { readonly files: number; readonly bytes: number } {
  const sizes = files.flatMap(({ bytes }) => bytes ?? []);
  return { files: sizes.length, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
}

/** The same for programs. */
export function stageJson({ problems, uncertain }: Closure, staged: StagedTree) {
  return {
    schemaVersion: STAGE_SCHEMA,
    ...totals(staged),
    entries: staged.files.map(({ path, type, reason, by, bytes }) => ({
      path,
      type,
      reason,
      neededFor: by,
      bytes,
    })),
    excluded: staged.excluded,
    differing: staged.differing,
    missing: problems.map(({ name, by, why, searched, elsewhere }) => ({
      name,
      neededBy: by,
      why,
      searched,
      elsewhere,
    })),
    uncertain,
  };
}
