/** `cramfs diff` for people. */
import { hex } from '../base/hex.ts';
import type {
  Both,
  ChangedFile,
  DiffDamage,
  FileChange,
  FileLayout,
  ImageDiff,
  LoneFile,
  Mapped,
  SuperblockChange,
  XipChange,
} from '../diff/diffResult.ts';
import { printableName } from '../format/names.ts';
import { shownPath } from '../format/shownPath.ts';
import { namedFlags } from '../format/superblockFlags.ts';
import { modeString, octalMode } from './modeString.ts';
import { type Style, wrap } from './style.ts';
import { table } from './table.ts';
import { percent, plural, size } from '../base/words.ts';

/** Runs of a layout that are shown. */
const SHOWN_RUNS = 4;

/** The report: lines, each ended by a newline. */
export function diffText(diff: ImageDiff, style: Style, width: number): string {
  const out: string[] = [];
  const section = (title: string, lines: readonly string[]): void => {
    if (lines.length === 0) return;
    out.push(style.strong(title), ...lines.map((line) => `  ${wrap(line, width, '      ', 2)}`), '');
  };
  const marked = (mark: string, lines: readonly string[]): string[] =>
    lines.map((line) => `  ${mark} ${wrap(line, width, '      ', 4)}`);
  section('superblock', diff.superblock.map(superblockLine));
  const files = [
    ...marked(style.bad('-'), diff.removed.map(loneLine)),
    ...marked(style.good('+'), diff.added.map(loneLine)),
    ...marked(style.fair('~'), diff.changed.map(changedLine)),
    ...(diff.omitted === 0 ? [] : [`  and ${diff.omitted} more`]),
  ];
  if (files.length > 0) out.push(style.strong(filesTitle(diff)), ...files, '');
  section(
    'mappings',
    diff.xip.map((change) => xipLine(change, style)),
  );
  section(
    'programs, with their libraries',
    diff.programs.map(({ path, a, b }) => {
      const outcome = a.outcome === b.outcome ? '' : `${a.outcome} → ${b.outcome}, `;
      return `${shownPath(path)}: ${outcome}${ramDifference(a.ramBytes, b.ramBytes, style)}`;
    }),
  );
  if (diff.differs) out.push(style.strong('totals'), ...totals(diff));
  else out.push(diff.damage.length === 0 ? style.good('no difference') : 'no difference in what can be compared');
  return `${out.join('\n')}\n`;
}

/** A line about damage. */
export function damageText({ image, message }: DiffDamage, images: Both<string>): string {
  return `${printableName(images[image])}: ${message}`;
}

function filesTitle({ removed, added, changed }: ImageDiff): string {
  const renamed = changed.filter(({ from }) => from !== null).length;
  const counts = [
    [removed.length, 'removed'],
    [added.length, 'added'],
    [renamed, 'renamed'],
    [changed.length - renamed, 'changed'],
  ] as const;
  return `files: ${counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ')}`;
}

function superblockLine(change: SuperblockChange): string {
  const { what } = change;
  const from = (a: string, b: string): string => `${what}: ${a} → ${b}`;
  switch (what) {
    case 'flags':
      return from(flagNames(change.a), flagNames(change.b));
    case 'page-size':
    case 'size':
      return from(size(change.a), size(change.b));
    case 'signature':
    case 'name':
      return from(`"${printableName(change.a)}"`, `"${printableName(change.b)}"`);
    default:
      return from(String(change.a), String(change.b));
  }
}

function flagNames(flags: number): string {
  return (
    namedFlags(flags)
      .map(({ bit, name }) => name ?? hex(bit))
      .join('+') || 'none'
  );
}

function loneLine({ path, type, size: bytes }: LoneFile): string {
  return `${shownPath(path)} (${type}${type === 'file' ? `, ${size(bytes)}` : ''})`;
}

function changedLine({ path, from, changes }: ChangedFile): string {
  const name = from === null ? shownPath(path) : `${shownPath(from)} → ${shownPath(path)}`;
  return changes.length === 0 ? name : `${name}: ${changes.map(changeWords).join('; ')}`;
}

export function changeWords(change: FileChange): string {
  switch (change.what) {
    case 'type':
      return `${change.a} → ${change.b}`;
    case 'mode':
      return `mode ${octalMode(change.a)} → ${octalMode(change.b)} (${modeString(change.b).slice(1)})`;
    case 'owner':
      return `owner ${change.a.uid}:${change.a.gid} → ${change.b.uid}:${change.b.gid}`;
    case 'device':
      return `device ${change.a.major},${change.a.minor} → ${change.b.major},${change.b.minor}`;
    case 'target':
      return `target ${shownPath(change.a)} → ${shownPath(change.b)}`;
    case 'content':
      return change.a === change.b ? 'content' : `content, ${size(change.a)} → ${size(change.b)}`;
    case 'layout':
      return `layout ${layoutWords(change.a)} → ${layoutWords(change.b)}`;
  }
}

/** "5 direct, 3 zlib"; where a run of direct blocks begins within a page, how far. */
function layoutWords({ runs }: FileLayout): string {
  const shown = runs.slice(0, SHOWN_RUNS).map(({ kind, blocks, past }) => {
    const misplaced = past === null || past === 0 ? '' : ` (${past} bytes past a page boundary)`;
    return `${blocks} ${kind}${misplaced}`;
  });
  return [...shown, ...(runs.length > SHOWN_RUNS ? [`${plural(runs.length - SHOWN_RUNS, 'run')} more`] : [])].join(
    ', ',
  );
}

function xipLine({ path, segment, a, b }: XipChange, style: Style): string {
  const number = segment === null || segment.number === 0 ? '' : ` ${segment.number + 1}`;
  const what = segment === null ? '' : ` ${segment.kind}${number}`;
  const states = `${stateWord(a)} → ${stateWord(b)}`;
  return `${shownPath(path)}${what}: ${states}, ${ramDifference(a.ramBytes, b.ramBytes, style)}`;
}

function stateWord({ state }: Mapped): string {
  return state === null ? 'not mapped' : state === 'none' ? 'paged' : state;
}

function ramDifference(a: number, b: number, style: Style): string {
  if (a === b) return 'as much RAM';
  return b > a ? style.bad(`+${size(b - a)} RAM`) : style.good(`-${size(a - b)} RAM`);
}

function totals({ numbers: { a, b } }: ImageDiff): string[] {
  const bytes = (name: string, x: number, y: number): string[] => {
    const difference = y === x ? '' : `${y > x ? '+' : '-'}${size(Math.abs(y - x))}`;
    return [name, String(x), String(y), difference];
  };
  return table([
    ['bytes', 'first', 'second', ''],
    bytes('image', a.imageBytes, b.imageBytes),
    bytes('content', a.contentBytes, b.contentBytes),
    bytes('padding', a.paddingBytes, b.paddingBytes),
    bytes('RAM when all programs run', a.ramBytes, b.ramBytes),
    bytes('RAM saved by XIP', a.ramSavedBytes, b.ramSavedBytes),
    [
      'program text run from flash',
      percent(a.textDirectBytes, a.textBytes),
      percent(b.textDirectBytes, b.textBytes),
      '',
    ],
  ]);
}
