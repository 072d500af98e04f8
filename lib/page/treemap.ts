/** A treemap of files: boxes whose areas are bytes, in boxes of their directories. */
import { hierarchy, treemap } from 'd3-hierarchy';

/** Numbers of a box: left, top, right, bottom, index of the file or -1 for the files too small to have their own. */
export const BOX = 5;

/** Files that have a box of their own; the others share one. */
const MAX_BOXES = 4000;
/** Height of a directory's heading, and the least box that has one. Pixels. */
const HEAD_HEIGHT = 18;
const LEAST_HEADED = 40;

/** Where a directory's heading is. */
export interface TreemapHead {
  readonly name: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
}

/** What is drawn. */
export interface Treemap {
  readonly boxes: Float64Array;
  readonly heads: readonly TreemapHead[];
}

interface Node {
  readonly name: string;
  readonly index: number;
  readonly bytes: number;
  readonly children?: Node[] | undefined;
}

/**
 * Lays out a treemap.
 *
 * @param indices the files that are in it
 * @param bytes the area of each of them
 */
export function treemapOf(
  paths: readonly string[],
  indices: Uint32Array,
  bytes: Float64Array,
  width: number,
  height: number,
): Treemap {
  const root = hierarchy(tree(paths, indices, bytes), ({ children }) => children)
    .sum((node) => node.bytes)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const laidOut = treemap<Node>()
    .size([width, height])
    .paddingInner(1)
    .paddingTop(({ depth, x1, x0, y1, y0 }) =>
      depth === 1 && x1 - x0 >= LEAST_HEADED && y1 - y0 >= LEAST_HEADED ? HEAD_HEIGHT : 0,
    )
    .round(true)(root);
  const seen = laidOut.leaves().filter(({ x0, x1, y0, y1 }) => x1 - x0 >= 1 && y1 - y0 >= 1);
  return {
    boxes: Float64Array.from(seen.flatMap(({ x0, y0, x1, y1, data }) => [x0, y0, x1, y1, data.index])),
    heads: (laidOut.children ?? []).flatMap(({ x0, x1, y0, y1, data, children }) =>
      children !== undefined && x1 - x0 >= LEAST_HEADED && y1 - y0 >= LEAST_HEADED
        ? [{ name: `/${data.name}`, left: x0, top: y0, right: x1 }]
        : [],
    ),
  };
}

function tree(paths: readonly string[], indices: Uint32Array, bytes: Float64Array): Node {
  const order = Uint32Array.from(indices.keys()).sort((a, b) => (bytes[b] ?? 0) - (bytes[a] ?? 0));
  const root: Node = { name: '', index: -1, bytes: 0, children: [] };
  const folders = new Map<string, Node>([['', root]]);
  const folder = (path: string): Node => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const cut = path.lastIndexOf('/');
    const made: Node = { name: path.slice(cut + 1), index: -1, bytes: 0, children: [] };
    folders.set(path, made);
    folder(path.slice(0, Math.max(0, cut))).children?.push(made);
    return made;
  };
  let rest = 0;
  order.forEach((at, rank) => {
    const area = bytes[at] ?? 0;
    if (rank >= MAX_BOXES) rest += area;
    if (rank >= MAX_BOXES || area === 0) return;
    const index = indices[at] ?? 0;
    const path = paths[index] ?? '';
    const cut = path.lastIndexOf('/');
    folder(path.slice(0, Math.max(0, cut))).children?.push({ name: path.slice(cut + 1), index, bytes: area });
  });
  if (rest > 0) root.children?.push({ name: '', index: -1, bytes: rest });
  return root;
}
