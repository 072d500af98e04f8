/**
 * What the parts of one check share: the image, what is known of its bytes so far, and the findings.
 */
import { PATH_MAX } from '../base/paths.ts';
import { CRAMFS_FLAG_FSID_VERSION_2 } from '../format/constants.ts';
import { decodeName } from '../format/names.ts';
import type { CramfsImage } from '../image/image.ts';
import { BitSet } from './bitSet.ts';
import { FindingList } from '../findings/findingList.ts';
import type { PlainLayout } from './plainLayout.ts';
import { Uint32List } from './uint32List.ts';

/** Bytes of a path that Linux takes in one system call, without its NUL; longer ones are shown cut. */
export const MAX_PATH = PATH_MAX - 1;

/** What has been counted in an image. */
export interface Tally {
  /** Inodes, the root and every entry of the directories read. */
  inodes: number;
  directories: number;
  files: number;
  symlinks: number;
  others: number;
  /** Blocks of all tables, tables that files share counted once. */
  blocks: number;
  /** Blocks of all files and symlinks, whoever shares them. */
  blocksClaimed: number;
  /** Bytes of all regular files and symlinks. */
  contentBytes: number;
  /** Compressed blocks that were inflated. */
  inflated: number;
}

/** The state of one check. */
export class CheckContext {
  readonly image: CramfsImage;
  readonly findings: FindingList;
  /** Whether the superblock's size is to be believed: FSID_VERSION_2, and room for a superblock. */
  readonly hasSize: boolean;
  /** First byte behind the image as far as it is there: the smaller of the superblock's size and the file's. */
  readonly end: number;
  /** Superblock, boot pad and inodes with their names, in units of 4 bytes. */
  readonly inodes = new BitSet();
  /** Block pointer tables, in units of 4 bytes. */
  readonly tables = new BitSet();
  /** Bytes of blocks. */
  readonly data = new BitSet();
  readonly tally: Tally = {
    inodes: 0,
    directories: 0,
    files: 0,
    symlinks: 0,
    others: 0,
    blocks: 0,
    blocksClaimed: 0,
    contentBytes: 0,
    inflated: 0,
  };
  /** Where things lie if the image is plain: then `tables` and `data` are empty. */
  layout: PlainLayout | null = null;
  /** Whether a part of the tree could not be read, so that counts mean nothing. */
  treeDamaged = false;

  /**
   * Directories read: the position of the inode, the index of the parent, where the entries begin and where those that were
   * taken end, the path's bytes.
   */
  readonly directories = {
    position: new Uint32List(),
    parent: new Uint32List(),
    offset: new Uint32List(),
    end: new Uint32List(),
    pathBytes: new Uint32List(),
  };

  constructor(image: CramfsImage, maxPerId?: number) {
    this.image = image;
    this.findings = new FindingList(maxPerId);
    const { position, size } = image.superblock;
    const available = image.source.size;
    this.hasSize = image.hasFlag(CRAMFS_FLAG_FSID_VERSION_2) && size >= position + image.superblockSize;
    this.end = this.hasSize ? Math.min(size, available) : available;
    this.inodes.addRange(0, this.superblockEnd / 4);
  }

  /** First byte behind the superblock. */
  get superblockEnd(): number {
    return this.image.superblock.position + this.image.superblockSize;
  }

  /** The path of a directory; where it is longer than 4095 bytes the last part of it behind "…". */
  directoryPath(directory: number): string {
    const { position, parent } = this.directories;
    const names: string[] = [];
    let length = 0;
    for (let at = directory; at !== 0; at = parent.at(at)) {
      const name = this.#name(position.at(at));
      length += name.length + 1;
      if (length > MAX_PATH) return `…/${names.reverse().join('/')}`;
      names.push(name);
    }
    return `/${names.reverse().join('/')}`;
  }

  /** The path of the entry at a byte offset, in a directory. */
  entryPath(directory: number, position: number): string {
    const parent = this.directoryPath(directory);
    return `${parent === '/' ? '' : parent}/${this.#name(position)}`;
  }

  #name(position: number): string {
    const { image } = this;
    const { namelen } = image.inodeAt(position);
    const padded = image.need(position + image.inodeLayout.size, namelen, 'the name of a directory entry');
    let length = padded.length;
    while (length > 0 && padded[length - 1] === 0) length--;
    return decodeName(padded.subarray(0, length));
  }
}
