/** A report as a page: the views put together. */
import type { FlashPages } from '../../report/flashPages.ts';
import { regionPages } from '../regionPages.ts';
import { layOut, type Layout } from '../layout.ts';
import { type ReportData, type ReportImage, reportAccount } from '../reportData.ts';
import { ReportSession } from '../session.ts';
import { fill, h } from './dom.ts';
import { Files, fileRows } from './files.ts';
import { FilePanel } from './filePanel.ts';
import { FlashMap, legend } from './flashMap.ts';
import { comparison } from './comparison.ts';
import { State } from './state.ts';
import { findings, summary } from './summary.ts';

/** Draws a report into an element. */
export function showReport(root: Element, data: ReportData): ReportSession {
  const state = new State();
  const session = new ReportSession(data.image);
  const layout = layOut(session.image());
  const pages = pagesOf(session);
  const map = new FlashMap(
    { pages, layout, physBase: session.board().memory.base },
    state,
    data.old === null ? 'Flash map' : 'Flash map, new',
  );
  const files = new Files(fileRows(layout, data.image.files, session.board().cpu.pageSize), state);
  const panel = new FilePanel(session);
  const old = data.old === null ? null : oldMap(data.old, state);
  fill(
    root,
    summary(session),
    old === null ? null : comparison(data.image, session, layout, old.image, old.session, old.layout, state),
    h(
      'div',
      { class: 'columns' },
      h('div', { class: 'main' }, old?.map.element, map.element, legend(pages), files.element),
      h('div', { class: 'side' }, panel.element, findings(data.image.findings, state)),
    ),
    h(
      'footer',
      { class: 'muted' },
      `Made by cramfs ${data.version}. ${data.image.whole ? 'The whole image is in this page.' : "The page holds the image's metadata, not its data."}`,
    ),
  );
  const indexOf = indices(layout);
  const oldIndexOf = old === null ? null : indices(old.layout);
  let shown: string | null | undefined;
  state.listen(({ path, offset }) => {
    map.select(path === null ? null : (indexOf.get(path) ?? null), offset);
    old?.map.select(path === null ? null : (oldIndexOf?.get(path) ?? null), offset);
    files.select(path);
    if (path === shown) return;
    shown = path;
    panel.select(path);
  });
  state.start();
  return session;
}

const indices = ({ paths }: Layout): Map<string, number> => new Map(paths.map((path, index) => [path, index]));

const pagesOf = (session: ReportSession): FlashPages =>
  regionPages(session.board(), reportAccount(session.data), session.data.findings);

function oldMap(
  image: ReportImage,
  state: State,
): { image: ReportImage; session: ReportSession; layout: Layout; map: FlashMap } {
  const session = new ReportSession(image);
  const layout = layOut(session.image());
  return {
    image,
    session,
    layout,
    map: new FlashMap(
      { pages: pagesOf(session), layout, physBase: session.board().memory.base },
      state,
      'Flash map, old',
    ),
  };
}
