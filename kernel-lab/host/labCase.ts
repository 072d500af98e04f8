/** A random image at a physical address, with what is asked about it: the unit that is made, asked, compared and shrunk. */
import { hex } from '../../lib/report.ts';
import { CramfsImage, type Board } from '../../lib/index.ts';
import { buildRawImage, type RawImageSpec } from '../../__tests__/support/rawImage.ts';
import { AMD64, type Architecture } from './architectures.ts';
import { type LabRegion, MAX_REGIONS, validateRegions } from './bootPlan.ts';
import { alignmentOf, BEHIND_IMAGE, randomImage } from './randomImage.ts';
import { withOddities } from './randomOddities.ts';
import { randomVectors, readRequests } from './randomRequests.ts';
import type { LabRequest, LabTranscript } from './record.ts';
import { labBoard, replay, type ReplayOptions } from './replay.ts';

const PAGE = 4096;
/** Bytes from the page of one region to that of the next: the region of a random image takes half of it at most. */
const REGION_STRIDE = 2 ** 20;

/** A random image at a physical address, with requests. */
export interface LabCase {
  /** The seed of the image. */
  readonly seed: number;
  readonly spec: RawImageSpec;
  readonly physAddress: number;
  readonly requests: readonly LabRequest[];
}

/** What to make. */
export interface RandomPlan {
  /** Seed of the first image; the others have those that follow. */
  readonly seed: number;
  readonly images: number;
  /** Vectors for each image at each base. */
  readonly vectors: number;
  /** Physical addresses: the first says where the regions begin, each where in a page an image does. */
  readonly bases: readonly number[];
  /** Whether a mount sees the images otherwise than their bytes say; see withOddities(). */
  readonly oddities?: boolean | undefined;
  /** Release of the kernel that will be asked: it says which vectors are worth asking. */
  readonly release: string;
  /** `uname -m` of it. Default: x86_64. */
  readonly machine?: string | undefined;
  /** How many regions lie side by side. Default: as many as a boot takes. */
  readonly slots?: number | undefined;
}

/** A kernel, or what stands for one: it is asked about several images at once. */
export interface Oracle {
  (regions: readonly LabRegion[]): Promise<readonly LabTranscript[]>;
  /** How many regions of random images it takes at once. Default: as many as a boot. */
  readonly slots?: number;
  /** Where the first of them begins. Default: where the lowest of the regions asked about lies. */
  readonly start?: number | undefined;
}

/** Random cases: each image at each base, in regions of their own. Each file is read besides. */
export function randomCases(plan: RandomPlan): LabCase[] {
  const { bases, slots = MAX_REGIONS } = plan;
  const alignments = [...new Set(bases.map(alignmentOf))];
  const seeds = Array.from({ length: plan.images }, (_, index) => (plan.seed + index) % 2 ** 32);
  return seeds.flatMap((seed, image) => {
    const spec =
      plan.oddities === true
        ? withOddities(randomImage(seed, { alignments }), seed)
        : randomImage(seed, { alignments });
    return bases.map((base, index): LabCase => {
      const slot = (image * bases.length + index) % slots;
      const unasked = { seed, spec, physAddress: addressIn(slot, bases, base), requests: [] };
      return { ...unasked, requests: requestsFor(unasked, plan, index) };
    });
  });
}

/** The physical address of a slot's region, with the place in a page that a base has. */
export function addressIn(slot: number, bases: readonly number[], base: number): number {
  const [first = 0] = bases;
  return first - (first % PAGE) + slot * REGION_STRIDE + (base % PAGE);
}

/** How many regions of random images a machine has room for. */
export function slotsOf({ regionSpace: [span = { start: 0, end: 0 }] }: Architecture): number {
  return Math.min(MAX_REGIONS, Math.floor((span.end - span.start) / REGION_STRIDE));
}

/**
 * Makes sure that a machine has room for images at these bases.
 *
 * @throws CramfsError USAGE
 */
export function requireBases(bases: readonly number[], architecture: Architecture = AMD64): void {
  for (const base of bases) {
    const name = `base ${hex(base)}`;
    for (const slot of [0, slotsOf(architecture) - 1]) {
      const physAddress = addressIn(slot, bases, base);
      const regionBytes = REGION_STRIDE / 2;
      validateRegions([{ name, image: new Uint8Array(0), physAddress, regionBytes, requests: [] }], architecture);
    }
  }
}

function requestsFor(unasked: LabCase, { release, machine, vectors }: RandomPlan, index: number): LabRequest[] {
  const board = boardOf(regionOf(unasked), release, machine);
  return [...randomVectors(board, unasked.seed + index, vectors), ...readRequests(board)];
}

/**
 * Regions so placed that one boot takes them together: each in a slot of its own, at the same place in a page.
 *
 * @param first where the first slot begins; default: in the page of the lowest region
 */
export function sideBySide(regions: readonly LabRegion[], first?: number): LabRegion[] {
  const start = first ?? Math.min(...regions.map(({ physAddress }) => physAddress - (physAddress % PAGE)));
  return regions.map((region, slot) => ({
    ...region,
    physAddress: start + slot * REGION_STRIDE + (region.physAddress % PAGE),
  }));
}

/** The image of a case, built, in a region that has room for what its pointers lead to. */
export function regionOf({ seed, spec, physAddress, requests }: LabCase): LabRegion {
  const image = buildRawImage(spec);
  // Linux's map_ram driver takes powers of two.
  const regionBytes = 2 ** Math.ceil(Math.log2(image.length + BEHIND_IMAGE));
  return { name: `random-${String(seed)}.cramfs`, image, physAddress, regionBytes, requests };
}

/** A region in the emulation. */
export function boardOf(region: LabRegion, release: string, machine?: string): Board {
  const { image, ...placed } = opened(region);
  return labBoard(image, { ...placed, release, ...(machine === undefined ? {} : { machine }) });
}

function opened({ image, physAddress, regionBytes }: LabRegion) {
  return {
    image: CramfsImage.open(image, { pageSize: PAGE }),
    base: hex(physAddress),
    mtd_size: regionBytes,
    page_size: PAGE,
  };
}

/** The emulation in the place of a kernel of some release; `machine` is its `uname -m`, by default x86_64. */
export function emulatedOracle(release: string, options: ReplayOptions = {}, machine?: string): Oracle {
  return (regions) =>
    Promise.resolve(
      regions.map((region) => {
        const { image, ...placed } = opened(region);
        const setup = { type: 'setup', image: region.name, ...placed, release, machine } as const;
        return replay(image, setup, region.requests, options);
      }),
    );
}
