/**
 * Files that Linux takes for one, and that are not alike: cramfs numbers inodes by where the data stands (cramino()), and
 * makers store equal contents once, whatever mode and owner the files have. As long as the inode of one of them is in
 * memory, the other one has its mode, owner and size.
 */
import type { InodeDifference } from '../ids.ts';
import { defineRule } from '../rule.ts';
import type { SurveyedEntry } from '../survey.ts';

const ATTRIBUTES = ['mode', 'uid', 'gid', 'size'] as const;

export const sharedInodes = defineRule(['security/shared-inode'], ({ survey }, report) => ({
  end() {
    for (let index = 0; index < survey.sharing.length; index++) {
      const one = survey.entry(survey.sharing, index);
      const first = survey.entry(survey.sharedWith, index);
      const differences = differencesOf(one, first);
      if (differences.length === 0) continue;
      const place = { path: one.path, offset: one.inode.position };
      report('security/shared-inode', place, { first: first.path(), differences });
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
