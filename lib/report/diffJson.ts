/** `cramfs diff --json`. */
import type { ImageDiff } from '../diff/diffResult.ts';
import { octalMode } from './modeString.ts';
import { SCHEMA_VERSION } from './mapJson.ts';

/** The differences; `a` is the first image. Paths are lossless (format/names), modes octal, sizes and offsets bytes. */
export function diffJson(diff: ImageDiff): Record<string, unknown> {
  const { images, boards, superblock, removed, added, changed, omitted, xip, programs, numbers, damage } = diff;
  return {
    schemaVersion: SCHEMA_VERSION,
    basis: diff.basis,
    differs: diff.differs,
    images,
    boards,
    superblock,
    removed,
    added,
    changed: changed.map(({ path, from, changes }) => ({
      path,
      from,
      changes: changes.map((change) =>
        change.what === 'mode' ? { what: 'mode', a: octalMode(change.a), b: octalMode(change.b) } : change,
      ),
    })),
    omitted,
    xip,
    programs,
    numbers,
    damage,
  };
}
