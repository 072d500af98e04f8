/**
 * Why a board does not do what was promised: the model is run with one thing after the other changed, and what predicts
 * just what the board shows is the cause.
 */
import { CramfsError } from '../../base/errors.ts';
import { roundUp } from '../../base/pages.ts';
import { KERNEL_MODELS } from '../../driver/models/index.ts';
import type { KernelModel } from '../../driver/models/kernelModel.ts';
import type { CramfsImage } from '../../image/image.ts';
import { Board, type BoardOptions, REGION_GRANULE } from '../../verdict/board.ts';
import { MAX_PHYS_BITS } from '../../physmem/physicalMemory.ts';
import { type FileIndex, imageIndex } from '../fileIndex.ts';
import { differences } from './compare.ts';
import { inferBase } from './inferBase.ts';
import { predict, type Prediction } from './predict.ts';
import type { SeenProcess, SeenProcesses } from './seenProcesses.ts';

/**
 * How the image could have been built instead, by mkfs: without direct blocks; by mkcramfs with one -X and with two; with
 * --xip for either kind of CPU.
 */
export type ImageVariant = 'plain' | '-X' | '-X -X' | '--xip nommu' | '--xip mmu';

/** One thing that is not as promised. */
export type Change =
  /** The image is at this physical address. */
  | { readonly kind: 'address'; readonly physBase: number }
  /** It is at an address that is not a multiple of the page size, or not of what the image was built for. */
  | { readonly kind: 'unaligned-address' }
  /** The device is not an MTD. */
  | { readonly kind: 'block-device'; readonly device: string }
  /** Linux has no physical address for it: no CONFIG_CRAMFS_MTD, or a driver that cannot point(). */
  | { readonly kind: 'no-direct-access' }
  | { readonly kind: 'kernel'; readonly kernel: string; readonly releases: string }
  /** The flash has another image; null: not one that is known. */
  | { readonly kind: 'image'; readonly variant: ImageVariant | null }
  /** The image is the promised one, and its direct blocks do not lie on pages: it is for a CPU without an MMU. */
  | { readonly kind: 'unaligned-blocks' }
  /** None of these. */
  | { readonly kind: 'unknown' };

/** Things that are not as promised, all together. */
export type Cause = readonly Change[];

/** An image that may be in flash. */
export interface FlashImage {
  readonly image: CramfsImage;
  /** Null for the promised one. */
  readonly variant: ImageVariant | null;
}

/** A board that may be the one which was seen. */
export interface Scenario {
  readonly board: Board;
  readonly files: FileIndex;
  readonly changes: Cause;
}

/** MTD devices have this major number; 0 is that of file systems without a device, such as overlayfs. */
const MAY_BE_MTD = /^(?:31|0):/;
/** The header of a uImage: bytes by which images are off their pages. Any other number that is not a page's does the same. */
const OFF_PAGES = 64;
/** What may be changed at once. */
const MAX_CHANGES = 3;

/** The boards that a capture may be of, by and by. */
export class Scenarios {
  readonly #images: readonly (FlashImage & { readonly files: FileIndex })[];
  readonly #options: BoardOptions;
  readonly #seen: SeenProcesses;
  readonly #predictions = new Map<Board, Map<SeenProcess, Prediction>>();
  readonly #boards = new Map<string, Board>();

  /** @param images the promised one first */
  constructor(images: readonly FlashImage[], options: BoardOptions, seen: SeenProcesses) {
    this.#images = images.map((each) => ({ ...each, files: imageIndex(each.image) }));
    this.#options = options;
    this.#seen = seen;
  }

  /** What was promised. @throws CramfsError USAGE, IO */
  get promised(): Scenario {
    return this.#scenario(0, null, null, []);
  }

  /** The prediction of a process. @throws CramfsError LIMIT, IO, damage */
  predict({ board, files }: Scenario, process: SeenProcess): Prediction {
    const known = this.#predictions.get(board) ?? new Map<SeenProcess, Prediction>();
    this.#predictions.set(board, known);
    const prediction = known.get(process) ?? predict(board, files, process);
    known.set(process, prediction);
    return prediction;
  }

  /** Whether a scenario predicts just what was seen. */
  fits(scenario: Scenario): boolean {
    const { pageSize } = scenario.board.machine;
    return this.#seen.processes.every((process) => {
      try {
        return differences(process, this.predict(scenario, process), pageSize).length === 0;
      } catch (error) {
        // What the model cannot run is not what the board runs.
        if (error instanceof CramfsError && error.code !== 'IO') return false;
        throw error;
      }
    });
  }

  /** The causes that fit with the fewest changes, the likeliest first; empty if none fits. */
  causes(): Cause[] {
    const scenarios = [...this.#all()];
    for (let count = 1; count <= MAX_CHANGES; count++) {
      const fitting = scenarios.filter((scenario) => scenario.changes.length === count && this.fits(scenario));
      if (fitting.length > 0) return fitting.map(({ changes }) => changes);
    }
    return [];
  }

  /** The predictions of all processes for the promised board with the image at another address. @throws CramfsError as predict() */
  predictAt(physBase: number): Prediction[] {
    const scenario = this.#scenario(0, null, physBase, []);
    return this.#seen.processes.map((process) => this.predict(scenario, process));
  }

  /** All scenarios, the likelier before the others. */
  *#all(): Generator<Scenario, void> {
    for (const [index, { variant }] of this.#images.entries()) {
      const ofImage: Cause = index === 0 ? [] : [{ kind: 'image', variant }];
      for (const kernel of this.#kernels()) {
        const changes: Cause =
          kernel === null ? ofImage : [...ofImage, { kind: 'kernel', kernel: kernel.name, releases: kernel.releases }];
        const asPromised = this.#scenario(index, kernel, null, changes);
        if (this.#isMtd()) yield asPromised;
        for (const [change, physBase] of this.#places(asPromised)) {
          const { image, cpu, memory } = asPromised.board;
          // Memory ends before some addresses that a capture can name.
          if (
            physBase + Math.max(memory.size, roundUp(image.size, REGION_GRANULE)) >
            2 ** (cpu.physBits ?? MAX_PHYS_BITS)
          )
            continue;
          yield this.#scenario(index, kernel, physBase, [...changes, change]);
        }
      }
    }
  }

  /** Null for the promised one. Those of kernels without an MMU have no page tables to be seen. */
  #kernels(): (KernelModel | null)[] {
    const promised = this.promised.board.kernel.name;
    const others = KERNEL_MODELS.filter(
      ({ name, nommu, linearXip }) =>
        name.startsWith('linux-') && name !== promised && nommu === undefined && linearXip !== true,
    );
    return [null, ...others];
  }

  #isMtd(): boolean {
    return this.#seen.device === null || MAY_BE_MTD.test(this.#seen.device);
  }

  /** The places where the image may be instead; where the device or the log says where it is, only that. */
  *#places(promised: Scenario): Generator<readonly [Change, number], void> {
    const { physBase } = promised.board.machine;
    const { device, physBase: logged } = this.#seen;
    if (device !== null && !this.#isMtd()) {
      yield [{ kind: 'block-device', device }, 0];
      return;
    }
    const base = logged ?? this.#inferred(promised);
    if (base !== null && base !== physBase) yield [{ kind: 'address', physBase: base }, base];
    if (logged !== null) return;
    if (physBase !== 0) yield [{ kind: 'no-direct-access' }, 0];
    yield [{ kind: 'unaligned-address' }, physBase + OFF_PAGES];
  }

  /** The address at which the mappings have the image; null where they do not show it. */
  #inferred(scenario: Scenario): number | null {
    for (const process of this.#seen.processes) {
      let prediction: Prediction;
      try {
        prediction = this.predict(scenario, process);
      } catch (error) {
        if (error instanceof CramfsError && error.code !== 'IO') continue;
        throw error;
      }
      const base = inferBase(process, prediction, scenario);
      if (base !== null) return base;
    }
    return null;
  }

  #scenario(index: number, kernel: KernelModel | null, physBase: number | null, changes: Cause): Scenario {
    const found = this.#images[index];
    if (found === undefined) throw new RangeError('no image');
    const key = `${String(index)} ${kernel?.name ?? ''} ${String(physBase)}`;
    let board = this.#boards.get(key);
    if (board === undefined) {
      const options = {
        ...this.#options,
        ...(kernel === null ? {} : { kernel }),
        ...(physBase === null ? {} : { physBase }),
      };
      // Another image needs not fit into the region that was given for this one.
      board = new Board(found.image, index === 0 ? options : { ...options, regionSize: undefined });
      this.#boards.set(key, board);
    }
    return { board, files: found.files, changes };
  }
}
