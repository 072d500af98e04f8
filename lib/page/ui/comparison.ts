/** What changed between two images of a report: numbers, files that moved, grew, came or went, largest first. */
import { hex } from '../../base/hex.ts';
import { printableName } from '../../format/names.ts';
import { plural, size } from '../../base/words.ts';
import { type Change, changesOf } from '../changes.ts';
import type { Layout } from '../layout.ts';
import type { ReportImage } from '../reportData.ts';
import type { ReportSession } from '../session.ts';
import { h } from './dom.ts';
import { baseName } from './summary.ts';
import type { State } from './state.ts';

/** Changes that are listed. */
const MAX_CHANGES = 200;

/** One of the two images. */
export interface Compared {
  readonly session: ReportSession;
  readonly layout: Layout;
}

/** The comparison as an element. */
export function comparison(now: Compared, old: Compared, state: State): HTMLElement {
  const [fresh, before] = [now.session.data, old.session.data];
  const changes = changesOf({ layout: now.layout, files: fresh.files }, { layout: old.layout, files: before.files });
  return h(
    'section',
    { class: 'comparison' },
    h('h2', {}, `Compared with ${baseName(before.name)}`),
    h('div', { class: 'compared' }, numbers(fresh, before), list(changes, state)),
  );
}

function numbers(now: ReportImage, before: ReportImage): HTMLElement {
  const rows: readonly (readonly [string, number, number])[] = (
    [
      ['image', before.fileBytes, now.fileBytes],
      ['text from flash', before.numbers.textDirectBytes, now.numbers.textDirectBytes],
      ['RAM for file pages', before.numbers.ramBytes, now.numbers.ramBytes],
      ['RAM saved', before.numbers.ramSavedBytes, now.numbers.ramSavedBytes],
      ['padding', before.numbers.paddingBytes, now.numbers.paddingBytes],
    ] as [string, number, number][]
  ).sort(([, a, b], [, c, d]) => Math.abs(d - c) - Math.abs(b - a));
  return h(
    'table',
    {},
    head(['', null], ['old', 'number'], ['new', 'number'], ['difference', 'number']),
    h(
      'tbody',
      {},
      ...rows.map(([name, old, fresh]) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, name),
          h('td', { class: 'number' }, size(old)),
          h('td', { class: 'number' }, size(fresh)),
          h('td', { class: 'number' }, difference(fresh - old)),
        ),
      ),
    ),
  );
}

function list(changes: readonly Change[], state: State): HTMLElement {
  if (changes.length === 0) return h('p', { class: 'muted' }, 'No file changed or moved.');
  return h(
    'div',
    { class: 'changes', tabindex: 0, role: 'region', 'aria-label': 'Files that changed' },
    h(
      'table',
      {},
      head(['file', null], ['flash', 'number'], ['change', null]),
      h('tbody', {}, ...changes.slice(0, MAX_CHANGES).map((change) => changeRow(change, state))),
    ),
    changes.length > MAX_CHANGES
      ? h('p', { class: 'muted' }, `and ${plural(changes.length - MAX_CHANGES, 'file')} more`)
      : null,
  );
}

/** The titles of a table's columns, each with its class. */
const head = (...columns: readonly (readonly [string, string | null])[]): HTMLElement =>
  h(
    'thead',
    {},
    h('tr', {}, ...columns.map(([text, style]) => h('th', { scope: 'col', class: style ?? undefined }, text))),
  );

function changeRow(change: Change, state: State): HTMLElement {
  const { path, bytes } = change;
  return h(
    'tr',
    {},
    h(
      'td',
      { class: 'path' },
      h(
        'button',
        {
          type: 'button',
          class: 'link',
          click: () => {
            state.select({ path, offset: null });
          },
        },
        printableName(path),
      ),
    ),
    h('td', { class: 'number' }, difference(bytes)),
    h('td', {}, words(change)),
  );
}

/** "new", "gone", or what is different. */
function words({ kind, direct, mapping, moved }: Change): string {
  if (kind !== 'changed') return kind;
  return [
    ...(mapping === null ? [] : [mapping.join(' → ')]),
    ...(direct === null ? [] : [`${direct.join(' → ')} direct pages`]),
    ...(moved === null ? [] : [`moved ${hex(moved[0])} → ${hex(moved[1])}`]),
  ].join(', ');
}

function difference(bytes: number): string {
  if (bytes === 0) return '0';
  return `${bytes > 0 ? '+' : '−'}${size(Math.abs(bytes))}`;
}
