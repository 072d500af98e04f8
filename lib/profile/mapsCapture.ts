/**
 * /proc/PID/maps and smaps, of one process or of many, one after the other.
 */
import { type CaptureCounts, type CaptureLine, captureLines } from './capture.ts';
import { chooseDevice, type DeviceChoice } from './devices.ts';
import type { FileIndex, ProfiledFile } from './fileIndex.ts';
import { UseProfile } from './useProfile.ts';

/** A mapping as a board shows it. Addresses, offset and sizes in bytes. */
export interface SeenMapping {
  /** Line of the capture, from 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** As in "r-xp". */
  readonly perms: string;
  /** The offset column: of a private mapping of page frames the physical address. */
  readonly offset: number;
  /** "31:0". */
  readonly device: string;
  readonly ino: number;
  /** The path as shown; "" for none. */
  readonly path: string;
  /** What smaps says besides; null in maps. */
  readonly smaps: SmapsFields | null;
}

/** Fields of smaps: bytes, and flags. */
export interface SmapsFields {
  readonly rss: number;
  readonly anonymous: number;
  /** Two-letter flags; null for kernels that print none. */
  readonly vmFlags: ReadonlySet<string> | null;
}

const MAPPING =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-][w-][x-][ps]) ([0-9a-f]{1,16}) ([0-9a-f]{2,5}):([0-9a-f]{2,5}) ([0-9]{1,20})(?: +(.*))?$/;
const FIELD = /^([A-Za-z_]+): +(.*)$/;
const SIZE = /^([0-9]{1,15}) kB$/;

/** Whether a line is a mapping's. */
export const isMappingLine = (text: string): boolean => MAPPING.test(text);
/** Whether a line is one of those that only smaps has. */
export const isSmapsLine = (text: string): boolean => /^Rss: +[0-9]+ kB$/.test(text);

/** A line of the kernel log about cramfs, as dmesg prints it: captures may have some. */
const LOG = /^(?:<[0-9]{1,3}>)?(?:\[[ 0-9.]{1,20}\] ?)?cramfs: (.*)$/;
const CHECKING = /^checking physical address 0x([0-9a-f]{1,16}) for linear cramfs image$/;

/**
 * The physical addresses of images that Linux maps directly, by the kernel's log (cramfs_mtd_fill_super()); none where the
 * capture has no such lines.
 */
export function loggedAddresses(bytes: Uint8Array): number[] {
  const found = new Set<number>();
  for (const { text } of captureLines(bytes)) {
    const match = CHECKING.exec(LOG.exec(text)?.[1] ?? '');
    if (match?.[1] !== undefined) found.add(parseInt(match[1], 16));
  }
  return [...found];
}

type Open = { -readonly [Key in keyof SmapsFields]: SmapsFields[Key] } & { isSmaps: boolean };

/** The mappings of a capture, in its order. Lines that are not understood are counted. */
export function parseMappings(bytes: Uint8Array, counts: CaptureCounts): SeenMapping[] {
  const mappings: SeenMapping[] = [];
  let open: { readonly mapping: SeenMapping; readonly fields: Open } | null = null;
  const finish = (): void => {
    if (open === null) return;
    const { rss, anonymous, vmFlags, isSmaps } = open.fields;
    mappings.push(isSmaps ? { ...open.mapping, smaps: { rss, anonymous, vmFlags } } : open.mapping);
  };
  for (const line of captureLines(bytes)) {
    counts.lines = line.number;
    if (line.text.trim() === '' || LOG.test(line.text)) continue;
    const mapping = line.isTooLong ? null : parseMapping(line);
    if (mapping !== null) {
      finish();
      open = { mapping, fields: { rss: 0, anonymous: 0, vmFlags: null, isSmaps: false } };
    } else if (line.isTooLong || open === null || !takeField(line.text, open.fields)) counts.unknown(line);
  }
  finish();
  return mappings;
}

function parseMapping({ number, text }: CaptureLine): SeenMapping | null {
  const match = MAPPING.exec(text);
  if (match === null) return null;
  const [, start = '', end = '', perms = '', offset = '', major = '', minor = '', ino = '', path = ''] = match;
  const mapping = {
    line: number,
    start: parseInt(start, 16),
    end: parseInt(end, 16),
    perms,
    offset: parseInt(offset, 16),
    device: `${parseInt(major, 16)}:${parseInt(minor, 16)}`,
    ino: Number(ino),
    path: path.replace(/ \(deleted\)$/, '').replaceAll('\\012', '\n'),
    smaps: null,
  };
  return mapping.end > mapping.start ? mapping : null;
}

function takeField(text: string, fields: Open): boolean {
  const match = FIELD.exec(text);
  if (match === null) return false;
  const [, name = '', value = ''] = match;
  if (name === 'VmFlags') {
    fields.vmFlags = new Set(value.trim().split(/ +/).slice(0, 64));
    fields.isSmaps = true;
    return true;
  }
  const size = SIZE.exec(value);
  if (size === null) return /^[0-9]+$/.test(value);
  const bytes = Number(size[1]) * 1024;
  if (name === 'Rss') {
    fields.rss = bytes;
    fields.isSmaps = true;
  } else if (name === 'Anonymous') fields.anonymous = bytes;
  return true;
}

/**
 * The file of a mapping: by inode number, if a path of that number ends the shown path or none is shown; without inode
 * numbers by the path, or what is left of it below the mount point.
 */
export function fileOfMapping({ ino, path }: SeenMapping, files: FileIndex): ProfiledFile | null {
  if (!files.hasInodes) {
    for (let at = 0; at !== -1; at = path.indexOf('/', at + 1)) {
      const file = files.byPath(path.slice(at));
      if (file !== null) return file;
    }
    return null;
  }
  const file = files.byInode(ino);
  if (file === null || path === '') return file;
  return files.pathsOf(ino).some((known) => path.endsWith(known)) ? file : null;
}

/** The image's device among those of mappings; see chooseDevice(). */
export function deviceOfMappings(
  mappings: readonly SeenMapping[],
  files: FileIndex,
  choice: DeviceChoice,
): string | null {
  const ofFiles = mappings.filter(({ ino }) => ino !== 0);
  return chooseDevice(ofFiles, (mapping) => fileOfMapping(mapping, files) !== null, choice);
}

/** Whether pages of a mapping are in its page table without being in RAM. */
export function isDirectlyMapped({ smaps }: SeenMapping): boolean {
  return smaps?.vmFlags?.has('pf') === true || smaps?.vmFlags?.has('mm') === true;
}

/**
 * The first page of the file that a mapping shows; null where that cannot be known.
 *
 * @param physBase physical address of the image
 */
export function firstPageOf(
  { perms, offset, smaps }: SeenMapping,
  file: ProfiledFile,
  pageSize: number,
  physBase: number,
): number | null {
  const flags = smaps?.vmFlags ?? null;
  const mayBePhysical = perms.endsWith('p') && (flags === null ? offset / pageSize >= file.pages : flags.has('pf'));
  if (mayBePhysical) return file.pageAt(offset - physBase);
  return offset % pageSize === 0 ? offset / pageSize : null;
}

/**
 * The pages that mappings show in use. maps: each page of a mapping that cannot be written, once for each process. smaps: by
 * the part of the mapping that is in RAM, as nothing says which pages those are; direct pages count whole.
 */
export function readMappings(
  bytes: Uint8Array,
  files: FileIndex,
  choice: DeviceChoice,
  physBase: number,
  counts: CaptureCounts,
): { readonly profile: UseProfile; readonly device: string | null } {
  const mappings = parseMappings(bytes, counts);
  const device = deviceOfMappings(mappings, files, choice);
  const profile = new UseProfile();
  const { dropped } = counts;
  for (const mapping of mappings) {
    const { perms, smaps, start, end } = mapping;
    if (mapping.ino === 0 || mapping.device !== device) {
      dropped.otherDevices++;
      continue;
    }
    const file = fileOfMapping(mapping, files);
    if (file === null) {
      counts.unknownFile(mapping.path);
      continue;
    }
    // A private mapping that is accounted could be written once: data that was made read-only (relro).
    if (perms[1] === 'w' || smaps?.vmFlags?.has('ac') === true) {
      dropped.writable++;
      continue;
    }
    const first = firstPageOf(mapping, file, files.pageSize, physBase);
    if (first === null) {
      dropped.unknownOffsets++;
      continue;
    }
    const length = Math.ceil((end - start) / files.pageSize);
    const pages = Math.min(length, file.pages - first);
    if (pages <= 0) {
      dropped.pastEnd++;
      continue;
    }
    const inRam = smaps === null || isDirectlyMapped(mapping) ? pages : (smaps.rss - smaps.anonymous) / files.pageSize;
    const uses = Math.min(1, inRam / pages);
    if (uses <= 0) {
      dropped.untouched++;
      continue;
    }
    counts.spend(pages);
    for (let page = first; page < first + pages; page++) profile.add(file.path, page, { uses, first: null });
  }
  return { profile, device };
}
