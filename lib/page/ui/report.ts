/** A report as a page: the views put together. */
import { type ReportData } from '../reportData.ts';
import { ReportSession } from '../session.ts';
import { type Compared, comparison } from './comparison.ts';
import { fill, h } from './dom.ts';
import { fileRows } from '../fileRows.ts';
import { Files } from './files.ts';
import { FilePanel } from './filePanel.ts';
import { FlashMap, legend, MAP_HEIGHT, SMALL_MAP_HEIGHT } from './flashMap.ts';
import { type LaidOut, Layouter } from './layoutWorker.ts';
import { State } from './state.ts';
import { findings, summary } from './summary.ts';

/**
 * Draws a report into an element: at once what is read first, the map and the files when a thread has laid them out.
 *
 * @param script the text of the page's own script
 */
export function showReport(root: Element, data: ReportData, script: string): ReportSession {
  const state = new State();
  const session = new ReportSession(data.image);
  const panel = new FilePanel(session, state);
  const compared = h('div', {});
  const main = h('div', { class: 'main' }, h('p', { class: 'muted', role: 'status' }, 'Drawing the map…'));
  fill(
    root,
    summary(session),
    compared,
    h(
      'div',
      { class: 'columns' },
      main,
      h('div', { class: 'side' }, panel.element, findings(data.image.findings, state)),
    ),
    h(
      'footer',
      { class: 'muted' },
      `Made by cramfs ${data.version}. ${data.image.whole ? 'The whole image is in this page.' : "The page holds the image's metadata, not its data."}`,
    ),
  );
  let shown: string | null | undefined;
  state.listenToLinks(() => {
    shown = undefined;
  });
  state.listen(({ path }, details) => {
    if (path !== shown) panel.select(path, details);
    shown = path;
  });
  state.start();
  const layouter = new Layouter(script);
  void Promise.all([layouter.layOut(0, data.image), data.old === null ? null : layouter.layOut(1, data.old)]).then(
    ([laidOut, oldLaidOut]) => {
      const old =
        data.old === null || oldLaidOut === null ? null : { session: new ReportSession(data.old), ...oldLaidOut };
      showViews(main, compared, { session, ...laidOut }, old, state, layouter);
      performance.mark('report-ready');
    },
    (error: unknown) => {
      fill(main, h('p', { class: 'error', role: 'status' }, `The map cannot be drawn. ${String(error)}`));
    },
  );
  return session;
}

/** An image and where its parts are. */
type Shown = Compared & LaidOut;

function showViews(
  main: Element,
  compared: Element,
  now: Shown,
  old: Shown | null,
  state: State,
  layouter: Layouter,
): void {
  const all = old === null ? [now] : [old, now];
  // Maps one above the other have the same scale.
  const scale = {
    most: Math.max(...all.map(({ pages }) => pages.count)),
    height: old === null ? MAP_HEIGHT : SMALL_MAP_HEIGHT,
  };
  const maps = all.map((each) => {
    const title = old === null ? 'Flash map' : `Flash map, ${each === old ? 'old' : 'new'}`;
    return new FlashMap(
      { pages: each.pages, layout: each.layout, physBase: each.session.board().memory.base },
      state,
      title,
      scale,
      (columns) => {
        state.set({ columns: String(columns) });
        for (const map of maps) map.show(columns);
      },
    );
  });
  const { session, layout } = now;
  const rows = fileRows(layout, session.data.files, session.board().cpu.pageSize);
  const files = new Files(rows, state, (request) => layouter.treemap(0, request));
  if (old !== null) fill(compared, comparison(now, old, state));
  const legends = legend(all.map(({ pages }) => pages));
  fill(main, ...maps.map(({ element }) => element), legends, files.element);
  const ofFiles = all.map((each) => new Map(each.layout.paths.map((path, index) => [path, index])));
  state.listenToLinks(({ columns }) => {
    for (const map of maps) map.show(columns === undefined ? null : Number(columns));
  });
  state.listen(({ path, offset }) => {
    maps.forEach((map, index) => {
      map.select(path === null ? null : (ofFiles[index]?.get(path) ?? null), offset);
    });
    files.select(path);
  });
}
