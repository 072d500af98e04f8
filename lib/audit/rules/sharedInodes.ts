/**
 * Files that Linux takes for one, and that are not alike: cramfs numbers inodes by where the data stands (cramino()), and
 * makers store equal contents once, whatever mode and owner the files have. As long as the inode of one of them is in
 * memory, the other one has its mode, owner and size.
 */
import { args, defineFinding } from '../../findings/definition.ts';
import { shownPath } from '../../format/shownPath.ts';
import { octal } from '../words.ts';
import { defineRule } from '../rule.ts';
import type { SurveyedEntry } from '../survey.ts';

/** What two files of one inode disagree about. */
export interface InodeDifference {
  readonly attribute: 'mode' | 'uid' | 'gid' | 'size';
  readonly value: number;
  /** Of the other file. */
  readonly other: number;
}

export const SHARED_INODE = defineFinding({
  id: 'security/shared-inode',
  severity: 'warning',
  scope: 'entry',
  args: args<{ readonly first: string; readonly differences: readonly InodeDifference[] }>(),
  distinct: ({ first, differences }) => [first, ...differences.map(({ attribute }) => attribute)],
  title: 'Files that share an inode on Linux',
  cause: ({ first, differences }) =>
    `its data is also that of ${shownPath(first)}, so Linux has one inode for both, with the attributes of whichever is looked up first: ${differences.map(differenceText).join(', ')}`,
  fix: 'give both files the same mode and owner, or make their contents differ in a byte',
});

/** "mode 04755 here and 0755 there". */
function differenceText({ attribute, value, other }: InodeDifference): string {
  const shown = attribute === 'mode' ? octal : String;
  return `${attribute} ${shown(value)} here and ${shown(other)} there`;
}

const ATTRIBUTES = ['mode', 'uid', 'gid', 'size'] as const;

export const sharedInodes = defineRule([SHARED_INODE], ({ survey }, report) => ({
  end() {
    for (let index = 0; index < survey.sharing.length; index++) {
      const one = survey.entry(survey.sharing, index);
      const first = survey.entry(survey.sharedWith, index);
      const differences = differencesOf(one, first);
      if (differences.length === 0) continue;
      const place = { path: one.path, offset: one.inode.position };
      report(SHARED_INODE, place, { first: first.path(), differences });
    }
  },
}));

function differencesOf({ inode }: SurveyedEntry, { inode: first }: SurveyedEntry): InodeDifference[] {
  return ATTRIBUTES.filter((attribute) => inode[attribute] !== first[attribute]).map((attribute) => ({
    attribute,
    value: inode[attribute],
    other: first[attribute],
  }));
}
