/**
 * Two images compared: their files, how they are stored, and what Linux makes of them on a machine.
 *
 * Nothing is told of where things stand in the images, since every change moves all that follows it.
 */
import type { FileType } from '../format/inode.ts';
import type { Inode } from '../image/image.ts';
import type { Board } from '../verdict/board.ts';
import { auditImage } from '../audit/auditImage.ts';
import { ContentComparison } from './diffContent.ts';
import type { DamagedSide } from './diffDamage.ts';
import { type FileComparison, fileChanges, type FilePair, haveSameContent, LayoutComparison } from './diffFile.ts';
import {
  type Both,
  type ChangedFile,
  type DiffDamage,
  type ImageDiff,
  imageDiff,
  type LoneFile,
  type ProgramChange,
  type XipChange,
} from './diffResult.ts';
import { superblockChanges } from './diffSuperblock.ts';
import { type Side, walkTogether } from './diffTree.ts';
import { programChange, XipComparison } from './diffXip.ts';
import { comparePaths } from '../audit/pathOrder.ts';
import type { AuditedFile, AuditResult } from '../audit/result.ts';
import type { CramfsError } from '../base/errors.ts';

/** Files in the lists of differences, and damage told of; more is counted only. */
const MAX_LISTED = 1 << 17;
const MAX_DAMAGE = 1000;
/** Files of one size among which renamed ones are looked for: each may have to be read. */
const MAX_ALIKE = 64;

/** How to compare. */
export interface DiffOptions {
  /** The images as the user named them. */
  readonly names: Both<string>;
  /** Whether contents are read; else files of the same size count as the same. Default true. */
  readonly content?: boolean | undefined;
}

/** A file that one image has, and the other has not. */
interface Lone {
  readonly path: string;
  readonly inode: Inode;
}

/**
 * Compares the images of two boards.
 *
 * @throws CramfsError IO when a source fails; damage is part of the result
 */
export function diffImages(a: Board, b: Board, { names, content = true }: DiffOptions): ImageDiff {
  return new Comparison(a, b, content).compare(names);
}

/** One comparison. */
class Comparison {
  readonly #boards: Both<Board>;
  readonly #images: FileComparison;
  readonly #audits: Both<AuditResult>;
  readonly #audited: Both<ReadonlyMap<string, AuditedFile>>;
  readonly #lone: { readonly a: Lone[]; readonly b: Lone[] } = { a: [], b: [] };
  readonly #changed: ChangedFile[] = [];
  readonly #xipComparison: XipComparison;
  readonly #xip: XipChange[] = [];
  readonly #programs: ProgramChange[] = [];
  readonly #damage: DiffDamage[] = [];
  #listed = 0;
  #omitted = 0;

  constructor(a: Board, b: Board, content: boolean) {
    this.#boards = { a, b };
    this.#images = {
      a: a.image,
      b: b.image,
      contents: content ? new ContentComparison(a.image, b.image) : null,
      layouts: new LayoutComparison(a.image, b.image),
    };
    this.#xipComparison = new XipComparison({ a, b });
    this.#audits = { a: auditImage(a, { name: '', inflate: false }), b: auditImage(b, { name: '', inflate: false }) };
    const filesOf = ({ files }: AuditResult): ReadonlyMap<string, AuditedFile> =>
      new Map(files.map((file) => [file.path, file]));
    this.#audited = { a: filesOf(this.#audits.a), b: filesOf(this.#audits.b) };
  }

  compare(images: Both<string>): ImageDiff {
    const { a, b } = this.#images;
    const onDamage = (side: Side, error: CramfsError): void => {
      this.#tellDamage(side, error);
    };
    for (const side of ['a', 'b'] as const) {
      const { image, isTruncated } = this.#boards[side];
      const there = image.source.size;
      if (isTruncated) onDamage(side, image.missing(there, image.size - there, 'the end of the image'));
    }
    for (const { path, a: inodeA, b: inodeB } of walkTogether(a, b, onDamage)) {
      if (inodeA !== null && inodeB !== null) this.#compareFiles({ a: inodeA, b: inodeB, pathA: path, pathB: path });
      else if (inodeA !== null) this.#addLone('a', { path, inode: inodeA });
      else if (inodeB !== null) this.#addLone('b', { path, inode: inodeB });
    }
    this.#findRenamed();
    return imageDiff({
      images,
      boards: { a: this.#audits.a.board, b: this.#audits.b.board },
      superblock: superblockChanges(a, b),
      removed: this.#lone.a.map(loneFile).sort(byPath),
      added: this.#lone.b.map(loneFile).sort(byPath),
      changed: this.#changed.sort(byPath),
      omitted: this.#omitted,
      xip: this.#xip.sort(byPath),
      programs: this.#programs.sort(byPath),
      numbers: { a: this.#audits.a.numbers, b: this.#audits.b.numbers },
      damage: this.#damage,
      basis: 'images',
    });
  }

  #compareFiles(pair: FilePair): void {
    const changes = fileChanges(pair, this.#images, ({ side, damage }: DamagedSide) => {
      this.#tellDamage(side, damage);
    });
    const { pathA, pathB } = pair;
    const from = pathA === pathB ? null : pathA;
    if ((changes.length > 0 || from !== null) && this.#hasRoom()) {
      this.#changed.push({ path: pathB, from, changes });
    }
    const a = { path: pathA, inode: pair.a, audited: this.#audited.a.get(pathA) ?? null };
    const b = { path: pathB, inode: pair.b, audited: this.#audited.b.get(pathB) ?? null };
    this.#xip.push(...this.#xipComparison.changes(a, b));
    const program = programChange(pathB, { a: a.audited, b: b.audited });
    if (program !== null) this.#programs.push(program);
  }

  #addLone(side: Side, file: Lone): void {
    if (this.#hasRoom()) this.#lone[side].push(file);
  }

  #hasRoom(): boolean {
    if (++this.#listed <= MAX_LISTED) return true;
    this.#omitted++;
    return false;
  }

  /** Takes files out of those removed and added that have the same content and another path: in order, one for one. */
  #findRenamed(): void {
    const groups = new Map<number, { readonly a: Lone[]; readonly b: Lone[] }>();
    for (const side of ['a', 'b'] as const) {
      for (const file of this.#lone[side]) {
        if (file.inode.type !== 'file' || file.inode.size === 0) continue;
        const group = groups.get(file.inode.size) ?? { a: [], b: [] };
        groups.set(file.inode.size, group);
        group[side].push(file);
      }
    }
    const renamed = new Set<Lone>();
    for (const { a, b } of groups.values()) {
      if (a.length + b.length > MAX_ALIKE) continue;
      for (const file of a.sort(byPath)) {
        const other = b.sort(byPath).find((each) => {
          const pair = { a: file.inode, b: each.inode, pathA: file.path, pathB: each.path };
          return !renamed.has(each) && haveSameContent(pair, this.#images);
        });
        if (other === undefined) continue;
        renamed.add(file).add(other);
        this.#listed -= 2;
        this.#compareFiles({ a: file.inode, b: other.inode, pathA: file.path, pathB: other.path });
      }
    }
    for (const side of ['a', 'b'] as const) {
      const left = this.#lone[side].filter((file) => !renamed.has(file));
      this.#lone[side].splice(0, Infinity, ...left);
    }
  }

  #tellDamage(image: Side, { code, message, path, offset }: CramfsError): void {
    if (this.#damage.length >= MAX_DAMAGE) return;
    this.#damage.push({ image, code, message, path: path ?? null, offset: offset ?? null });
  }
}

function byPath(x: { readonly path: string }, y: { readonly path: string }): number {
  return comparePaths(x.path, y.path);
}

const WITH_CONTENT: ReadonlySet<FileType> = new Set<FileType>(['file', 'symlink']);

function loneFile({ path, inode: { type, size } }: Lone): LoneFile {
  return { path, type, size: WITH_CONTENT.has(type) ? size : 0 };
}
