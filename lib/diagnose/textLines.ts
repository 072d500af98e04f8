/** The lines of dumps as text: what each of the usual formats says in one. */

/** The formats. `hex-dump`: xxd, hexdump, od, the memory display of U-Boot and debuggers, or digits alone. */
export type TextFormat = 'intel-hex' | 's-record' | 'ti-txt' | 'hex-dump' | 'base64' | 'uuencode';

/** A line that holds bytes. */
export interface DumpLine {
  readonly format: TextFormat;
  /** Digits of the address; null where there is none. Hexadecimal, but for od(1). */
  readonly address: string | null;
  readonly bytes: Uint8Array;
  /** A "*": the line before is repeated up to the next address. */
  readonly repeats?: boolean;
  /** A line that begins a dump. */
  readonly starts?: boolean;
  /** The name of the file that a heading gives. */
  readonly name?: string;
}

const NO_BYTES = new Uint8Array(0);

/** Reads one line after the other: some formats have lines that mean something for those after them. */
export function lineReader(): (line: string) => DumpLine | null {
  /** The upper part of addresses in Intel HEX. */
  let upper = 0;
  /** The address that "@" gave, for the bytes that follow. */
  let at: number | null = null;
  /** Between "begin" and "end". */
  let within: 'uuencode' | 'base64' | null = null;
  /** Whether the line before was one of a hex dump. */
  let dumped = false;
  /** Characters of the line before if it was base64: the next one may have none but hexadecimal digits. */
  let coded = 0;
  return (raw) => {
    const line = readLine(raw);
    if (line !== null) coded = line.format === 'base64' ? raw.trimEnd().length : 0;
    return line;
  };

  function readLine(raw: string): DumpLine | null {
    const line = raw.replace(/^\[[^\]]{1,40}\][ \t]*/, '').trimEnd();
    const heading = /^begin(-base64)? [0-7]{3,4} (.{1,255})$/.exec(line);
    if (heading !== null) {
      within = heading[1] === undefined ? 'uuencode' : 'base64';
      return { format: within, address: null, bytes: NO_BYTES, starts: true, name: heading[2] ?? '' };
    }
    if (within === 'uuencode') {
      const bytes = uuBytes(line);
      if (bytes === null || bytes.length === 0) within = null;
      return bytes === null ? null : { format: 'uuencode', address: null, bytes };
    }
    if ((line.length <= coded || within === 'base64') && BASE64_LINE.test(line)) return base64Line(line);
    if (line.startsWith(':')) return intelLine(line);
    if (/^S[0-9](?:[0-9a-f]{2})+$/i.test(line)) {
      const record = sRecord(line);
      if (record !== null) return record.bytes.length > 0 ? record : null;
    }
    if (line === '*' && dumped) return { format: 'hex-dump', address: null, bytes: NO_BYTES, repeats: true };
    if (dumped && /^[0-9a-f]{7,16}$/i.test(line)) return { format: 'hex-dump', address: line, bytes: NO_BYTES };
    const place = /^@([0-9a-f]{1,16})$/i.exec(line);
    if (place !== null) {
      at = Number.parseInt(place[1] ?? '0', 16);
      return null;
    }
    const plain = plainHex(line);
    if (plain !== null && at !== null) {
      const address = at.toString(16);
      at += plain.length;
      return { format: 'ti-txt', address, bytes: plain };
    }
    const dump = plain === null ? addressedLine(line) : { format: 'hex-dump' as const, address: null, bytes: plain };
    if (dump !== null) {
      dumped = dump.address !== null;
      return dump;
    }
    return BASE64_LINE.test(line) && line.length >= 16 ? base64Line(line) : null;
  }

  function intelLine(line: string): DumpLine | null {
    if (!/^:(?:[0-9a-f]{2}){5,}$/i.test(line)) return null;
    const bytes = hexDigitsOf(line.slice(1));
    if (bytes.length !== (bytes[0] ?? 0) + 5 || sum(bytes) % 256 !== 0) return null;
    const data = bytes.subarray(4, bytes.length - 1);
    const word = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
    const type = bytes[3];
    if (type === 2) upper = word * 16;
    if (type === 4) upper = word * 65536;
    if (type !== 0) return null;
    const address = upper + (((bytes[1] ?? 0) << 8) | (bytes[2] ?? 0));
    return { format: 'intel-hex', address: address.toString(16), bytes: data };
  }
}

const sum = (bytes: Uint8Array): number => bytes.reduce((all, byte) => all + byte, 0);

/** A Motorola S-record: type, count, address, data, the complement of their sum. Only those of some types have data. */
function sRecord(line: string): DumpLine | null {
  const bytes = hexDigitsOf(line.slice(2));
  const type = Number(line[1]);
  const width = type + 1;
  if (bytes[0] !== bytes.length - 1 || sum(bytes) % 256 !== 255) return null;
  if (type === 0 || type > 3 || bytes.length < width + 2) return { format: 's-record', address: null, bytes: NO_BYTES };
  const address = [...bytes.subarray(1, 1 + width)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { format: 's-record', address, bytes: bytes.subarray(1 + width, bytes.length - 1) };
}

/** A line of nothing but bytes as digits: "453dcd28", "45 3d cd 28", "0x45, 0x3d,". */
function plainHex(line: string): Uint8Array | null {
  if (!/^[ \t{]*(?:0x)?[0-9a-f]{2}(?:[ \t,]*(?:0x)?[0-9a-f]{2})+[ \t,}]*;?$/i.test(line)) return null;
  // An address in front has other digits than the bytes after it.
  if (/^[ \t]*(?:0x)?[0-9a-f]{5,16}:?[ \t]+[0-9a-f]/i.test(line)) return null;
  const digits = line.replace(/0x/gi, '').replace(/[^0-9a-f]/gi, '');
  return digits.length < 8 ? null : hexDigitsOf(digits);
}

const ADDRESS = /^[ \t]*(?:0x)?([0-9a-f]{4,16})(?: <[^>]{1,80}>)?(?::[ \t]*|[ \t]+)/i;
const GROUP = /(?:0x)?((?:[0-9a-f]{2}){1,8})(?:[ \t]{1,2}|$|(?=[ \t]))/iy;
/** Groups in a line of a dump. */
const MOST_GROUPS = 256;

/** A line of a dump with its address: groups of one size, then perhaps the letters. */
function addressedLine(line: string): DumpLine | null {
  const match = ADDRESS.exec(line);
  if (match === null) return null;
  let digits = '';
  let size = 0;
  GROUP.lastIndex = match[0].length;
  for (let count = 0; count < MOST_GROUPS; count++) {
    const group = GROUP.exec(line)?.[1];
    if (group === undefined) break;
    if (size === 0) size = group.length;
    // The last group may be cut short.
    if (group.length > size) break;
    digits += group;
    if (group.length < size) break;
  }
  return digits === '' ? null : { format: 'hex-dump', address: match[1] ?? '', bytes: hexDigitsOf(digits) };
}

/** @param digits an even number of them */
function hexDigitsOf(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** A line of uuencode: the number of bytes as a character, then four characters for three bytes. */
function uuBytes(line: string): Uint8Array | null {
  if (line === 'end' || line === '' || line === '`') return NO_BYTES;
  const value = (i: number): number => ((line.charCodeAt(i) || 0x20) - 0x20) & 0x3f;
  const count = value(0);
  if (line.length > 1 + 4 * Math.ceil(count / 3) + 1) return null;
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const from = 1 + 4 * Math.floor(i / 3);
    const word = (value(from) << 18) | (value(from + 1) << 12) | (value(from + 2) << 6) | value(from + 3);
    bytes[i] = word >>> (16 - 8 * (i % 3));
  }
  return bytes;
}

const BASE64_LINE = /^[A-Za-z0-9+/]{2,}={0,2}$/;
const base64Line = (line: string): DumpLine => ({ format: 'base64', address: null, bytes: base64Bytes(line) });

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64_VALUES = new Map(Array.from({ length: 64 }, (_, value) => [BASE64.charCodeAt(value), value]));

function base64Bytes(line: string): Uint8Array {
  const chars = line.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((chars.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let filled = 0;
  for (let i = 0; i < chars.length; i++) {
    held = ((held << 6) | (BASE64_VALUES.get(chars.charCodeAt(i)) ?? 0)) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[filled++] = held >>> bits;
  }
  return bytes;
}
