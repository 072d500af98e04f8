/** The mappings of a program as loaded, object by object. */
import type { ExecReport } from '../../exec/execProgram.ts';
import { printableName } from '../../format/names.ts';
import { h } from './dom.ts';

type Mapping = ExecReport['mappings'][number];

/** A table with a heading for each object. `pageSize` in bytes. */
export function loadedTable({ mappings }: ExecReport, pageSize: number): HTMLElement {
  const objects = new Map<string, Mapping[]>();
  for (const mapping of mappings) {
    if (mapping.object !== '') objects.set(mapping.object, [...(objects.get(mapping.object) ?? []), mapping]);
  }
  return h(
    'table',
    { class: 'objects' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, 'mapping'),
        h('th', { scope: 'col', class: 'number' }, 'direct pages'),
        h('th', { scope: 'col', class: 'state' }, 'state'),
      ),
    ),
    ...[...objects].map(([object, list]) =>
      h(
        'tbody',
        {},
        h('tr', {}, h('th', { scope: 'rowgroup', colspan: 3, class: 'path' }, printableName(object))),
        ...list.map((mapping) => row(mapping, pageSize)),
      ),
    ),
  );
}

function row({ start, end, perms, state, directPages }: Mapping, pageSize: number): HTMLElement {
  const pages = (end - start) / pageSize;
  return h(
    'tr',
    {},
    h('td', { class: 'mono' }, perms),
    h('td', { class: `number${directPages === pages ? ' whole' : ''}` }, `${String(directPages)} of ${String(pages)}`),
    h('td', { class: 'state' }, state === 'anonymous' ? 'RAM' : state === 'none' ? 'paged' : state.toUpperCase()),
  );
}
