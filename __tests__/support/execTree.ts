/** Programs in trees that are written down where they are used. */
import { buildRawImage, type RawEntry } from './rawImage.ts';
import { type ExecReport, type ExecRequest, execProgram } from '../../lib/exec/execProgram.ts';
import { CramfsImage } from '../../lib/image/image.ts';
import { Board } from '../../lib/verdict/board.ts';

/** A tree of directories, files (bytes or text) and symlinks ("-> TARGET"). */
export interface Tree {
  readonly [name: string]: Tree | Uint8Array | string;
}

function entries(tree: Tree): RawEntry[] {
  return Object.entries(tree).map(([name, value]) => {
    if (typeof value === 'string' && value.startsWith('-> ')) {
      return { type: 'symlink', name, blocks: [{ kind: 'stored', data: new TextEncoder().encode(value.slice(3)) }] };
    }
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    if (!(bytes instanceof Uint8Array)) return { type: 'directory', name, entries: entries(bytes) };
    const blocks = [];
    for (let at = 0; at < bytes.length; at += 4096) {
      blocks.push({ kind: 'direct', data: bytes.subarray(at, at + 4096) } as const);
    }
    return { type: 'file', name, mode: 0o755, size: bytes.length, blocks };
  });
}

/** Starts a program of a tree. */
export function exec(tree: Tree, request: ExecRequest): ExecReport {
  return execProgram(new Board(CramfsImage.open(buildRawImage({ entries: entries(tree) }))), request);
}

/** The libraries that were looked for, and where they were found. */
export const found = ({ needed }: ExecReport): Record<string, string | null> =>
  Object.fromEntries(needed.map(({ name, path }) => [name, path]));
