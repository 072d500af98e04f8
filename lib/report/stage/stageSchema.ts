/** The JSON Schema of `cramfs stage --json`. */
import type { StageReason } from '../../stage/closure.ts';
import {
  count,
  described,
  keyOf,
  list,
  nullable,
  object,
  oneOf,
  published,
  type Schema,
  text,
} from '../schema/jsonSchema.ts';
import { STAGE_SCHEMA } from './stageText.ts';

const REASONS: Record<StageReason, true> = {
  root: true,
  interpreter: true,
  library: true,
  script: true,
  link: true,
  configuration: true,
};
const TYPES = ['file', 'directory', 'symlink', 'chardev', 'blockdev', 'fifo', 'socket'];

/** schemas/stage.schema.json */
export function stageJsonSchema(): Schema {
  return published('stage', 'What cramfs stage --json prints', STAGE_SCHEMA, {
    files: described(count, 'Regular files that are staged.'),
    bytes: described(count, 'Their bytes.'),
    entries: list(
      object({
        path: text,
        type: nullable(oneOf(...TYPES), 'Null for what another image has already.'),
        reason: keyOf(REASONS),
        neededFor: nullable(text, 'What needs it; null for what was asked for.'),
        bytes: nullable(count, 'Bytes of a regular file.'),
      }),
    ),
    excluded: list(text, 'Files that the other image has with the same contents.'),
    differing: list(text, 'Files of which the other image has another version.'),
    missing: list(
      object({
        name: text,
        neededBy: text,
        why: text,
        searched: list(text, 'Directories that were searched.'),
        elsewhere: list(text, 'Where a file of that name is.'),
      }),
    ),
    uncertain: list(text),
  });
}
