/** What a fix is tried with: an image that gets it, and what following it means; and what the cases are made of. */
import type { OpenOptions } from '../../lib/image/image.ts';
import { kernelModel } from '../../lib/driver/models/named.ts';
import { bytesContent, type DirectoryEntry, findEntry, type SourceEntry } from '../../lib/mkfs/sourceTree.ts';
import type { BoardOptions } from '../../lib/verdict/board.ts';
import { AUDIT_CASES, directory, staticProgram, stored } from './auditCases.ts';
import { CHECK_CASES } from './checkCases.ts';
import { dynamicObject } from './elfFile.ts';
import { fixture } from './fixtures.ts';
import { buildRawImage, type RawEntry, type RawImageSpec } from './rawImage.ts';

/** What following a fix means. `words`: the part of the fix that is followed. */
export type Follow =
  /** Each command of the fix is run; `before` is what the fix asks for first. None of the images made has the finding. */
  | { readonly by: 'commands'; readonly before?: (tree: DirectoryEntry) => void }
  /** Each command is run and shows what the fix says. */
  | { readonly by: 'look'; readonly shows: RegExp }
  /** What can be read is extracted, and an image built of that. */
  | { readonly by: 'source' }
  /** The tree is changed, and an image built of it. */
  | {
      readonly by: 'tree';
      readonly words: string;
      readonly change: (tree: DirectoryEntry) => void;
      /** Whether building the image again is enough: the tool that built it was another one. */
      readonly buildingHelps?: true;
    }
  /** The image is built of another tree. */
  | { readonly by: 'image'; readonly words: string; readonly image: () => Uint8Array }
  /** Bytes of the image are changed. */
  | { readonly by: 'bytes'; readonly words: string; readonly change: (image: Uint8Array) => void }
  /** The image is audited on another machine, or read in another way. */
  | { readonly by: 'machine'; readonly words: string; readonly board?: BoardOptions; readonly open?: OpenOptions }
  /** The policy is changed. */
  | { readonly by: 'policy'; readonly words: string; readonly policy: string }
  /** There is nothing to do: the finding is true of a sound image. */
  | { readonly by: 'nothing'; readonly words: string }
  /** No program can do it: why. */
  | { readonly by: 'hand'; readonly words: string; readonly why: string };

/** An image with a finding, and how to follow its fix. */
export interface FixCase {
  readonly id: string;
  /** What of the finding's fixes it is; "" where the finding has one. */
  readonly variant: string;
  readonly image: () => Uint8Array;
  readonly board?: BoardOptions | undefined;
  readonly open?: OpenOptions | undefined;
  /** Policy text without its version. */
  readonly policy?: string | undefined;
  readonly follow: readonly Follow[];
}

export const PAGE = 4096;
export const DIRECT = { kind: 'direct' } as const;
export const ZLIB = { kind: 'zlib' } as const;
export const COMMANDS: readonly Follow[] = [{ by: 'commands' }];
export const SOURCE: readonly Follow[] = [{ by: 'source' }];

export const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 0x41 + ((i * 7) % 23));
export const image = (...entries: RawEntry[]): (() => Uint8Array) => {
  return () => buildRawImage({ entries });
};
export const built = (spec: RawImageSpec | Uint8Array): Uint8Array =>
  spec instanceof Uint8Array ? spec : buildRawImage(spec);

/** The entry at a path that is there. */
export function entryAt(tree: DirectoryEntry, path: string): SourceEntry {
  const entry = findEntry(tree, path);
  if (entry === null) throw new Error(`no ${path}`);
  return entry;
}

export const chmod = (path: string, mode: number) => {
  return (tree: DirectoryEntry): void => {
    entryAt(tree, path).mode = mode;
  };
};

/** Gives a file of the root directory one byte more. */
export const lengthen = (name: string) => {
  return (tree: DirectoryEntry): void => {
    const entry = tree.children.get(name);
    if (entry?.type !== 'file') throw new Error(`no ${name}`);
    const bytes = entry.content.read();
    tree.children.set(name, { ...entry, content: bytesContent(Buffer.concat([bytes, Buffer.alloc(1)])) });
  };
};

export const put = (path: string, bytes: Uint8Array, mode = 0o755) => {
  return (tree: DirectoryEntry): void => {
    const at = path.lastIndexOf('/');
    const parent = at <= 0 ? tree : entryAt(tree, path.slice(0, at));
    if (parent.type !== 'directory') throw new Error(path);
    parent.children.set(path.slice(at + 1), { type: 'file', mode, uid: 0, gid: 0, content: bytesContent(bytes) });
  };
};

/** Renames what has a name that `from` matches, wherever it is. */
export const rename = (from: RegExp, to: string) => {
  return (tree: DirectoryEntry): void => {
    for (const [name, entry] of [...tree.children]) {
      if (entry.type === 'directory') rename(from, to)(entry);
      if (!from.test(name)) continue;
      tree.children.delete(name);
      tree.children.set(to, entry);
    }
  };
};

/** The case of the audit's own with this name. */
export function auditCase(name: string): Pick<FixCase, 'image' | 'board'> {
  const found = AUDIT_CASES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no audit case "${name}"`);
  const { image: of, kernel, board = {} } = found;
  return {
    image: () => (typeof of === 'string' ? fixture(of) : buildRawImage(of())),
    board: { ...board, ...(kernel === undefined ? {} : { kernel: kernelModel(kernel) }) },
  };
}

/** The case of the check with this id. */
export function checkCase(id: string, follow: readonly Follow[], variant = ''): FixCase {
  const [, spec, open] = CHECK_CASES.find(([known]) => known === id) ?? [];
  if (spec === undefined) throw new Error(`no check case ${id}`);
  return { id, variant, image: () => built(spec()), open, follow };
}

export const MUSL = '/lib/ld-musl-i386.so.1';
export const interpreter = (...more: RawEntry[]): RawEntry =>
  directory('lib', stored('ld-musl-i386.so.1', dynamicObject(), DIRECT), ...more);
export const needing = (library: string): RawEntry =>
  stored('app', dynamicObject({ interpreter: MUSL, needed: [library] }), DIRECT);
/** A program that ends at a page boundary. */
export const wholePages = (pages: number): Uint8Array => {
  const bytes = staticProgram(pages);
  return Buffer.concat([bytes, Buffer.alloc(pages * PAGE - bytes.length)]);
};
export const large = (pageSize: number): Uint8Array => {
  const data = new Uint8Array(pageSize).fill(7);
  return buildRawImage({ pageSize, entries: [{ type: 'file', name: 'f', blocks: [{ kind: 'zlib', data }] }] });
};
export const appOf = (...kinds: Parameters<typeof stored>[2][]): RawEntry => stored('app', staticProgram(3), ...kinds);
export const ELF64 = (littleEndian: boolean, bits: 32 | 64): Uint8Array => staticProgram(3, { bits, littleEndian });
