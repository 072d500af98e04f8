/**
 * Reading captures: what each is shows by its content, and what all of them say is one profile.
 */
import { CramfsError } from '../base/errors.ts';
import { type Capture, CaptureCounts, type CaptureKind, captureLines, type CaptureReport } from './capture.ts';
import type { DeviceChoice } from './devices.ts';
import type { FileIndex } from './fileIndex.ts';
import { isMappingLine, isSmapsLine, readMappings } from './mapsCapture.ts';
import { isAxfsLine, isCsvLine, readAxfs, readCsv, readJson } from './tableCapture.ts';
import { readTrace, traceKind } from './traceCapture.ts';
import { UseProfile } from './useProfile.ts';

/** How captures are read. */
export interface CaptureOptions {
  /** The image's device, as "31:0". Default: found out. */
  readonly device?: string | null | undefined;
  /** Physical address of the image, for mappings that show one. Default 0x10000000. */
  readonly physBase?: number | undefined;
  /** Whether a capture that names files, and none of those that are there, is an error. Default true. */
  readonly requireMatch?: boolean | undefined;
}

/** What captures say. */
export interface CaptureResult {
  readonly profile: UseProfile;
  readonly reports: readonly CaptureReport[];
}

const DEFAULT_PHYS_BASE = 0x1000_0000;

/**
 * Reads captures and merges them.
 *
 * @throws CramfsError USAGE for a file that is not a capture, one that is about nothing in the image, and mistakes in our own
 *   formats; LIMIT
 */
export function readCaptures(
  captures: readonly Capture[],
  files: FileIndex,
  { device = null, physBase = DEFAULT_PHYS_BASE, requireMatch = true }: CaptureOptions = {},
): CaptureResult {
  const profile = new UseProfile();
  const reports = captures.map((capture) => {
    const counts = new CaptureCounts();
    const kind = requireKind(capture);
    const read = readOne(kind, capture, files, device, physBase, counts);
    const report = counts.report(capture.name, kind, read.device, read.profile.totals.pages);
    if (requireMatch) requireAboutImage(report, files);
    profile.merge(read.profile);
    return report;
  });
  return { profile, reports };
}

function readOne(
  kind: CaptureKind,
  { name, bytes }: Capture,
  files: FileIndex,
  device: DeviceChoice,
  physBase: number,
  counts: CaptureCounts,
): { readonly profile: UseProfile; readonly device: string | null } {
  switch (kind) {
    case 'trace':
    case 'perf':
      if (!files.hasInodes) {
        throw new CramfsError('USAGE', {
          found: `${name} has inode numbers: name the image that it was recorded on with --profile-image`,
        });
      }
      return readTrace(bytes, files, device, counts);
    case 'maps':
    case 'smaps':
      return readMappings(bytes, files, device, physBase, counts);
    case 'axfs':
      return { profile: readAxfs(bytes, files, counts), device: null };
    case 'csv':
      return { profile: readCsv(bytes, files, counts, name), device: null };
    case 'json':
      return { profile: readJson(bytes, files, counts, name), device: null };
  }
}

/** Lines that are looked at to see what a capture is. */
const MAX_LOOK = 10_000;

/** What a capture is; null for something else. */
export function captureKind(bytes: Uint8Array): CaptureKind | null {
  let hasMappings = false;
  let looked = 0;
  for (const { text, isTooLong } of captureLines(bytes)) {
    if (++looked > MAX_LOOK) break;
    const trimmed = text.trimStart();
    if (trimmed === '') continue;
    if (!hasMappings && /^[[{]/.test(trimmed) && !/^\[ *[0-9]+[.]/.test(trimmed)) return 'json';
    if (isTooLong) continue;
    if (isSmapsLine(text)) return 'smaps';
    if (isMappingLine(text)) {
      hasMappings = true;
      continue;
    }
    if (hasMappings) continue;
    const trace = traceKind(text);
    if (trace !== null) return trace;
    if (isAxfsLine(text)) return 'axfs';
    if (isCsvLine(text)) return 'csv';
  }
  return hasMappings ? 'maps' : null;
}

function requireKind({ name, bytes }: Capture): CaptureKind {
  const kind = captureKind(bytes);
  if (kind !== null) return kind;
  throw new CramfsError('USAGE', {
    found:
      `${name} is not a capture: expected a trace with filemap events, maps, smaps, output of perf script, ` +
      "AXFS's CSV, or CSV or JSON of cramfs profile",
  });
}

/** A capture that names files, and none of the image, is of another one. */
function requireAboutImage({ name, pages, kind, dropped, device }: CaptureReport, files: FileIndex): void {
  const others = dropped.unknownFiles + (device === null ? dropped.otherDevices : 0);
  if (pages > 0 || others === 0 || (dropped.pastEnd > 0 && dropped.unknownFiles === 0)) return;
  const what = kind === 'trace' || kind === 'perf' ? 'inode numbers' : 'files';
  throw new CramfsError('USAGE', {
    found: `none of the ${what} in ${name} are in the ${files.hasInodes ? 'image' : 'source'}: it was recorded on another one`,
  });
}
