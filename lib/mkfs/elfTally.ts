/**
 * What ELF files there are, for a build that was to run some in place and found none.
 */
import type { ChooseDirect } from './mkfs.ts';
import { MAX_SIZE } from './inodes.ts';
import { type DirectoryEntry, type FileContent, walkEntries } from './sourceTree.ts';

/** Bytes of an ELF file up to its class and byte order. */
const HEAD = 6;

/** Counts of ELF files; a content that several files share counts once or more. */
export class ElfTally {
  files = 0;
  bits64 = 0;
  bigEndian = 0;

  /** The files of a tree. @throws CramfsError IO */
  static ofTree(root: DirectoryEntry): ElfTally {
    const tally = new ElfTally();
    // Files with the same block pointers share their content: it is read once.
    const heads = new Map<FileContent, Uint8Array>();
    for (const { entry } of walkEntries(root)) {
      if (entry.type !== 'file' || entry.content.size === 0) continue;
      const head = heads.get(entry.content) ?? entry.content.read(undefined, MAX_SIZE).slice(0, HEAD);
      heads.set(entry.content, head);
      tally.add(head);
    }
    return tally;
  }

  /** Counts a file if it is an ELF file. */
  add(bytes: Uint8Array): void {
    if (![0x7f, 0x45, 0x4c, 0x46].every((byte, index) => bytes[index] === byte)) return;
    this.files++;
    if (bytes[4] === 2) this.bits64++;
    if (bytes[5] === 2) this.bigEndian++;
  }

  /** The same choice, of files that are counted. */
  watching(choose: ChooseDirect): ChooseDirect {
    return (bytes, node) => {
      this.add(bytes);
      return choose(bytes, node);
    };
  }

  /** "all 12 ELF files are 64-bit", or what else they have in common. */
  text(): string {
    const all = this.files === 1 ? 'the one ELF file is' : `all ${this.files} ELF files are`;
    if (this.bits64 === this.files) return `${all} 64-bit${this.bigEndian === this.files ? ' and big endian' : ''}`;
    if (this.bigEndian === this.files) return `${all} big endian`;
    if (this.bigEndian === 0) return `${all} little endian, without a segment that can be placed`;
    return `none of the ${this.files} ELF files has a segment that can be placed`;
  }
}
