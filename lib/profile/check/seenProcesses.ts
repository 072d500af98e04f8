/**
 * The processes of a capture: maps and smaps of one process after the other, cut apart and put under the paths of the image.
 */
import { CramfsError } from '../../base/errors.ts';
import type { CaptureCounts } from '../capture.ts';
import { chooseDevice, type DeviceChoice } from '../devices.ts';
import { loggedAddresses, parseMappings, type SeenMapping } from '../mapsCapture.ts';

/** A file in the memory of a process, with its mappings in the order of addresses. */
export interface SeenObject {
  /** Path in the image. */
  readonly path: string;
  /** Inode number that the board shows. */
  readonly ino: number;
  readonly mappings: readonly SeenMapping[];
}

/** A process that has files of the image in its memory. */
export interface SeenProcess {
  /** Line of the capture where it begins, from 1. */
  readonly line: number;
  /** How many processes of the capture look the same: instances of one program. */
  readonly count: number;
  /** The object at the lowest address: Linux places a program below its libraries. */
  readonly program: string;
  /** In the order of addresses. */
  readonly objects: readonly SeenObject[];
}

/** What a capture shows of an image. */
export interface SeenProcesses {
  /** "31:0"; null where no mapping is of a file of the image. */
  readonly device: string | null;
  readonly processes: readonly SeenProcess[];
  /** Where the kernel's log has the image; null where the capture has no log, or one about several images. */
  readonly physBase: number | null;
  /** Files of that device that the image does not have, as the board shows them; the first of them. */
  readonly foreign: readonly string[];
}

/** Different processes of one capture; a board runs some dozens. */
export const MAX_PROCESSES = 256;
/** Foreign files that are kept. */
const MAX_FOREIGN = 100;

/**
 * Reads a capture.
 *
 * @param pathOf the path in the image of a path that the board shows; null for a file that the image does not have
 * @throws CramfsError USAGE where the device is not clear; LIMIT
 */
export function seenProcesses(
  bytes: Uint8Array,
  pathOf: (shown: string) => string | null,
  choice: DeviceChoice,
  counts: CaptureCounts,
): SeenProcesses {
  const mappings = parseMappings(bytes, counts);
  const ofFiles = mappings.filter(({ ino }) => ino !== 0);
  const device = chooseDevice(ofFiles, ({ path }) => pathOf(path) !== null, choice);
  const found = new Map<string, SeenProcess>();
  const foreign = new Set<string>();
  for (const process of cutApart(mappings)) {
    const objects = new Map<
      string,
      { readonly path: string; readonly ino: number; readonly mappings: SeenMapping[] }
    >();
    for (const mapping of process) {
      if (mapping.ino === 0 || mapping.device !== device) {
        counts.dropped.otherDevices++;
        continue;
      }
      const path = pathOf(mapping.path);
      if (path === null) {
        counts.unknownFile(mapping.path);
        if (foreign.size < MAX_FOREIGN) foreign.add(mapping.path);
        continue;
      }
      const object = objects.get(path) ?? { path, ino: mapping.ino, mappings: [] };
      object.mappings.push(mapping);
      objects.set(path, object);
    }
    const [first] = objects.values();
    if (first === undefined) continue;
    const key = JSON.stringify([...objects.values()].map(looks));
    const known = found.get(key);
    if (known === undefined && found.size >= MAX_PROCESSES) {
      throw new CramfsError('LIMIT', { expected: `at most ${MAX_PROCESSES} different processes`, found: 'more' });
    }
    const { line = 0 } = process[0] ?? {};
    const made = { line, count: 1, program: first.path, objects: [...objects.values()] };
    found.set(key, known === undefined ? made : { ...known, count: known.count + 1 });
  }
  const [physBase = null, ...others] = loggedAddresses(bytes);
  return {
    device,
    processes: [...found.values()],
    physBase: others.length === 0 ? physBase : null,
    foreign: [...foreign],
  };
}

/** Each process lists its mappings by address, its stack near the top: a lower address begins the next one. */
function* cutApart(mappings: readonly SeenMapping[]): Generator<SeenMapping[], void> {
  let process: SeenMapping[] = [];
  for (const mapping of mappings) {
    const last = process.at(-1);
    if (last !== undefined && mapping.start < last.end) {
      yield process;
      process = [];
    }
    process.push(mapping);
  }
  if (process.length > 0) yield process;
}

/** What two instances of one program have alike, wherever they are in memory. */
function looks({ path, ino, mappings }: SeenObject): unknown {
  const [first] = mappings;
  const base = first?.start ?? 0;
  return [
    path,
    ino,
    mappings.map(({ start, end, perms, offset, smaps }) => [
      start - base,
      end - base,
      perms,
      offset,
      smaps === null ? null : [smaps.rss - smaps.anonymous, smaps.vmFlags === null ? null : [...smaps.vmFlags]],
    ]),
  ];
}

/** Finds the path in an image that a shown path ends with: what is in front is the mount point. */
export function pathFinder(has: (path: string) => boolean): (shown: string) => string | null {
  return (shown) => {
    for (let at = shown.indexOf('/'); at !== -1; at = shown.indexOf('/', at + 1)) {
      const path = shown.slice(at);
      if (has(path)) return path;
    }
    return null;
  };
}
