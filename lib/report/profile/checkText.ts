/** A check of a running board as text. */
import { hex, hexDigits } from '../../base/hex.ts';
import { plural } from '../../base/words.ts';
import { plainLine } from '../../format/escapedNames.ts';
import { printableName } from '../../format/names.ts';
import type { Cause, Change, ImageVariant } from '../../profile/check/causes.ts';
import type { BoardCheck, CheckedProcess, CheckNote } from '../../profile/check/checkBoard.ts';
import type { Difference } from '../../profile/check/compare.ts';
import type { MapState } from '../../verdict/mapVerdict.ts';
import type { Machine } from '../../verdict/machine.ts';
import { type Style, wrap } from '../style.ts';
import { columns } from '../table.ts';

/** Differences that are listed. */
const MAX_DIFFERENCES = 8;
const MAX_FOREIGN = 4;

/** The whole report, ending with a newline. */
export function boardCheckText(check: BoardCheck, style: Style, width: number): string {
  const { machine, capture, processes, cause, alternatives, foreign, notes } = check;
  const lines = [
    `${printableName(capture.name)}: ${capture.kind}, device ${capture.device ?? 'unknown'}; promised: ${machine.kernel} on ${machine.cpu}, image at ${hex(machine.physBase)}`,
    '',
    ...columns([
      ['process', 'mappings', 'direct pages', ''],
      ...processes.map((process) => processRow(process, style)),
    ]),
  ];
  const uncertain = [...new Set(processes.flatMap((process) => process.uncertain))];
  lines.push(...uncertain.map((why) => wrap(`${style.fair('not certain')}: ${plainLine(why)}`, width, '  ')));
  const all = processes.flatMap((process) => process.differences);
  if (all.length > 0) {
    lines.push(
      '',
      'differences:',
      ...all.slice(0, MAX_DIFFERENCES).map((each) => `  ${wrap(differenceText(each), width, '    ', 2)}`),
    );
    if (all.length > MAX_DIFFERENCES) lines.push(`  and ${all.length - MAX_DIFFERENCES} more`);
  }
  for (const path of foreign.slice(0, MAX_FOREIGN))
    lines.push(`  ${printableName(path)}: mapped from this device, and not in the image`);
  if (foreign.length > MAX_FOREIGN)
    lines.push(`  and ${plural(foreign.length - MAX_FOREIGN, 'more file')} that the image does not have`);
  lines.push('');
  if (cause === null) lines.push(style.good('the board maps what the model predicts'));
  else {
    lines.push(wrap(`${style.bad('cause')}: ${causeText(cause, machine)}`, width, '  '));
    for (const other of alternatives) lines.push(wrap(`or: ${causeText(other, machine)}`, width, '  '));
  }
  for (const note of notes) lines.push(wrap(`note: ${noteText(note, machine)}`, width, '  '));
  return `${lines.join('\n')}\n`;
}

function processRow(
  { program, count, mappings, pages, directPages, differences }: CheckedProcess,
  style: Style,
): string[] {
  const verdict = differences.length === 0 ? 'as predicted' : style.bad(plural(differences.length, 'difference'));
  const times = count === 1 ? '' : ` (${count} alike)`;
  return [`${printableName(program)}${times}`, String(mappings), `${directPages} of ${pages}`, verdict];
}

const STATES: Readonly<Record<MapState, string>> = { pfnmap: 'PFNMAP', mixedmap: 'MIXEDMAP', none: 'paged' };

/** One difference, with the line of the capture that it is about. */
export function differenceText(difference: Difference): string {
  const { path, seen } = difference;
  const place = seen === null ? '' : ` ${hexDigits(seen.start, 8)}-${hexDigits(seen.end, 8)} ${seen.perms}`;
  const line = seen === null ? '' : ` (line ${seen.line})`;
  return `${printableName(path)}${place}: ${differenceWords(difference)}${line}`;
}

function differenceWords({ kind, seen, predicted, seenIno, predictedIno }: Difference): string {
  switch (kind) {
    case 'not-started':
      return 'runs on the board; the model does not start it';
    case 'object':
      return seenIno === null ? 'is not mapped; the model maps it' : 'is mapped; the model does not map it';
    case 'inode':
      return `inode ${seenIno ?? '?'} on the board, ${predictedIno ?? '?'} in the image`;
    case 'range':
      if (seen === null || predicted === null)
        return `the board has ${seen === null ? 'fewer' : 'more'} mappings of it than the model`;
      return `the model has ${predicted.perms} with ${plural((predicted.end - predicted.start) / 1024, 'KiB', 'KiB')} here`;
    case 'perms':
      return `permissions ${seen?.perms ?? ''}, predicted ${predicted?.perms ?? ''}`;
    case 'state':
      return `${seenState(seen?.smaps?.vmFlags ?? new Set())}, predicted ${predicted === null ? '' : STATES[predicted.state]}`;
    case 'offset':
      return `offset ${hex(seen?.offset ?? 0)}, predicted ${hex(predicted?.offset ?? 0)}`;
    case 'flags':
      return `VmFlags ${[...(seen?.smaps?.vmFlags ?? [])].join(' ')}, predicted ${predicted?.vmFlags.join(' ') ?? ''}`;
    case 'rss': {
      const { rss = 0, anonymous = 0 } = seen?.smaps ?? {};
      return `${(rss - anonymous) / 1024} KiB of the file in RAM; predicted ${predicted?.directPages ?? 0} of ${plural(predicted?.pages ?? 0, 'page')} direct`;
    }
  }
}

function seenState(flags: ReadonlySet<string>): string {
  return STATES[flags.has('pf') ? 'pfnmap' : flags.has('mm') ? 'mixedmap' : 'none'];
}

const VARIANTS: Readonly<Record<ImageVariant, string>> = {
  plain: 'without direct blocks',
  '-X': 'with a single -X, which does not align direct blocks to pages: use -X -X, or --xip mmu',
  '-X -X': 'with -X -X',
  '--xip nommu':
    'for a CPU without an MMU (--xip nommu), with direct blocks that are not aligned to pages: use --xip mmu',
  '--xip mmu': 'with --xip mmu',
};

/** A cause as a sentence without its full stop. */
export function causeText(cause: Cause, machine: Machine): string {
  return cause.map((change) => changeText(change, machine)).join('; and ');
}

function changeText(change: Change, { physBase, kernel, pageSize }: Machine): string {
  switch (change.kind) {
    case 'address':
      return addressText(change.physBase, physBase, pageSize);
    case 'unaligned-address':
      return `the physical address of the image is not a multiple of the page size that its direct blocks are aligned to (a header in front of it, such as a uImage's?)`;
    case 'no-direct-access':
      return 'Linux has no direct access to the image: the kernel lacks CONFIG_CRAMFS_MTD, the image is mounted from a block device above the MTD, or the MTD driver gives no physical address';
    case 'block-device':
      return `the image is mounted from the block device ${change.device}: only a mount from MTD (mount -t cramfs mtdN, root=mtd:NAME) maps anything directly`;
    case 'kernel':
      return `the kernel behaves as ${change.kernel} (${change.releases}), not as ${kernel}`;
    case 'image':
      return change.variant === null
        ? 'the image in flash is not this one'
        : `the image in flash is not this one: it has the same files, built ${VARIANTS[change.variant]}`;
    case 'unaligned-blocks':
      return 'the direct blocks of this image are not aligned to pages, so Linux with an MMU maps none of them (built with a single -X, or with --xip nommu, or for another address)';
    case 'unknown':
      return 'unknown: no other kernel, address, image or mount that was tried predicts what the board shows';
  }
}

function addressText(found: number, promised: number, pageSize: number): string {
  const rest = found % pageSize;
  const off =
    rest === 0
      ? ''
      : `, ${plural(rest, 'byte')} after a page boundary (a header in front of the image, such as a uImage's?)`;
  return `the image is at ${hex(found)}${off}, not at ${hex(promised)}: --phys ${hex(found)} predicts what the board shows`;
}

function noteText(note: CheckNote, { kernel }: Machine): string {
  switch (note.kind) {
    case 'only-maps':
      return 'maps shows neither VmFlags nor Rss: partly direct mappings cannot be checked; smaps shows them';
    case 'no-log':
      return 'add the output of "dmesg | grep cramfs" to the capture: its line "checking physical address" shows which of these it is';
    case 'page-attributes':
      return note.shown
        ? `VmFlags show "ar", as Linux before 6.16 does on x86, and ${kernel} would not: the mappings are the same`
        : `VmFlags do not show "ar", as ${kernel} would: the kernel is another one, and the mappings are the same`;
  }
}
