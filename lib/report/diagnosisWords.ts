/** A diagnosis in one line: what the file is, and what to do next. */
import { hex, hexBytes } from '../base/hex.ts';
import { printableName } from '../format/names.ts';
import type { Content, ContentKind } from '../diagnose/content.ts';
import type { Diagnosis, TooLarge } from '../diagnose/diagnose.ts';
import type { FoundHalf, ScanHit } from '../diagnose/scan.ts';
import type { Member } from '../diagnose/undone.ts';
import { isProven, lossWords, UNDONE_CODES, undoneWords } from './undoneWords.ts';
import { plural, size } from '../base/words.ts';

/** The next step: the same command on another place of the file, or on what a tool writes. */
export type NextStep =
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'image'; readonly index: number }
  /** A program that writes the unpacked file to standard output; the file's name comes last. */
  | { readonly kind: 'pipe'; readonly words: readonly string[] }
  /** A program that writes the unpacked file to another one: the two names come last. */
  | { readonly kind: 'file'; readonly words: readonly string[] }
  /** Another program that reads such files; the file's name comes last. */
  | { readonly kind: 'program'; readonly words: readonly string[] };

/** A diagnosis for people. */
export interface DiagnosisWords {
  /** For programs. */
  readonly code: string;
  /** One sentence, without a capital and a full stop. */
  readonly sentence: string;
  /** Null where only another dump helps. */
  readonly next: NextStep | null;
}

/** A diagnosis as one line: what it is, and what to run next. */
export function diagnosisLineText({
  message,
  command,
}: {
  readonly message: string;
  readonly command: string | null;
}): string {
  return command === null ? message : `${message}; run: ${command}`;
}

/** The same of what is not an image, as errors begin. */
export function notAnImageWords(line: Parameters<typeof diagnosisLineText>[0]): string {
  return `not a cramfs image: ${diagnosisLineText(line)}`;
}

interface ContentWords {
  readonly name: string;
  readonly next: NextStep | null;
}

const pipe = (...words: string[]): NextStep => ({ kind: 'pipe', words });
const file = (...words: string[]): NextStep => ({ kind: 'file', words });
const program = (...words: string[]): NextStep => ({ kind: 'program', words });

/** What each kind of file is called, and what unpacks it. */
const CONTENT: Readonly<Record<ContentKind, ContentWords>> = {
  gzip: { name: 'gzip data', next: pipe('gzip', '-dc') },
  xz: { name: 'xz data', next: pipe('xz', '-dc') },
  bzip2: { name: 'bzip2 data', next: pipe('bzip2', '-dc') },
  lzma: { name: 'LZMA data', next: pipe('xz', '--format=lzma', '-dc') },
  lzip: { name: 'lzip data', next: pipe('lzip', '-dc') },
  zstd: { name: 'zstd data', next: pipe('zstd', '-dc') },
  lz4: { name: 'LZ4 data', next: pipe('lz4', '-dc') },
  lzop: { name: 'lzop data', next: pipe('lzop', '-dc') },
  compress: { name: 'compress (.Z) data', next: pipe('gzip', '-dc') },
  zip: { name: 'a zip archive', next: program('unzip', '-l') },
  '7z': { name: 'a 7-Zip archive', next: program('7z', 'l') },
  rar: { name: 'a RAR archive', next: program('7z', 'l') },
  uimage: { name: 'a uImage', next: program('mkimage', '-l') },
  fit: { name: 'a flattened device tree or FIT image', next: program('dumpimage', '-l') },
  trx: { name: 'a TRX firmware image', next: program('binwalk') },
  'android-boot': { name: 'an Android boot image', next: program('unpack_bootimg', '--boot_img') },
  'android-sparse': { name: 'an Android sparse image', next: file('simg2img') },
  squashfs: { name: 'a SquashFS image', next: program('unsquashfs', '-l') },
  ubi: { name: 'a UBI image', next: program('ubireader_extract_images') },
  ubifs: { name: 'a UBIFS image', next: program('ubireader_list_files') },
  jffs2: { name: 'a JFFS2 image', next: program('jefferson', '-d', 'jffs2-root') },
  romfs: { name: 'a romfs image', next: program('7z', 'l') },
  cpio: { name: 'a cpio archive', next: program('cpio', '-itF') },
  tar: { name: 'a tar archive', next: program('tar', '-tf') },
  ext: { name: 'an ext2, ext3 or ext4 image', next: program('7z', 'l') },
  elf: { name: 'an ELF program', next: program('readelf', '-h') },
  'intel-hex': { name: 'an Intel HEX file', next: file('objcopy', '-I', 'ihex', '-O', 'binary') },
  's-record': { name: 'a Motorola S-record file', next: file('objcopy', '-I', 'srec', '-O', 'binary') },
  uuencode: { name: 'a uuencoded file', next: pipe('uudecode', '-o', '/dev/stdout') },
  base64: { name: 'base64 text', next: pipe('base64', '-d') },
  'hex-dump': { name: 'a hex dump', next: pipe('xxd', '-r', '-p') },
  'utf8-replaced': {
    name: 'an image whose bytes from 0x80 on were replaced by U+FFFD, as text editors do: read or transfer it again in binary mode',
    next: null,
  },
};

/** "gzip data", "a zip archive labelled DH", "a uImage with a wrong header CRC". */
function contentName(content: Content): string {
  const { name } = CONTENT[content.kind];
  if (content.kind === 'zip') return content.label === null ? name : `${name} relabelled ${content.label}`;
  if (content.kind !== 'uimage') return name;
  const damage = content.headerCrcGood ? '' : ' with a wrong header CRC';
  return `${name} "${printableName(content.name)}"${damage}`;
}

/** The diagnosis in words. */
export function diagnosisWords(diagnosis: Diagnosis): DiagnosisWords {
  switch (diagnosis.kind) {
    case 'empty':
      return { code: 'empty', sentence: 'the file is empty', next: null };
    case 'half':
      return { code: 'half', sentence: halfSentence(diagnosis.half), next: null };
    case 'filler':
      return { code: 'filler', sentence: fillerSentence(diagnosis), next: null };
    case 'content':
      return contentWords(diagnosis);
    case 'image':
      return imageWords(diagnosis);
    case 'unknown': {
      const start = diagnosis.head.subarray(0, 4);
      const where = diagnosis.whole ? 'it' : `its first ${size(diagnosis.searched)}`;
      const sentence = `it begins with ${hexBytes(start, ' ')}, and no image was found in ${where}`;
      return { code: 'unknown', sentence: `${sentence}${bombWords(diagnosis.tooLarge)}`, next: null };
    }
  }
}

/** What is missing, and what to do: nothing here can put two files together. */
function halfSentence({ unit, which, offset }: FoundHalf): string {
  const what = unit === 1 ? 'every other byte' : 'every other 16-bit word';
  return (
    `it has ${what} of a cramfs image, whose half begins at ${hex(offset)}: the dump of the ${which} of two chips; ` +
    'read the other one too, and join the two by turns'
  );
}

function fillerSentence({ byte, bytes, whole }: Extract<Diagnosis, { kind: 'filler' }>): string {
  const meaning = byte === 0xff ? ' (erased flash)' : byte === 0xf6 ? ' (a formatted disk)' : '';
  const value = `0x${byte.toString(16).padStart(2, '0')}${meaning}`;
  if (!whole) return `its first ${plural(bytes, 'byte')} are all ${value}, and no image was found in them`;
  return `there is nothing in it: ${plural(bytes, 'byte')}, all ${value}`;
}

/** What a scan looks into. */
const SEARCHED: ReadonlySet<ContentKind> = new Set<ContentKind>([
  ...(['gzip', 'zip', 'uimage', 'ubi', 'android-sparse', 'tar', 'cpio'] as const),
  ...(['intel-hex', 's-record', 'uuencode', 'base64', 'hex-dump'] as const),
]);

function contentWords({ content, tooLarge, isSearched }: Extract<Diagnosis, { kind: 'content' }>): DiagnosisWords {
  if (content.kind === 'utf8-replaced') {
    return { code: 'text-conversion', sentence: `it is ${contentName(content)}`, next: null };
  }
  const looked = SEARCHED.has(content.kind);
  const nothing = looked && tooLarge === null ? ', and no image was found in it' : bombWords(tooLarge);
  // Unpacking by hand would show the same.
  const next = isSearched ? null : CONTENT[content.kind].next;
  return { code: content.kind, sentence: `it is ${contentName(content)}${nothing}`, next };
}

/** What was not unpacked. */
function bombWords(tooLarge: TooLarge | null): string {
  return tooLarge === null ? '' : `; ${tooLargeWords(tooLarge)}`;
}

/** "the gzip member at 0x0 unpacks to more than 64 MiB and was not searched, nor were members after it". */
export function tooLargeWords({ member, limit }: TooLarge): string {
  return `the ${MEMBERS[member.format]} at ${hex(member.offset)} unpacks to more than ${size(limit)} and was not searched, nor were members after it`;
}

function imageWords({ hit, index, images, content }: Extract<Diagnosis, { kind: 'image' }>): DiagnosisWords {
  const parts: string[] = [];
  if (content !== null && hit.undone.length === 0) parts.push(`it is ${contentName(content)}`);
  parts.push(...hit.undone.map(undoneWords));
  if (hit.loss !== null) parts.push(lossWords(hit.loss));
  else if (hit.crc.state === 'truncated') parts.push(truncatedWords(hit));
  const plain = hit.undone.length === 0 && hit.within.length === 0;
  // Nobody looks elsewhere for an image that is where the file begins.
  const isHere = plain && hit.offset === 0 && parts.length > 0;
  if (!isHere || images > 1) parts.push(placeWords(hit, images));
  const next: NextStep | null =
    // Without the top bits nothing of it can be read.
    hit.loss === 'seven-bit' || (plain && hit.offset === 0)
      ? null
      : plain
        ? { kind: 'offset', offset: hit.offset }
        : { kind: 'image', index };
  return { code: codeOf(hit), sentence: parts.join('; '), next };
}

function codeOf({ undone: [first], loss, crc, within }: ScanHit): string {
  if (first !== undefined) return UNDONE_CODES[first.kind];
  if (loss !== null) return 'text-conversion';
  if (crc.state === 'truncated') return 'truncated';
  return within.length > 0 ? (within[0]?.format ?? 'gzip') : 'elsewhere';
}

/** "the file ends 8192 bytes before the image does". */
export function truncatedWords({ size: bytes, present }: Pick<ScanHit, 'size' | 'present'>): string {
  return `the file ends ${plural(bytes - present, 'byte')} before the image does`;
}

/** What members are called. */
const MEMBERS: Readonly<Record<Member['format'], string>> = {
  gzip: 'gzip member',
  zip: 'zip member',
  ubi: 'UBI volume',
  'android-sparse': 'Android sparse image',
  'intel-hex': 'Intel HEX data',
  's-record': 'S-records',
  'ti-txt': 'TI-TXT data',
  'hex-dump': 'hex dump',
  base64: 'base64 text',
  uuencode: 'uuencoded file',
};

/** " in the gzip member "initrd" at 0x1f48", the innermost first; nothing for the file itself. */
export function membersWords(within: readonly Member[]): string {
  return [...within]
    .reverse()
    .map(({ format, offset, name }) => {
      const named = name === null ? '' : ` "${printableName(name)}"`;
      return ` in the ${MEMBERS[format]}${named} at ${hex(offset)}`;
    })
    .join('');
}

/** "a cramfs image is at 0x40 in the gzip member at 0x1f48 (CRC good), the first of 2". */
function placeWords(hit: ScanHit, images: number): string {
  const state = isProven(hit.crc)
    ? hit.undone.length > 0
      ? ' (with that undone its CRC is right)'
      : ' (CRC good)'
    : hit.crc.state === 'none'
      ? ' (it has no CRC)'
      : '';
  const more = images > 1 ? `, one of ${String(images)} found` : '';
  return `a cramfs image is at ${hex(hit.offset)}${membersWords(hit.within)}${state}${more}`;
}
