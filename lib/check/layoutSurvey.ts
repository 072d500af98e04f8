/** One pass over the tables of an image, from front to back, which shows whether the image is plain. */
import { CRAMFS_BLK_VALUE, CRAMFS_FLAG_HOLES, CRAMFS_FLAG_SHIFTED_ROOT_OFFSET } from '../format/constants.ts';
import type { CramfsImage } from '../image/image.ts';
import { ForwardReader } from '../source/forwardReader.ts';
import type { CheckContext } from './context.ts';
import type { FileIndex } from './fileIndex.ts';
import type { PlainFile, PlainLayout } from './plainLayout.ts';
import { Uint32List } from './uint32List.ts';

/** Places are sorted as numbers with their index in the lower bits: more files and directories are not plain. */
const MAX_PLACES = 2 ** 21;
/** Gaps up to this many bytes are looked at on the way. */
const MAX_GAP = 1 << 12;

/** Whether an image can be plain, as far as its tree shows. */
function canBePlain({ image, treeDamaged, hasSize, end }: CheckContext): boolean {
  const { linearXip, unflaggedStored, longTables } = image.quirks;
  return (
    !treeDamaged &&
    !linearXip &&
    !unflaggedStored &&
    longTables === null &&
    hasSize &&
    image.source.around === undefined &&
    // Pointers with flags are beyond the end then.
    end <= CRAMFS_BLK_VALUE &&
    !image.hasFlag(CRAMFS_FLAG_SHIFTED_ROOT_OFFSET)
  );
}

/**
 * Where things lie, if the image is plain; else null.
 *
 * @param visit gets each file with a table of its own, in the order of their places
 * @throws CramfsError IO
 */
export function surveyLayout(
  context: CheckContext,
  files: FileIndex,
  visit: (file: PlainFile) => void,
): PlainLayout | null {
  const count = files.length;
  const { directories } = context;
  if (!canBePlain(context) || count + directories.offset.length > MAX_PLACES) return null;
  const survey = new LayoutSurvey(context, files, visit);
  for (const place of placesInOrder(files, directories.offset)) {
    const index = place % MAX_PLACES;
    const offset = (place - index) / MAX_PLACES;
    const taken =
      index < count ? survey.file(index, offset) : survey.directory(offset, directories.end.at(index - count));
    if (!taken) return null;
  }
  return survey.gap(context.end) ? survey.layout() : null;
}

/** Offset × {@link MAX_PLACES} + index of all files, and of directories after them, in ascending order. */
function placesInOrder(files: FileIndex, directories: Uint32List): Float64Array {
  const count = files.length;
  const places = new Float64Array(count + directories.length);
  for (let i = 0; i < count; i++) places[i] = files.offset.at(i) * MAX_PLACES + i;
  for (let i = 0; i < directories.length; i++) places[count + i] = directories.at(i) * MAX_PLACES + count + i;
  return places.sort();
}

class LayoutSurvey {
  readonly #image: CramfsImage;
  readonly #end: number;
  readonly #files: FileIndex;
  readonly #visit: (file: PlainFile) => void;
  readonly #reader: ForwardReader;
  readonly #hasHoles: boolean;
  readonly #first: Uint32Array;
  readonly #dataEnd: Uint32Array;
  readonly #otherGaps = new Uint32List();
  readonly #file: { -readonly [K in keyof PlainFile]: PlainFile[K] };
  /** Up to where everything is known. */
  #at: number;
  /** The file that ends there, and whether it has a table only; -1 for none. */
  #previous = -1;
  #isTableOnly = false;
  #blocks = 0;
  #blocksClaimed = 0;
  #tables = 0;
  #tablesInRow = 0;
  #filesWithData = 0;
  #dataBytes = 0;
  #zeroGaps = 0;
  #zeroBytes = 0;

  constructor(context: CheckContext, files: FileIndex, visit: (file: PlainFile) => void) {
    this.#image = context.image;
    this.#end = context.end;
    this.#files = files;
    this.#visit = visit;
    this.#reader = new ForwardReader(context.image.source, context.image.littleEndian);
    this.#hasHoles = context.image.hasFlag(CRAMFS_FLAG_HOLES);
    this.#first = new Uint32Array(files.length);
    this.#dataEnd = new Uint32Array(files.length);
    this.#file = { index: 0, mode: 0, dataStart: 0, firstEnd: 0, dataEnd: 0, reader: this.#reader };
    this.#at = context.superblockEnd;
  }

  /** A directory's entries, [start, end); false where they are not plain. */
  directory(start: number, end: number): boolean {
    if (!this.gap(start)) return false;
    this.#at = end;
    this.#previous = -1;
    this.#isTableOnly = false;
    return true;
  }

  /** A file's table and blocks; false where they are not plain. */
  file(index: number, offset: number): boolean {
    const size = this.#files.size.at(index);
    const { pageSize } = this.#image;
    const blocks = Math.ceil(size / pageSize);
    const previous = this.#previous;
    this.#blocksClaimed += blocks;
    if (previous !== -1 && this.#files.offset.at(previous) === offset) {
      if (this.#files.size.at(previous) !== size) return false;
      this.#first[index] = previous;
      return true;
    }
    const isInRow = this.#isTableOnly && this.#at === offset;
    if (!this.gap(offset)) return false;
    const dataStart = offset + blocks * 4;
    if (dataStart > this.#end || !this.#reader.reach(offset, blocks * 4)) return false;
    let at = dataStart;
    for (let block = 0; block < blocks; block++) {
      const pointer = this.#reader.u32(offset + block * 4);
      if (pointer < at || pointer > this.#end || pointer - at > 2 * pageSize) return false;
      if (pointer === at && !this.#hasHoles) return false;
      at = pointer;
    }
    this.#first[index] = index;
    this.#dataEnd[index] = at;
    this.#blocks += blocks;
    this.#tables++;
    if (isInRow) this.#tablesInRow++;
    if (at > dataStart) this.#filesWithData++;
    this.#dataBytes += at - dataStart;
    const file = this.#file;
    file.index = index;
    file.mode = this.#files.mode.at(index);
    file.dataStart = dataStart;
    file.firstEnd = this.#reader.u32(offset);
    file.dataEnd = at;
    this.#at = at;
    this.#previous = index;
    this.#isTableOnly = at === dataStart;
    this.#visit(file);
    return true;
  }

  /** What is between the things before and the next one, at `end`; false where that begins earlier. */
  gap(end: number): boolean {
    const start = this.#at;
    if (end <= start) return end === start;
    const length = end - start;
    if (length <= MAX_GAP && this.#reader.reach(start, length) && this.#reader.isZero(start, length)) {
      this.#zeroGaps++;
      this.#zeroBytes += length;
    } else {
      this.#otherGaps.push(start);
      this.#otherGaps.push(end);
    }
    return true;
  }

  layout(): PlainLayout {
    return {
      first: this.#first,
      dataEnd: this.#dataEnd,
      blocks: this.#blocks,
      blocksClaimed: this.#blocksClaimed,
      tables: this.#tables,
      tablesInRow: this.#tablesInRow,
      filesWithData: this.#filesWithData,
      dataBytes: this.#dataBytes,
      zeroGaps: this.#zeroGaps,
      zeroBytes: this.#zeroBytes,
      otherGaps: this.#otherGaps.toArray(),
    };
  }
}
