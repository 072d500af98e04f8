/**
 * One file: what a mapping of it comes to, page by page, and a form that maps again at each change. For programs, what
 * is mapped when they start.
 */
import { StoredFile } from '../../audit/storedFile.ts';
import { CramfsError } from '../../base/errors.ts';
import { KERNEL_MODELS } from '../../driver/models/index.ts';
import { readElfHeaders, type ElfSegment, PF_R, PF_W, PF_X, PT_LOAD } from '../../elf/elf.ts';
import { printableName } from '../../format/names.ts';
import { PAGE_SIZES } from '../../image/image.ts';
import { adviseOn, errnoReason } from '../../report/mapAdvice.ts';
import { hex } from '../../base/hex.ts';
import { plural, size } from '../../base/words.ts';
import type { Board } from '../../verdict/board.ts';
import type { MapVerdict } from '../../verdict/mapVerdict.ts';
import type { MapRequest } from '../../verdict/request.ts';
import { isMissing, type MachineChange, type ReportSession } from '../session.ts';
import { fill, h } from './dom.ts';

/** Cells of a mapping that are drawn; longer ones are cut. */
const MAX_CELLS = 4096;

/** The panel as an element. */
export class FilePanel {
  readonly element: HTMLElement;
  readonly #session: ReportSession;
  readonly #title = h('h2', { class: 'path' });
  readonly #verdict = h('div', { class: 'verdict', 'aria-live': 'polite' });
  readonly #loaded = h('div', { class: 'loaded' });
  readonly #form: HTMLFormElement;
  readonly #fields: Readonly<Record<string, HTMLInputElement | HTMLSelectElement>>;
  #path: string | null = null;

  constructor(session: ReportSession) {
    this.#session = session;
    const { machine, pageSize } = session.data;
    const input = (value: string, extra: Readonly<Record<string, string>> = {}): HTMLInputElement =>
      h('input', { value, autocomplete: 'off', spellcheck: 'false', ...extra });
    const select = (options: readonly (readonly [string, string])[], chosen: string): HTMLSelectElement =>
      h('select', {}, ...options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)));
    this.#fields = {
      offset: input('0'),
      length: input('', { placeholder: 'to the end' }),
      prot: select(
        [
          ['r', 'r--'],
          ['rx', 'r-x'],
          ['rw', 'rw-'],
          ['x', '--x'],
          ['-', 'none'],
        ],
        'r',
      ),
      sharing: select(
        [
          ['private', 'private'],
          ['shared', 'shared'],
        ],
        'private',
      ),
      kernel: select(
        KERNEL_MODELS.map(({ name }): [string, string] => [name, name]),
        machine.kernel,
      ),
      physBase: input(hex(machine.physBase ?? session.board().memory.base)),
      pageSize: select(
        PAGE_SIZES.map((bytes): [string, string] => [String(bytes), size(bytes)]),
        String(pageSize),
      ),
    };
    const labels: Readonly<Record<string, string>> = {
      offset: 'offset',
      length: 'length',
      prot: 'protection',
      sharing: 'mapping',
      kernel: 'kernel',
      physBase: 'physical base',
      pageSize: 'page size',
    };
    const again = (event: Event): void => {
      event.preventDefault();
      this.#map();
    };
    this.#form = h(
      'form',
      { class: 'machine', input: again, submit: again, 'aria-label': 'Map this file' },
      ...Object.entries(this.#fields).map(([name, field]) => {
        field.name = name;
        return h('label', {}, labels[name] ?? name, field);
      }),
    );
    this.element = h(
      'section',
      { class: 'panel', 'aria-label': 'File' },
      this.#title,
      this.#verdict,
      this.#form,
      this.#loaded,
    );
    this.select(null);
  }

  /** Shows a file. */
  select(path: string | null): void {
    this.#path = path;
    this.#form.hidden = path === null;
    fill(this.#loaded);
    if (path === null) {
      fill(this.#title, 'No file selected');
      fill(
        this.#verdict,
        h('p', { class: 'muted' }, 'Choose a file in the map or the table to see how Linux maps it.'),
      );
      return;
    }
    fill(this.#title, printableName(path));
    const offset = this.#fields.offset;
    const length = this.#fields.length;
    if (offset !== undefined) offset.value = '0';
    if (length !== undefined) length.value = '';
    this.#map();
  }

  #value(name: string): string {
    return this.#fields[name]?.value.trim() ?? '';
  }

  #map(): void {
    const path = this.#path;
    if (path === null) return;
    try {
      const machine: MachineChange = {
        kernel: this.#value('kernel'),
        physBase: number(this.#value('physBase'), 'physical base', 0),
        pageSize: Number(this.#value('pageSize')),
      };
      const pageSize = machine.pageSize ?? this.#session.data.pageSize;
      const length = this.#value('length');
      const request: MapRequest = {
        path,
        offset: number(this.#value('offset'), 'offset', pageSize),
        length: length === '' ? undefined : number(length, 'length', pageSize),
        prot: this.#value('prot'),
        shared: this.#value('sharing') === 'shared',
      };
      const { verdict, board } = this.#session.verdict(request, machine);
      this.#showVerdict(verdict, board);
      this.#showLoaded(path, machine);
    } catch (error) {
      fill(this.#loaded);
      fill(this.#verdict, h('p', { class: 'error' }, messageOf(error)));
    }
  }

  #showVerdict(verdict: MapVerdict, board: Board): void {
    const advice = adviseOn(verdict, board);
    const total = verdict.vmaPages ?? 0;
    fill(
      this.#verdict,
      h('h3', {}, sentence(verdict, board)),
      h(
        'p',
        {},
        verdict.state === null
          ? ''
          : h('strong', {}, { pfnmap: 'PFNMAP', mixedmap: 'MIXEDMAP', none: 'paged' }[verdict.state]),
        advice === null ? '' : `${verdict.state === null ? '' : ': '}${advice.why}.`,
      ),
      advice?.change === null || advice === null
        ? null
        : h('p', { class: 'fix' }, h('strong', {}, 'To fix: '), `${advice.change}.`),
      this.#cells(verdict),
      verdict.log.length === 0
        ? null
        : h('pre', { class: 'log', tabindex: 0, 'aria-label': 'Kernel log' }, verdict.log.join('\n')),
      verdict.vmFlags === null ? null : h('p', { class: 'muted flags' }, `VmFlags ${verdict.vmFlags.join(' ')}`),
      total === 0
        ? null
        : h(
            'p',
            { class: 'muted' },
            `${plural(total, 'page')} mapped${verdict.physAddress === null ? '' : ` from ${hex(verdict.physAddress)}`}`,
          ),
    );
  }

  /** The pages of the mapping, the segments of a program above them. */
  #cells(verdict: MapVerdict): HTMLElement | null {
    const pages = verdict.vmaPages ?? 0;
    if (pages === 0) return null;
    const shown = Math.min(pages, MAX_CELLS);
    const end = pages - (verdict.pagesBehindEnd ?? 0);
    const direct = new Set<number>();
    for (const run of verdict.direct)
      for (let page = run.page; page < Math.min(shown, run.page + run.pages); page++) direct.add(page);
    const kinds = ['direct', 'paged', 'past'] as const;
    const names = { direct: 'direct', paged: 'paged', past: 'past end of file' } as const;
    const cells: HTMLElement[] = [];
    const first = verdict.offset / verdict.pageSize;
    const segments = this.#segments(verdict.pageSize);
    const named: { readonly name: string; pages: number }[] = [];
    let count = { direct: 0, paged: 0, past: 0 };
    for (let page = 0; page < shown; page++) {
      const kind = direct.has(page) ? 'direct' : page >= end ? 'past' : 'paged';
      count = { ...count, [kind]: count[kind] + 1 };
      const segment = segments.find(({ from, to }) => first + page >= from && first + page < to);
      const starts = segment !== undefined && (page === 0 || first + page === segment.from);
      cells.push(
        h('span', {
          class: `cell ${kind}${segment === undefined ? '' : ' in-segment'}${starts ? ' segment-start' : ''}`,
          title: `page ${String(first + page)}: ${names[kind]}${segment === undefined ? '' : `, segment ${segment.name}`}`,
        }),
      );
      const last = named.at(-1);
      if (segment !== undefined && starts) named.push({ name: segment.name, pages: 1 });
      else if (segment !== undefined && last !== undefined) last.pages++;
    }
    const label = kinds
      .filter((kind) => count[kind] > 0)
      .map((kind) => `${String(count[kind])} ${names[kind]}`)
      .join(', ');
    return h(
      'div',
      { class: 'vma' },
      named.length === 0
        ? null
        : h(
            'p',
            { class: 'segments muted' },
            named.map(({ name, pages: many }) => `${name}, ${plural(many, 'page')}`).join(' · '),
          ),
      h('div', { class: 'cells', role: 'img', 'aria-label': `Pages: ${label}` }, ...cells),
      h(
        'ul',
        { class: 'legend' },
        ...kinds
          .filter((kind) => count[kind] > 0)
          .map((kind) =>
            h('li', {}, h('span', { class: `swatch cell ${kind}` }), `${names[kind]} ${String(count[kind])}`),
          ),
        ...(pages > shown ? [h('li', { class: 'muted' }, `first ${String(shown)} of ${String(pages)} pages`)] : []),
      ),
    );
  }

  /** The loadable segments of the file, if it is an ELF file and its headers are in the report. */
  #segments(pageSize: number): { readonly from: number; readonly to: number; readonly name: string }[] {
    const path = this.#path;
    if (path === null) return [];
    try {
      const { inode } = this.#session.board().open(path);
      const { segments } = readElfHeaders(new StoredFile(this.#session.image(), inode));
      return segments.flatMap((segment) =>
        segment.type === PT_LOAD && segment.fileSize > 0 ? [segmentPages(segment, pageSize)] : [],
      );
    } catch {
      return [];
    }
  }

  #showLoaded(path: string, machine: MachineChange): void {
    const audited = this.#session.data.files.find((file) => file.path === path);
    if (audited?.run === null || audited === undefined) {
      fill(this.#loaded);
      return;
    }
    try {
      const report = this.#session.exec(path, machine);
      const runs = report.outcome.kind === 'runs';
      const why = 'why' in report.outcome ? report.outcome.why : 'bug' in report.outcome ? report.outcome.bug : '';
      fill(
        this.#loaded,
        h('h3', {}, 'As loaded'),
        h(
          'p',
          { class: runs ? 'muted' : 'error' },
          runs
            ? `starts; ${size(report.flashBytes)} in place, ${size(report.ramBytes)} of RAM for file pages`
            : `does not start: ${why}`,
        ),
        h(
          'table',
          {},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              ...['object', 'perms', 'pages', 'direct', 'state'].map((text) => h('th', { scope: 'col' }, text)),
            ),
          ),
          h(
            'tbody',
            {},
            ...report.mappings
              .filter(({ object }) => object !== '')
              .map(({ object, start, end, perms, state, directPages }) => {
                const pages = (end - start) / this.#session.board(machine).cpu.pageSize;
                return h(
                  'tr',
                  {},
                  h('td', { class: 'path' }, printableName(object)),
                  h('td', { class: 'mono' }, perms),
                  h('td', { class: 'number' }, String(pages)),
                  h(
                    'td',
                    { class: `number${directPages === pages ? ' whole' : ''}` },
                    `${String(directPages)}/${String(pages)}`,
                  ),
                  h('td', {}, state === 'anonymous' ? 'RAM' : state === 'none' ? 'paged' : state.toUpperCase()),
                );
              }),
          ),
        ),
      );
    } catch (error) {
      fill(this.#loaded, h('p', { class: 'muted' }, `as loaded: ${messageOf(error)}`));
    }
  }
}

function segmentPages(
  { offset, fileSize, flags }: ElfSegment,
  pageSize: number,
): { from: number; to: number; name: string } {
  const letter = (flag: number, text: string): string => ((flags & flag) !== 0 ? text : '-');
  return {
    from: Math.floor(offset / pageSize),
    to: Math.ceil((offset + fileSize) / pageSize),
    name: segmentName(`${letter(PF_R, 'r')}${letter(PF_W, 'w')}${letter(PF_X, 'x')}`),
  };
}

/** "r-x text", "r-- rodata", "rw- data". */
function segmentName(perms: string): string {
  return `${perms} ${perms.includes('w') ? 'data' : perms.includes('x') ? 'text' : 'rodata'}`;
}

/** The verdict in a sentence. */
function sentence(verdict: MapVerdict, board: Board): string {
  if (verdict.bug !== null) return `Kernel BUG: ${verdict.bug}`;
  if (verdict.state === null)
    return `${verdict.errno ?? 'refused'}: ${verdict.failed ?? 'mmap'} fails, ${errnoReason(verdict, board)}`;
  if (verdict.nommu !== undefined)
    return verdict.nommu.inFlash === true ? 'The mapping runs from flash' : 'The mapping is a copy in RAM';
  const [direct, total] = [verdict.directPages ?? 0, verdict.vmaPages ?? 0];
  if (direct === 0) return 'No page runs from flash';
  return `${direct === total ? 'All' : `${String(direct)} of`} ${plural(total, 'page')} run from flash`;
}

function messageOf(error: unknown): string {
  if (isMissing(error)) return 'The answer needs bytes that are not in this report. Make it with --embed to ask this.';
  return error instanceof CramfsError ? error.message : String(error);
}

/** Decimal or 0x…, K, M, or p for pages. @throws CramfsError USAGE */
function number(text: string, name: string, pageSize: number): number {
  const match = /^(0x[0-9a-f]+|\d+)([kmp]?)$/i.exec(text);
  const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 * 1024, p: pageSize };
  const value = Number(match?.[1] ?? NaN) * (units[match?.[2]?.toLowerCase() ?? ''] ?? NaN);
  if (Number.isSafeInteger(value)) return value;
  throw new CramfsError('USAGE', { found: `${name}: "${text}" is not a number` });
}
