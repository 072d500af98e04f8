/** What the reference tools print of a build with -v. */
import { decodeName, printableName } from '../../format/names.ts';
import { fileType, type FileType } from '../../format/inode.ts';
import type { ImageNode } from '../../mkfs/inodes.ts';
import { nodeLine } from './nodeLine.ts';
import type { ReferenceBuild } from './build.ts';

/** How a tool prints an entry, and what it prints for each content that is stored. */
export interface BuildStyle {
  readonly entry: (node: ImageNode) => string;
  /** `end`: first byte after the content, not rounded up; null prints nothing. */
  readonly content: ((node: ImageNode, end: number, pageSize: number) => string) | null;
}

/** Entries with mode, size and owner; with -vv what compression does to each file. */
export function mkcramfsStyle(verbosity: number): BuildStyle {
  return {
    entry: (node) => `${nodeLine(typeOf(node), node, printableName(decodeName(node.name)))}\n`,
    content:
      verbosity < 2
        ? null
        : (node, end, pageSize) => {
            const pointers = 4 * Math.ceil(node.size / pageSize);
            const change = end - node.offset - pointers - node.size;
            const overhead = pointers + (-end & 3);
            return (
              `${percent(((change + overhead) * 100) / node.size)} (${signed(change)} bytes, ${String(overhead)} overhead)` +
              `\t${printableName(decodeName(node.name))}\n`
            );
          },
  };
}

/** Names only, and what compression does to each file. */
export const MKFS_CRAMFS_STYLE: BuildStyle = {
  entry: ({ name }) => `  ${printableName(decodeName(name))}\n`,
  content: ({ name, size, offset }, end) => {
    const change = end + (-end & 3) - offset - size;
    return `${percent((change * 100) / size)} (${signed(change)} bytes)\t${printableName(decodeName(name))}\n`;
  },
};

/** All of it: the directories in the order of the image, contents in theirs, and the sums. */
export function* verboseLines({ result, pageSize }: ReferenceBuild, style: BuildStyle): Generator<string, void> {
  const { root, size, crc } = result;
  yield* directoryLines(root, style);
  yield `Directory data: ${String(directoryEnd(root))} bytes\n`;
  if (style.content !== null) {
    const seen = new Set<number>();
    for (const node of contents(root)) {
      if (seen.has(node.offset)) continue;
      seen.add(node.offset);
      yield style.content(node, node.end, pageSize);
    }
  }
  yield `Everything: ${String(size >>> 10)} kilobytes\n`;
  yield 'Super block: 76 bytes\n';
  yield `CRC: ${crc.toString(16)}\n`;
}

function* directoryLines(directory: ImageNode, style: BuildStyle): Generator<string, void> {
  const children = directory.children ?? [];
  for (const child of children) yield style.entry(child);
  for (const child of children) {
    if (child.children === null || child.children.length === 0) continue;
    yield `'${printableName(decodeName(child.name))}':\n`;
    yield* directoryLines(child, style);
  }
}

/** First byte after the last directory. */
function directoryEnd(directory: ImageNode): number {
  const own =
    directory.children?.length === 0
      ? directory.path === '/'
        ? directory.offset
        : 0
      : directory.offset + directory.size;
  return Math.max(
    own,
    ...(directory.children ?? []).map((child) => (child.children === null ? 0 : directoryEnd(child))),
  );
}

function* contents(node: ImageNode): Generator<ImageNode, void> {
  if (node.content !== null) yield node;
  for (const child of node.children ?? []) yield* contents(child);
}

const typeOf = ({ mode }: ImageNode): FileType => fileType(mode);
const signed = (number: number): string => (number < 0 ? String(number) : `+${String(number)}`);
const percent = (number: number): string => `${number.toFixed(2).padStart(6)}%`;
