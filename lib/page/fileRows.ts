/** The files of an image as rows of a table. */
import type { AuditedFile } from '../audit/result.ts';
import type { Layout } from './layout.ts';

/** What the boxes of a treemap are as large as. */
export type Measure = 'flash' | 'ram' | 'saved';

/** A row of the table. Bytes. */
export interface FileRow {
  readonly index: number;
  readonly path: string;
  readonly program: boolean;
  readonly bytes: number;
  readonly flash: number;
  readonly direct: number;
  readonly blocks: number;
  /** RAM once everything is touched, as a program with all that it loads or as its own pages. */
  readonly ram: number;
  readonly saved: number;
}

/** Rows of all files of an image. */
export function fileRows(layout: Layout, audited: readonly AuditedFile[], pageSize: number): FileRow[] {
  const known = new Map(audited.map((file) => [file.path, file]));
  return layout.paths.map((path, index) => {
    const file = known.get(path);
    const blocks = layout.blocks[index] ?? 0;
    const direct = layout.directBlocks[index] ?? 0;
    const run = file?.run ?? null;
    return {
      index,
      path,
      program: file !== undefined && file.format !== 'data',
      bytes: layout.sizes[index] ?? 0,
      flash: layout.flash[index] ?? 0,
      direct,
      blocks,
      ram: run?.ramBytes ?? (blocks - direct) * pageSize,
      saved: run?.flashBytes ?? direct * pageSize,
    };
  });
}
