/** What changed between two images of a report: numbers, files that moved, grew, came or went, largest first. */
import { printableName } from '../../format/names.ts';
import { size } from '../../base/words.ts';
import { type Layout } from '../layout.ts';
import type { ReportImage } from '../reportData.ts';
import type { ReportSession } from '../session.ts';
import { h } from './dom.ts';
import type { State } from './state.ts';

/** Changes that are listed. */
const MAX_CHANGES = 200;

interface Change {
  readonly path: string;
  readonly what: string;
  readonly weight: number;
}

/** The comparison as an element. */
export function comparison(
  now: ReportImage,
  _session: ReportSession,
  layout: Layout,
  before: ReportImage,
  _oldSession: ReportSession,
  oldLayout: Layout,
  state: State,
): HTMLElement {
  const rows: readonly (readonly [string, number, number])[] = [
    ['image', before.fileBytes, now.fileBytes],
    ['text from flash', before.numbers.textDirectBytes, now.numbers.textDirectBytes],
    ['RAM for file pages', before.numbers.ramBytes, now.numbers.ramBytes],
    ['RAM saved', before.numbers.ramSavedBytes, now.numbers.ramSavedBytes],
    ['padding', before.numbers.paddingBytes, now.numbers.paddingBytes],
  ];
  const changes = changesOf(layout, now, oldLayout, before);
  return h(
    'section',
    { class: 'comparison' },
    h('h2', {}, `Compared with ${printableName(before.name)}`),
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...['', 'old', 'new', 'difference'].map((text) => h('th', { scope: 'col' }, text)))),
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
            h('td', { class: 'number' }, difference(old, fresh)),
          ),
        ),
      ),
    ),
    changes.length === 0 ? h('p', { class: 'muted' }, 'No file changed.') : null,
    changes.length === 0
      ? null
      : h(
          'ul',
          { class: 'changes' },
          ...changes.slice(0, MAX_CHANGES).map(({ path, what }) =>
            h(
              'li',
              {},
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
              ` ${what}`,
            ),
          ),
          changes.length > MAX_CHANGES
            ? h('li', { class: 'muted' }, `and ${String(changes.length - MAX_CHANGES)} more`)
            : null,
        ),
  );
}

function difference(old: number, fresh: number): string {
  if (old === fresh) return '0';
  return `${fresh > old ? '+' : '−'}${size(Math.abs(fresh - old))}`;
}

function changesOf(layout: Layout, now: ReportImage, oldLayout: Layout, before: ReportImage): Change[] {
  const oldIndex = new Map(oldLayout.paths.map((path, index) => [path, index]));
  const states = (image: ReportImage): Map<string, string> =>
    new Map(image.files.map(({ path, state }) => [path, state ?? 'none']));
  const [newStates, oldStates] = [states(now), states(before)];
  const changes: Change[] = [];
  layout.paths.forEach((path, index) => {
    const old = oldIndex.get(path);
    oldIndex.delete(path);
    const flash = layout.flash[index] ?? 0;
    if (old === undefined) {
      changes.push({ path, what: `is new, ${size(flash)}`, weight: flash });
      return;
    }
    const parts: string[] = [];
    const oldFlash = oldLayout.flash[old] ?? 0;
    if (oldFlash !== flash) parts.push(`${difference(oldFlash, flash)} of flash`);
    const [direct, oldDirect] = [layout.directBlocks[index] ?? 0, oldLayout.directBlocks[old] ?? 0];
    if (direct !== oldDirect) parts.push(`${String(oldDirect)} → ${String(direct)} direct blocks`);
    const [state, oldState] = [newStates.get(path), oldStates.get(path)];
    if (state !== undefined && oldState !== undefined && state !== oldState) parts.push(`${oldState} → ${state}`);
    if (parts.length > 0)
      changes.push({ path, what: parts.join(', '), weight: Math.abs(flash - oldFlash) + Math.abs(direct - oldDirect) });
  });
  for (const [path, index] of oldIndex)
    changes.push({ path, what: `is gone, ${size(oldLayout.flash[index] ?? 0)}`, weight: oldLayout.flash[index] ?? 0 });
  return changes.sort((a, b) => b.weight - a.weight);
}
