/**
 * Which device of a capture is the image's.
 */
import { CramfsError } from '../base/errors.ts';

/** What the user says: a device as "31:0", or null to find it out. */
export type DeviceChoice = string | null;

/** Major number of MTD devices. */
const MTD_MAJOR = '31:';

/** Takes "31:0" apart. @throws CramfsError USAGE */
export function parseDevice(text: string): string {
  const match = /^([0-9]{1,7}):([0-9]{1,7})$/.exec(text);
  if (match !== null) return `${Number(match[1])}:${Number(match[2])}`;
  throw new CramfsError('USAGE', { found: `--device: "${text}" is not MAJOR:MINOR, such as 31:0` });
}

/**
 * The device of which most is known to the image; MTD devices before others.
 *
 * @returns null where nothing is known of any device
 * @throws CramfsError USAGE where two are alike
 */
export function chooseDevice<T extends { readonly device: string }>(
  items: readonly T[],
  isKnown: (item: T) => boolean,
  choice: DeviceChoice,
): string | null {
  if (choice !== null) return choice;
  const tallies = new Map<string, { known: number; unknown: number }>();
  for (const item of items) {
    const tally = tallies.get(item.device) ?? { known: 0, unknown: 0 };
    if (isKnown(item)) tally.known++;
    else tally.unknown++;
    tallies.set(item.device, tally);
  }
  const ranked = [...tallies]
    .filter(([, { known }]) => known > 0)
    .map(([device, { known, unknown }]) => ({ device, isMtd: device.startsWith(MTD_MAJOR), score: known - unknown }))
    .sort((a, b) => Number(b.isMtd) - Number(a.isMtd) || b.score - a.score);
  const [first, second] = ranked;
  if (first !== undefined && second?.isMtd === first.isMtd && second.score === first.score) {
    throw new CramfsError('USAGE', {
      found: `the capture may be about the devices ${first.device} and ${second.device}; choose one with --device`,
    });
  }
  return first?.device ?? null;
}
