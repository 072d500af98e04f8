/**
 * Reading a listing. The form is described in listing.ts.
 */
import { CramfsError } from '../../base/errors.ts';
import { BOOT_PAD } from '../../format/constants.ts';
import { decodeName, encodeName } from '../../format/names.ts';
import { isBlockSize, PAGE_SIZES } from '../../image/image.ts';
import { type BlockRun, type BlockRuns, mergedRuns } from '../blockRuns.ts';
import { MAX_VOLUME_NAME } from '../inodes.ts';
import type { DirectPlacement } from '../placer.ts';
import { type DirectoryEntry, findEntry, newDirectory, putEntry, type SourceEntry } from '../sourceTree.ts';
import { isForLinux, LINUX_FORMAT, type LongTables, type UnflaggedRule, type VendorFormat } from '../vendorFormat.ts';
import { type DeflateName, HEADER, type ImageDescription, type Listing } from './listing.ts';

/**
 * Reads a listing, taking contents from `source`.
 *
 * @throws CramfsError USAGE, naming the line; NOT_FOUND for contents that the source does not have
 */
export function parseListing(text: string, source: DirectoryEntry): Listing {
  const root = newDirectory();
  const direct = new Map<string, BlockRuns>();
  const unflagged = new Map<string, BlockRuns>();
  const images: ImageDescription[] = [];
  const lines = text.split('\n');
  if (lines[0]?.trim() !== HEADER) usage(1, `it must be "${HEADER}"`);
  lines.forEach((raw, index) => {
    const line = raw.trim();
    if (index === 0 || line === '' || line.startsWith('#')) return;
    const words = line.split(/[ \t]+/);
    if (words[0] === 'image') {
      images.push(parseImage(words.slice(1), index + 1));
      return;
    }
    const { path, entry, blocks, unflaggedBlocks } = parseEntry(words, source, index + 1);
    if (path !== '/' && entry.type !== 'directory' && findEntry(root, path) !== null)
      usage(index + 1, `${path} appears twice`);
    putEntry(root, path, entry);
    if (blocks !== null) direct.set(path, blocks);
    if (unflaggedBlocks !== null) unflagged.set(path, unflaggedBlocks);
  });
  const [image] = images;
  if (image === undefined || images.length > 1) usage(lines.length, 'there must be one line "image …"');
  return { image, root, direct, unflagged };
}

function parseEntry(
  words: readonly string[],
  source: DirectoryEntry,
  line: number,
): {
  path: string;
  entry: SourceEntry;
  blocks: BlockRuns | null;
  unflaggedBlocks: BlockRuns | null;
} {
  const [name = '', letter = '', mode = '', uid = '', gid = '', ...rest] = words;
  const path = unescapeText(name, line);
  if (!path.startsWith('/')) usage(line, `the path "${name}" does not begin with a slash`);
  if (!/^[0-7]{1,4}$/.test(mode)) usage(line, `the mode "${mode}" is not octal`);
  const origin = `listing, line ${line}`;
  const common = { mode: parseInt(mode, 8), uid: number(uid, 'uid', line), gid: number(gid, 'gid', line), origin };
  const fields = fieldsOf(
    rest.filter((word) => word.includes('=')),
    line,
  );
  const plain = rest.filter((word) => !word.includes('='));
  const allowed = { f: ['from', 'direct', 'unflagged'], l: ['target', 'from', 'direct', 'unflagged'] }[letter] ?? [];
  const unknown = [...fields.keys()].find((key) => !allowed.includes(key));
  if (unknown !== undefined) usage(line, `an entry of type "${letter}" has no "${unknown}="`);
  if (plain.length !== (letter === 'c' || letter === 'b' ? 2 : 0)) usage(line, `too many or too few fields`);
  const rangesOf = (key: string): BlockRuns | null => {
    const ranges = fields.get(key);
    return ranges === undefined ? null : parseRanges(key, ranges, line);
  };
  const sets = { blocks: rangesOf('direct'), unflaggedBlocks: rangesOf('unflagged') };
  switch (letter) {
    case 'f': {
      const from = unescapeText(fields.get('from') ?? name, line);
      const found = findEntry(source, from);
      if (found?.type !== 'file') {
        throw new CramfsError('NOT_FOUND', { path: from, found: `listing, line ${line}: the source has no such file` });
      }
      return { path, ...sets, entry: { ...common, type: 'file', content: found.content } };
    }
    case 'l':
      return {
        path,
        ...sets,
        entry: { ...common, type: 'symlink', target: encodeName(unescapeText(fields.get('target') ?? '', line)) },
      };
    case 'd':
      return { path, ...sets, entry: { ...common, type: 'directory', children: new Map<string, SourceEntry>() } };
    case 'c':
    case 'b': {
      const [major = '', minor = ''] = plain;
      const type = letter === 'c' ? 'chardev' : 'blockdev';
      return {
        path,
        ...sets,
        entry: { ...common, type, major: number(major, 'major', line), minor: number(minor, 'minor', line) },
      };
    }
    case 'p':
    case 's':
      return { path, ...sets, entry: { ...common, type: letter === 'p' ? 'fifo' : 'socket' } };
    default:
      return usage(line, `the type "${letter}" is none of f, d, l, c, b, p and s`);
  }
}

function parseImage(words: readonly string[], line: number): ImageDescription {
  const fields = fieldsOf(words, line);
  const take = (key: string, pattern: RegExp): string => {
    const value = fields.get(key) ?? usage(line, `"${key}=" is missing`);
    fields.delete(key);
    if (!pattern.test(value)) usage(line, `${key}=${value.slice(0, 80)} is not possible`);
    return value;
  };
  const flag = (key: string): boolean => take(key, /^(yes|no)$/) === 'yes';
  const bytesIn = (key: string): Uint8Array => {
    const digits = fields.has(key) ? take(key, /^[0-9a-f]*$/) : '';
    if (digits.length % 2 !== 0) usage(line, `${key}= has an odd number of digits`);
    return bytesOfHex(digits);
  };
  const insert = bytesIn('insert');
  const bootCode = bytesIn('boot-code');
  if (bootCode.length > BOOT_PAD) usage(line, `boot-code= has more than ${BOOT_PAD} bytes`);
  const format = parseFormat(fields, take, line);
  const pageSize = Number(take('page-size', /^[0-9]+$/));
  if (!(isForLinux(format) ? PAGE_SIZES.includes(pageSize) : isBlockSize(pageSize)))
    usage(line, `page-size=${pageSize} is not possible`);
  const name = unescapeText(take('name', /^/), line);
  if (encodeName(name).length > MAX_VOLUME_NAME) usage(line, `the name has more than ${MAX_VOLUME_NAME} bytes`);
  const edition = Number(take('edition', /^[0-9]{1,10}$/));
  if (edition > 0xffff_ffff) usage(line, `edition=${edition} is not possible`);
  const image: ImageDescription = {
    format,
    littleEndian: take('endian', /^(little|big)$/) === 'little',
    pageSize,
    edition,
    name,
    bootPad: flag('boot-pad'),
    bootCode,
    insert,
    holes: flag('holes'),
    storeIncompressible: flag('extended'),
    keepRemnants: flag('remnants'),
    compressFullLastPage: take('full-last-page', /^(compressed|any)$/) === 'compressed',
    deflate: take('deflate', /^(classic-9|classic-6|fast)$/) as DeflateName,
    direct: parsePlacement(take('direct', /^(none|(inline|packed),(8|[0-9]{4,5}),[0-9]{1,15},(padded|tight))$/), line),
  };
  const unknown = [...fields.keys()][0];
  if (unknown !== undefined) usage(line, `there is no "${unknown}="`);
  return image;
}

/** The fields of a vendor's format, each of which may be missing. */
function parseFormat(
  fields: ReadonlyMap<string, string>,
  take: (key: string, pattern: RegExp) => string,
  line: number,
): VendorFormat {
  const optional = (key: string, pattern: RegExp): string | null => (fields.has(key) ? take(key, pattern) : null);
  const tables = optional('long-tables', /^([1-9]|1[0-6]),(whole|all),(zero|end)$/)?.split(',');
  const signature = unescapeText(optional('signature', /^/) ?? LINUX_FORMAT.signature, line);
  if (encodeName(signature).length > SIGNATURE_BYTES) usage(line, 'the signature has more than 16 bytes');
  return {
    inodes: optional('inodes', /^(linux|wide)$/) === 'wide' ? 'wide' : 'linux',
    linearXip: optional('linear-xip', /^(yes|no)$/) === 'yes',
    longTables:
      tables === undefined
        ? null
        : {
            extra: Number(tables[0]),
            wholeOnly: tables[1] === 'whole',
            filler: tables[2] as LongTables['filler'],
          },
    unflagged: (optional('unflagged', /^(none|incompressible|all)$/) ?? 'none') as UnflaggedRule,
    flags: Number(optional('flags', /^0x[0-9a-f]{1,8}$/) ?? 0),
    signature,
    swappedCrc: optional('crc', /^(own|swapped)$/) === 'swapped',
  };
}

const SIGNATURE_BYTES = 16;

/** @param text an even number of digits 0-9 and a-f */
function bytesOfHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  const digit = (at: number): number => {
    const code = text.charCodeAt(at);
    return code <= 0x39 ? code - 0x30 : code - 0x57;
  };
  for (let at = 0; at < bytes.length; at++) bytes[at] = digit(at * 2) * 16 + digit(at * 2 + 1);
  return bytes;
}

function parsePlacement(text: string, line: number): DirectPlacement | null {
  if (text === 'none') return null;
  const [layout, alignment, base, tail] = text.split(',');
  if (alignment !== '8' && !PAGE_SIZES.includes(Number(alignment))) {
    usage(line, `direct=${text}: the alignment must be 8 or ${PAGE_SIZES.join(', ')}`);
  }
  if (Number(base) % 4 !== 0) usage(line, `direct=${text}: the base must be a multiple of 4`);
  return {
    layout: layout === 'packed' ? 'packed' : 'inline',
    alignment: Number(alignment),
    base: Number(base),
    padTail: tail === 'padded',
  };
}

function fieldsOf(words: readonly string[], line: number): Map<string, string> {
  const fields = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const key = word.slice(0, equals);
    if (equals < 1 || fields.has(key)) usage(line, `"${word}" is not understood`);
    fields.set(key, word.slice(equals + 1));
  }
  return fields;
}

function number(text: string, what: string, line: number): number {
  if (!/^[0-9]{1,10}$/.test(text)) usage(line, `the ${what} "${text}" is not a number`);
  return Number(text);
}

/** A file has at most 4096 blocks. */
const MAX_BLOCK = 4095;

function parseRanges(key: string, text: string, line: number): BlockRuns {
  const runs: BlockRun[] = [];
  for (const part of text === 'none' ? [] : text.split(',')) {
    const match = /^([0-9]{1,4})(?:-([0-9]{1,4}))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first || last > MAX_BLOCK) usage(line, `${key}=${text} is not "0-3,7" or the like`);
    runs.push({ first, last });
  }
  return mergedRuns(runs);
}

function unescapeText(text: string, line: number): string {
  if (!text.includes('\\')) return text;
  const bytes: number[] = [];
  for (let i = 0; i < text.length;) {
    const escape = /^\\x([0-9a-f]{2})/i.exec(text.slice(i, i + 4));
    if (text[i] === '\\' && escape === null) usage(line, `"${text}" has a backslash that is not \\xHH`);
    const char = String.fromCodePoint(text.codePointAt(i) ?? 0);
    if (escape === null) bytes.push(...encodeName(char));
    else bytes.push(parseInt(escape[1] ?? '0', 16));
    i += escape === null ? char.length : escape[0].length;
  }
  return decodeName(Uint8Array.from(bytes));
}

function usage(line: number, found: string): never {
  throw new CramfsError('USAGE', { found: `listing, line ${line}: ${found}` });
}
