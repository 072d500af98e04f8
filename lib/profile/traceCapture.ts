/**
 * The filemap events of Linux's trace, as text: /sys/kernel/tracing/trace, trace_pipe, `trace-cmd report`, `perf script`.
 *
 * An event names the device, the inode number (hexadecimal) and a byte offset. On an image without direct blocks each page
 * that a program needs is brought into the page cache once (mm_filemap_add_to_page_cache); cramfs on MTD reads nothing
 * ahead, so that is the use. Linux 6.11 and newer also have mm_filemap_fault, which says which pages were mapped and not
 * only read, mm_filemap_get_pages (read(2), execve(2)) and mm_filemap_map_pages (fault-around).
 */
import { type CaptureCounts, type CaptureLine, captureLines } from './capture.ts';
import { chooseDevice, type DeviceChoice } from './devices.ts';
import type { FileIndex, ProfiledFile } from './fileIndex.ts';
import { UseProfile } from './useProfile.ts';

/** Pages that Linux maps around a fault (fault_around_bytes, 64 KiB), and the least of a run that is taken for read-ahead. */
const FAULT_AROUND = 16;

/** Which event. */
type EventKind = 'add' | 'fault' | 'get' | 'map';

const KINDS: Readonly<Record<string, EventKind>> = {
  add_to_page_cache: 'add',
  fault: 'fault',
  get_pages: 'get',
  map_pages: 'map',
};

/** An event. */
interface TraceEvent {
  readonly kind: EventKind;
  /** "31:0". */
  readonly device: string;
  readonly ino: number;
  /** Pages. */
  readonly first: number;
  readonly pages: number;
  /** What the line has before the event: the task, mostly. */
  readonly task: string;
}

const PREFIX = 'mm_filemap_';
const EVENT =
  /^mm_filemap_([a-z_]+): dev[ =]([0-9]{1,7}):([0-9]{1,7}) ino[ =]([0-9a-f]{1,16}) (?:.*? )?ofs=([0-9]{1,16})(?:-([0-9]{1,16}))?(?: order=([0-9]{1,2}))?/;
/** The largest order of a folio, and more than that. */
const MAX_ORDER = 20;

/** An event's line, one that is none of ours, or null for a line that is not understood. */
function parseEvent(line: CaptureLine, pageSize: number): TraceEvent | 'other' | 'lost' | 'empty' | null {
  const { text } = line;
  if (/^\s*(?:#|$)/.test(text)) return 'empty';
  if (line.isTooLong) return null;
  const at = text.indexOf(PREFIX);
  if (at === -1) {
    if (/^CPU:[0-9]+ \[LOST /.test(text)) return 'lost';
    return isOtherEvent(text) ? 'other' : null;
  }
  const match = EVENT.exec(text.slice(at));
  if (match === null) return text.startsWith(`${PREFIX}delete_from_page_cache: `, at) ? 'other' : null;
  const [, name = '', major, minor, ino = '', ofs, last, order = '0'] = match;
  const kind = KINDS[name];
  if (kind === undefined) return 'other';
  const [start, end] = [Number(ofs), last === undefined ? null : Number(last)];
  const pages = end === null ? 2 ** Math.min(MAX_ORDER, Number(order)) : Math.ceil((end + 1 - start) / pageSize);
  if (start % pageSize !== 0 || pages < 1) return null;
  const device = `${Number(major)}:${Number(minor)}`;
  return { kind, device, ino: parseInt(ino, 16), first: start / pageSize, pages, task: taskOf(text.slice(0, at)) };
}

/** Another event ("task [000] 1.5: name: …"); or a line of a call chain, which perf script prints below an event. */
function isOtherEvent(text: string): boolean {
  const bracket = text.indexOf('[');
  if (bracket !== -1 && /^\[[0-9]{3,4}\]/.test(text.slice(bracket, bracket + 6))) {
    return / [0-9]{1,10}[.][0-9]{1,9}: +\S/.test(text.slice(bracket));
  }
  return /^\s+[0-9a-f]{8,16} \S/.test(text);
}

/** "dynamic-83" of a line's beginning, "dynamic 83" of perf's. */
function taskOf(before: string): string {
  const bracket = before.indexOf('[');
  return (bracket === -1 ? before : before.slice(0, bracket)).trim();
}

/** Whether a line is of a trace; `perf` where perf printed it. */
export function traceKind(text: string): 'trace' | 'perf' | null {
  if (text.startsWith('# tracer:')) return 'trace';
  const at = text.indexOf(PREFIX);
  if (at === -1) return null;
  return text.slice(0, at).endsWith('filemap:') ? 'perf' : 'trace';
}

/** The pages that a trace shows in use. */
export function readTrace(
  bytes: Uint8Array,
  files: FileIndex,
  choice: DeviceChoice,
  counts: CaptureCounts,
): { readonly profile: UseProfile; readonly device: string | null } {
  const events: TraceEvent[] = [];
  for (const line of captureLines(bytes)) {
    counts.lines = line.number;
    const event = parseEvent(line, files.pageSize);
    if (event === null) counts.unknown(line);
    else if (event === 'lost') counts.lostEvents++;
    else if (event === 'other') counts.dropped.otherEvents++;
    else if (event !== 'empty') events.push(event);
  }
  const device = chooseDevice(events, (event) => files.byInode(event.ino) !== null, choice);
  const ours = events.filter((event) => event.device === device);
  counts.dropped.otherDevices += events.length - ours.length;
  return { profile: new TracedPages(ours, files, counts).profile(), device };
}

/** What events say of each page. */
class TracedPages {
  readonly #hasFaults: boolean;
  readonly #events: readonly TraceEvent[];
  readonly #counts: CaptureCounts;
  readonly #files: FileIndex;
  /** In the order of first uses. */
  readonly #pages: TracedPage[] = [];
  readonly #byFile = new Map<ProfiledFile, Map<number, TracedPage>>();

  constructor(events: readonly TraceEvent[], files: FileIndex, counts: CaptureCounts) {
    this.#events = events;
    this.#files = files;
    this.#counts = counts;
    this.#hasFaults = events.some(({ kind }) => kind === 'fault');
  }

  profile(): UseProfile {
    this.#collect();
    const profile = new UseProfile();
    let order = 0;
    for (const { path, page, added, faults, isRead } of this.#pages) {
      const isUsed = this.#hasFaults ? faults > 0 : added > 0;
      if (isUsed) profile.add(path, page, { uses: Math.max(added, faults), first: ++order });
      else if (isRead) this.#counts.dropped.onlyRead++;
      else if (added > 0) this.#counts.dropped.broughtAlong++;
    }
    return profile;
  }

  #collect(): void {
    // The last page that was faulted in, and by whom.
    let faulted: TracedPage | undefined;
    let faultedBy = '';
    const run = new LongRun();
    for (const event of this.#events) {
      const file = this.#files.byInode(event.ino);
      if (file === null) {
        if (this.#files.isLink(event.ino)) this.#counts.dropped.onlyRead++;
        else this.#counts.unknownFile(null);
        continue;
      }
      if (event.kind === 'map') {
        this.#counts.faultAround++;
        continue;
      }
      if (event.kind === 'add' && !this.#hasFaults) this.#counts.inLongRuns += run.add(event);
      for (const page of this.#pagesOf(file, event)) {
        if (event.kind === 'add') page.added++;
        else if (event.kind === 'get') page.isRead = true;
        else {
          // A fault that had to wait for the page is tried again, and there again.
          if (faulted !== page || faultedBy !== event.task) page.faults++;
          faulted = page;
          faultedBy = event.task;
        }
      }
    }
  }

  *#pagesOf(file: ProfiledFile, { first, pages }: TraceEvent): Generator<TracedPage, void> {
    const end = Math.min(first + pages, file.pages);
    if (first >= file.pages) this.#counts.dropped.pastEnd++;
    if (end > first) this.#counts.spend(end - first);
    const known = this.#byFile.get(file) ?? new Map<number, TracedPage>();
    this.#byFile.set(file, known);
    for (let page = first; page < end; page++) {
      let traced = known.get(page);
      if (traced === undefined) {
        traced = { path: file.path, page, added: 0, faults: 0, isRead: false };
        known.set(page, traced);
        this.#pages.push(traced);
      }
      yield traced;
    }
  }
}

interface TracedPage {
  readonly path: string;
  readonly page: number;
  added: number;
  faults: number;
  isRead: boolean;
}

/** Runs of pages that one task brought in one after the other. */
class LongRun {
  #last: TraceEvent | null = null;
  #pages = 0;

  /** Pages that belong to long runs and were not counted before. */
  add(event: TraceEvent): number {
    const last = this.#last;
    const continues =
      last !== null && last.ino === event.ino && last.task === event.task && event.first === last.first + last.pages;
    const before = continues ? this.#pages : 0;
    this.#pages = before + event.pages;
    this.#last = event;
    if (this.#pages < FAULT_AROUND) return 0;
    return before >= FAULT_AROUND ? event.pages : this.#pages;
  }
}
