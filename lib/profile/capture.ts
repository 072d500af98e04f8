/**
 * Captures: files that a target recorded, and what became of their lines.
 */
import { Budget } from '../base/budget.ts';
import { CramfsError } from '../base/errors.ts';
import { decodeName } from '../format/names.ts';

/** What a capture is, by its content. */
export const CAPTURE_KINDS = ['trace', 'perf', 'maps', 'smaps', 'axfs', 'csv', 'json'] as const;
/**
 * `trace`: text of /sys/kernel/tracing/trace or trace_pipe; `perf`: the same events by `perf script`; `maps`, `smaps`:
 * /proc/PID/maps and smaps, of any number of processes; `axfs`: AXFS's profile; `csv`, `json`: our own.
 */
export type CaptureKind = (typeof CAPTURE_KINDS)[number];

/** A file with a capture. */
export interface Capture {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What of a capture does not count, and is counted itself. */
export interface Dropped {
  /** Mappings that can be written: their pages end up in RAM anyway. */
  writable: number;
  /** Events or mappings of other devices, and mappings without a file. */
  otherDevices: number;
  /** Events, mappings or rows of files that the image does not have. */
  unknownFiles: number;
  /** Pages past the end of their file. */
  pastEnd: number;
  /** Mappings whose pages cannot be known: the offset is a physical address that belongs to no page of the file. */
  unknownOffsets: number;
  /** Mappings of which no page is in RAM, nor direct. */
  untouched: number;
  /** Pages that were read with read(2) or execve(2) and not mapped: direct blocks save nothing there. */
  onlyRead: number;
  /** Pages that came along with a fault at another page (read-ahead). */
  broughtAlong: number;
  /** Events of other kinds. */
  otherEvents: number;
}

/** What a capture came to. */
export interface CaptureReport {
  readonly name: string;
  readonly kind: CaptureKind;
  readonly lines: number;
  /** The device that is the image's, as "31:0"; null where the capture names none. */
  readonly device: string | null;
  /** Pages that were used, by this capture. */
  readonly pages: number;
  readonly dropped: Readonly<Dropped>;
  /** Paths that are not there, of captures that name paths; the first of them. */
  readonly unknownPaths: readonly string[];
  /** Lines that are not understood; the first of them is kept. */
  readonly unknownLines: number;
  readonly firstUnknown: { readonly line: number; readonly text: string } | null;
  /** Events that the kernel's buffer lost. */
  readonly lostEvents: number;
  /** Fault-around: events that map up to 16 pages around a fault which are in RAM already. Not counted as uses. */
  readonly faultAround: number;
  /** Pages that came in runs of 16 and more, where no fault events say which of them were used. */
  readonly inLongRuns: number;
}

/** Characters of a line that are looked at; longer lines are not understood. */
export const MAX_LINE = 4096;
/** Paths that are kept of those that are not there. */
const MAX_PATHS = 100;
/** Characters of a line that a report shows. */
const SHOWN = 80;

/** A line of a capture. */
export interface CaptureLine {
  /** From 1. */
  readonly number: number;
  /** Cut at {@link MAX_LINE}. */
  readonly text: string;
  readonly isTooLong: boolean;
}

/** The lines of a capture, one after the other, without their ends. */
export function* captureLines(bytes: Uint8Array): Generator<CaptureLine, void> {
  let number = 0;
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(0x0a, at);
    const end = newline === -1 ? bytes.length : newline;
    number++;
    const text = decodeName(bytes.subarray(at, Math.min(end, at + MAX_LINE)));
    yield { number, text: text.endsWith('\r') ? text.slice(0, -1) : text, isTooLong: end - at > MAX_LINE };
    at = end + 1;
  }
}

/** Pages that the lines of one capture may name; a real capture names some thousands. */
const MAX_STEPS = 8_000_000;

/** Counts what is dropped of a capture, and the lines that are not understood. */
export class CaptureCounts {
  lines = 0;
  unknownLines = 0;
  lostEvents = 0;
  faultAround = 0;
  inLongRuns = 0;
  readonly dropped: Dropped = {
    writable: 0,
    otherDevices: 0,
    unknownFiles: 0,
    pastEnd: 0,
    unknownOffsets: 0,
    untouched: 0,
    onlyRead: 0,
    broughtAlong: 0,
    otherEvents: 0,
  };
  readonly #steps = new Budget(MAX_STEPS);
  readonly #unknownPaths = new Set<string>();
  #firstUnknown: { readonly line: number; readonly text: string } | null = null;

  /** A file that is not there. */
  unknownFile(path: string | null): void {
    this.dropped.unknownFiles++;
    if (path !== null && this.#unknownPaths.size < MAX_PATHS) this.#unknownPaths.add(path);
  }

  unknown({ number, text }: CaptureLine): void {
    this.unknownLines++;
    this.#firstUnknown ??= { line: number, text: text.slice(0, SHOWN) };
  }

  /** Counts pages that a line names. @throws CramfsError LIMIT */
  spend(pages: number): void {
    if (this.#steps.spend(pages)) return;
    throw new CramfsError('LIMIT', {
      expected: `at most ${MAX_STEPS} pages named by the lines of one capture`,
      found: 'more',
    });
  }

  report(name: string, kind: CaptureKind, device: string | null, pages: number): CaptureReport {
    const { lines, unknownLines, lostEvents, faultAround, inLongRuns, dropped } = this;
    const unknownPaths = [...this.#unknownPaths];
    const common = { name, kind, lines, device, pages, dropped: { ...dropped }, unknownPaths };
    return { ...common, unknownLines, firstUnknown: this.#firstUnknown, lostEvents, faultAround, inLongRuns };
  }
}
