/** `cramfs info` for people. */
import { hex } from '../base/hex.ts';
import type { MountResult } from '../driver/mount.ts';
import { crcHex } from '../format/crc32.ts';
import { printableName } from '../format/names.ts';
import type { LoaderVerdict } from '../inspect/bootLoaders.ts';
import type { CrcVerdict } from '../inspect/imageCrc.ts';
import type { ImageInfo } from '../inspect/imageInfo.ts';
import { type Style, wrap } from './style.ts';
import { flashStrip } from './flashStrip.ts';
import { bar, table } from './table.ts';
import { percent, plural, size } from '../base/words.ts';

const LABEL = 12;
const BAR = 40;
/** Problems shown. */
const SHOWN_PROBLEMS = 10;
/** Columns of the longest flag's name. */
const FLAG = 19;

/** The report: lines, each ended by a newline. `mount`: how Linux mounts the image from MTD. */
export function infoText(info: ImageInfo, mount: MountResult, ranges: boolean, style: Style, width: number): string {
  const out: string[] = [];
  const row = (label: string, text: string): void => {
    out.push(`  ${style.faint(label.padEnd(LABEL))}${wrap(text, width - 2 - LABEL, ' '.repeat(2 + LABEL))}`);
  };
  const section = (title: string): void => {
    out.push('', style.strong(title));
  };
  out.push(style.strong('superblock'));
  superblockRows(info, mount, style, row);
  section(`flags ${hex(info.flags)}`);
  out.push(...flagTable(info, style));
  if (info.variants.length > 0) {
    section('vendor variant');
    for (const { sentence } of info.variants) out.push(`  ${wrap(sentence, width - 2, '  ')}`);
  }
  section('contents');
  contentRows(info, row);
  section('blocks');
  out.push(...kindTable(info));
  section('file sizes');
  out.push(...sizeTable(info));
  section('bytes of the file');
  out.push(...flashStrip(info.account, width, style), '', ...accountTable(info));
  if (info.account.missingBytes > 0) {
    out.push(`  ${style.bad('missing')}: ${size(info.account.missingBytes)} that the image points to lie past its end`);
  }
  if (ranges) {
    section('ranges');
    out.push(...rangeTable(info));
  }
  if (info.problemCount > 0) {
    section(style.bad('damage'));
    for (const problem of info.problems.slice(0, SHOWN_PROBLEMS))
      out.push(`  ${wrap(problem.message, width - 2, '    ')}`);
    const more = info.problemCount - Math.min(SHOWN_PROBLEMS, info.problems.length);
    if (more > 0) out.push(`  and ${plural(more, 'problem')} more ("cramfs check" lists them all)`);
  }
  return `${out.join('\n')}\n`;
}

function superblockRows(
  info: ImageInfo,
  mount: MountResult,
  style: Style,
  row: (label: string, text: string) => void,
): void {
  const pad = info.position === 0 ? '' : `, after a boot pad of ${String(info.position)} bytes`;
  row(
    'made for',
    `${info.littleEndian ? 'little' : 'big'}-endian CPUs, ${String(info.pageSize / 1024)} KiB pages${pad}`,
  );
  row('size', sizeSentence(info));
  row('volume', info.name === '' ? '(no name)' : printableName(info.name));
  if (info.claimed !== null) row('edition', String(info.claimed.edition));
  if (!info.signatureGood) row('signature', style.bad(`"${printableName(info.signature)}", not "Compressed ROMFS"`));
  row('CRC-32', crcSentence(info.crc, style));
  row('mounts on', mountSentence(info, mount, style));
  for (const loader of info.loaders) row(loader.name, loaderSentence(loader, style));
}

function flagTable({ namedFlags }: ImageInfo, style: Style): string[] {
  if (namedFlags.length === 0) return ['  none'];
  return namedFlags.map(({ bit, name, since, mounts, meaning }) => {
    const named = (name ?? '-').padEnd(FLAG);
    const kernel = since === null ? '-' : `Linux ${since}`;
    return `  ${hex(bit).padEnd(6)} ${mounts ? named : style.bad(named)}  ${kernel.padEnd(12)}  ${meaning}`;
  });
}

function sizeSentence({ size: bytes, account }: ImageInfo): string {
  if (bytes === null) {
    return `not recorded (before Linux 2.4.7 images had no size); the file has ${String(account.fileBytes)} bytes`;
  }
  const file = account.fileBytes - bytes;
  const difference =
    file === 0 ? '' : file > 0 ? `; the file has ${String(file)} more` : `; the file lacks the last ${String(-file)}`;
  return `${String(bytes)} bytes${bytes < 1024 ? '' : ` (${size(bytes)})`}${difference}`;
}

function crcSentence({ state, stored, computed }: CrcVerdict, style: Style): string {
  switch (state) {
    case 'good':
      return `${crcHex(stored)}, ${style.good('good')}`;
    case 'swapped':
      return `${crcHex(stored)}, ${style.fair('good, but stored in the other byte order')}`;
    case 'wrong':
      return `${crcHex(stored)}, ${style.bad('wrong')}: the bytes have ${crcHex(computed ?? 0)}`;
    case 'none':
      return 'none (the image is of the time before Linux 2.4.7)';
    case 'truncated':
      return `${crcHex(stored)}, ${style.bad('cannot be checked')}: the file is shorter than the image`;
    case 'unchecked':
      return `${crcHex(stored)}, not checked`;
    case 'impossible':
      return `${crcHex(stored)}, ${style.bad('cannot be checked')}: the image's size is less than its superblock's`;
  }
}

function mountSentence(info: ImageInfo, mount: MountResult, style: Style): string {
  const refusal = mount.refusal;
  if (refusal !== null) return style.bad(`no Linux: the mount fails with "${refusal}"`);
  if (mount.mounted?.size === 0) return style.bad('no Linux: it mounts, and the first look-up crashes the kernel');
  if (info.neededKernel === null) return style.bad('no Linux: it mounts, and does not know the vendor variant');
  const pages = info.pageSize === 4096 ? '' : `, on a CPU with ${String(info.pageSize / 1024)} KiB pages`;
  return `Linux ${info.neededKernel} and later${pages}`;
}

/** What a boot loader makes of the image. */
function loaderSentence({ state, reasons }: LoaderVerdict, style: Style): string {
  switch (state) {
    case 'reads':
      return style.good('reads it');
    case 'refuses':
      return style.bad(`refuses it: "${reasons.join('; ')}"`);
    case 'sees-no-files':
      return style.bad(`takes it for empty (${reasons.join(', ')})`);
    case 'misreads':
      return style.bad(`does not read ${reasons.join(', ')}`);
  }
}

function contentRows(info: ImageInfo, row: (label: string, text: string) => void): void {
  const { statistics, claimed } = info;
  const against = (counted: number, told: number | undefined): string =>
    told === undefined ? '' : told === counted ? ', as the superblock says' : `; the superblock says ${String(told)}`;
  row('inodes', `${String(statistics.inodes)}${against(statistics.inodes, claimed?.files)}`);
  const types = (
    [
      ['file', 'file', 'files'],
      ['directory', 'directory', 'directories'],
      ['symlink', 'symbolic link', 'symbolic links'],
      ['chardev', 'character device', 'character devices'],
      ['blockdev', 'block device', 'block devices'],
      ['fifo', 'fifo', 'fifos'],
      ['socket', 'socket', 'sockets'],
      ['unknown', 'of no known type', 'of no known type'],
    ] as const
  )
    .map(([type, one, many]) => [statistics.types[type], one, many] as const)
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${String(count)} ${count === 1 ? one : many}`);
  row('', `${types.join(', ')}, ${plural(statistics.depth, 'level')} deep`);
  row('data blocks', `${String(statistics.blocks)}${against(statistics.blocks, claimed?.blocks)}`);
  row('content', plural(statistics.contentBytes, 'byte'));
  if (statistics.sharingFiles > 0) {
    const { sharingFiles, distinctBytes } = statistics;
    const files = sharingFiles === 1 ? '1 file shares' : `${String(sharingFiles)} files share`;
    row('', `${files} the data of another: ${String(distinctBytes)} bytes are distinct`);
  }
  const total = Math.min(info.size ?? Infinity, info.account.fileBytes);
  if (statistics.contentBytes > 0)
    row('ratio', `the image takes ${percent(total, statistics.contentBytes)} of its contents`);
}

/** Compressed blocks under the name of what compressed them. */
function kindName(kind: string, { variants }: ImageInfo): string {
  return variants.some(({ code }) => code === 'lzma') ? kind.replace('zlib', 'lzma') : kind;
}

function kindTable(info: ImageInfo): string[] {
  const { statistics } = info;
  const kinds = statistics.kinds.filter(({ blocks }) => blocks > 0);
  if (kinds.length === 0) return ['  none'];
  return table([
    ['', 'blocks', 'bytes stored', 'bytes of content', ''],
    ...kinds.map(({ kind, blocks, storedBytes, contentBytes }) => [
      kindName(kind, info),
      String(blocks),
      String(storedBytes),
      String(contentBytes),
      percent(storedBytes, contentBytes),
    ]),
  ]);
}

function sizeTable({ statistics }: ImageInfo): string[] {
  const most = Math.max(...statistics.sizes.map(({ files }) => files));
  const first = statistics.sizes.findIndex(({ files }) => files > 0);
  const last = statistics.sizes.findLastIndex(({ files }) => files > 0);
  if (first === -1) return ['  no files'];
  const shown = statistics.sizes.slice(first, last + 1);
  const label = ({ upTo }: { upTo: number }): string =>
    upTo === 0 ? 'empty' : upTo === 0xffffff ? 'below 16 MiB' : `up to ${size(upTo)}`;
  const counts = table(shown.map((row) => [label(row), String(row.files)]));
  return counts.map((line, index) => `${line}  ${bar(shown[index]?.files ?? 0, most, BAR)}`.trimEnd());
}

function accountTable(info: ImageInfo): string[] {
  const { lines, fileBytes } = info.account;
  return table([
    ['', 'bytes', '', 'in'],
    ...lines.map(({ label, bytes, ranges }) => [
      kindName(ACCOUNT_WORDS[label], info),
      String(bytes),
      percent(bytes, fileBytes),
      ranges === 1 ? '1 range ' : `${String(ranges)} ranges`,
    ]),
    ['total', String(fileBytes), percent(fileBytes, fileBytes), ''],
  ]);
}

/** Labels of the account in words. */
export const ACCOUNT_WORDS: Readonly<Record<ImageInfo['account']['lines'][number]['label'], string>> = {
  'boot pad': 'boot pad',
  superblock: 'superblock',
  inserted: 'inserted file',
  inode: 'inodes',
  name: 'names',
  'block pointer': 'block pointers',
  zlib: 'data, zlib',
  stored: 'data, stored',
  direct: 'data, direct',
  'direct-zlib': 'data, direct-zlib',
  padding: 'padding',
  unreferenced: 'unreferenced',
  trailing: 'after the image',
};

function rangeTable({ account }: ImageInfo): string[] {
  return account.ranges.map(
    ({ start, end, label }) => `  ${hex(start).padStart(10)}-${hex(end - 1).padEnd(10)} ${ACCOUNT_WORDS[label]}`,
  );
}
