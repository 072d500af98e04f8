/**
 * One file: what a mapping of it comes to, page by page, and a form that maps again at each change. For programs, what
 * is mapped when they start.
 */
import { CramfsError } from '../../base/errors.ts';
import { kernelModel } from '../../driver/models/named.ts';
import { KERNEL_MODELS } from '../../driver/models/index.ts';
import { printableName } from '../../format/names.ts';
import { PAGE_SIZES } from '../../image/image.ts';
import { adviceWords } from '../../report/mapAdvice.ts';
import { hex } from '../../base/hex.ts';
import { verdictSentence } from '../../report/mapText.ts';
import { NO_COLOURS } from '../../report/style.ts';
import { segmentRequest } from '../../exec/segmentRequest.ts';
import { segmentsOf } from '../draw/segments.ts';
import { loadedTable } from './loadedTable.ts';
import { MappingView } from './mappingView.ts';
import { size } from '../../base/words.ts';
import type { Board } from '../../verdict/board.ts';
import type { MapVerdict } from '../../verdict/mapVerdict.ts';
import type { MapRequest } from '../../verdict/request.ts';
import { isMissing, type MachineChange, type ReportSession } from '../session.ts';
import { fill, h } from './dom.ts';
import { ASKED_KEYS, type Details, MACHINE_KEYS, type State } from './state.ts';

/** The fields of the form, by the keys that they have in links. */
type FieldName = (typeof ASKED_KEYS)[number] | (typeof MACHINE_KEYS)[number];
const FIELD_NAMES: readonly FieldName[] = [...ASKED_KEYS, ...MACHINE_KEYS];

/** The panel as an element. */
export class FilePanel {
  readonly element: HTMLElement;
  readonly #session: ReportSession;
  readonly #title = h('h2', { class: 'path' });
  readonly #verdict = h('div', { class: 'verdict', 'aria-live': 'polite' });
  readonly #mapping = new MappingView();
  readonly #loaded = h('div', { class: 'loaded' });
  readonly #form: HTMLFormElement;
  readonly #fields: Readonly<Record<FieldName, HTMLInputElement | HTMLSelectElement>>;
  /** What the fields say unless the reader changes them. */
  readonly #usual: Record<FieldName, string>;
  #path: string | null = null;

  constructor(session: ReportSession, state: State) {
    this.#session = session;
    const { machine, pageSize } = session.data;
    const input = (value: string, extra: Readonly<Record<string, string>> = {}): HTMLInputElement =>
      h('input', { value, autocomplete: 'off', spellcheck: 'false', ...extra });
    const select = (options: readonly (readonly [string, string])[], chosen: string): HTMLSelectElement =>
      h('select', {}, ...options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)));
    this.#fields = {
      part: select([['', 'whole file']], ''),
      offset: input('0'),
      length: input('', { placeholder: 'to the end' }),
      prot: select(
        [
          ['r', 'r--'],
          ['rx', 'r-x'],
          ['rw', 'rw-'],
          ['rwx', 'rwx'],
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
      phys: input(hex(machine.physBase ?? session.board().memory.base)),
      pageSize: select(
        PAGE_SIZES.map((bytes): [string, string] => [String(bytes), size(bytes)]),
        String(pageSize),
      ),
    };
    this.#usual = {
      part: '',
      offset: '0',
      length: '',
      prot: 'r',
      sharing: 'private',
      kernel: machine.kernel,
      phys: this.#fields.phys.value,
      pageSize: String(pageSize),
    };
    const labels: Readonly<Record<FieldName, string>> = {
      part: 'part',
      offset: 'offset',
      length: 'length',
      prot: 'protection',
      sharing: 'mapping',
      kernel: 'kernel',
      phys: 'physical base',
      pageSize: 'page size',
    };
    const again = (event: Event): void => {
      event.preventDefault();
      if (event.target === this.#fields.part) this.#choosePart();
      this.#map();
      state.set(Object.fromEntries(FIELD_NAMES.map((name) => [name, this.#changed(name)])));
    };
    this.#form = h(
      'form',
      { class: 'machine', input: again, submit: again, 'aria-label': 'Map this file' },
      ...FIELD_NAMES.map((name) => {
        this.#fields[name].name = name;
        return h('label', {}, labels[name], this.#fields[name]);
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
    this.select(null, {});
  }

  /** Shows a file as a link asks for it. */
  select(path: string | null, details: Details): void {
    this.#path = path;
    this.#form.hidden = path === null;
    this.element.classList.toggle('unused', path === null);
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
    this.#offerParts(path);
    this.#put('part', details.part ?? '');
    this.#choosePart();
    for (const name of FIELD_NAMES) if (name !== 'part') this.#put(name, details[name] ?? this.#usual[name]);
    this.#map();
  }

  /** Fills in a field; a choice that is not offered leaves it as usual. */
  #put(name: FieldName, value: string): void {
    const field = this.#fields[name];
    field.value = value;
    if (field instanceof HTMLSelectElement && field.selectedIndex === -1) field.value = this.#usual[name];
  }

  /** What a field says unless that is the usual. */
  #changed(name: FieldName): string | null {
    const value = this.#value(name);
    return value === this.#usual[name] ? null : value;
  }

  /** The whole file, or a segment of it. */
  #offerParts(path: string): void {
    const segments = segmentsOf(this.#session.board(), path);
    fill(
      this.#fields.part,
      h('option', { value: '' }, 'whole file'),
      ...segments.map(({ index, perms, name }) =>
        h('option', { value: index }, `segment ${String(index)}, ${perms} ${name}`),
      ),
    );
  }

  /** Fills in offset, length and protection, as the program's loader asks for a segment. */
  #choosePart(): void {
    const path = this.#path;
    const part = this.#value('part');
    if (path === null) return;
    const {
      offset = 0,
      length,
      prot = 'r',
    } = part === '' ? {} : segmentRequest(this.#session.board(), path, Number(part));
    this.#usual.offset = offset === 0 ? '0' : hex(offset);
    this.#usual.length = length === undefined ? '' : hex(length);
    this.#usual.prot = prot;
    for (const name of ['offset', 'length', 'prot'] as const) this.#put(name, this.#usual[name]);
  }

  #value(name: FieldName): string {
    return this.#fields[name].value.trim();
  }

  /** Maps as the form says. */
  #map(): void {
    const path = this.#path;
    if (path === null) return;
    let machine: MachineChange = { kernel: this.#value('kernel') };
    try {
      machine = {
        ...machine,
        physBase: number(this.#value('phys'), 'physical base', 0),
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
      this.#showVerdict(this.#session.verdict(request, machine), this.#session.board(machine));
      this.#showLoaded(path, machine);
    } catch (error) {
      fill(this.#loaded);
      fill(
        this.#verdict,
        h('p', { class: isMissing(error) ? 'missing' : 'error' }, messageOf(error, this.#session, machine)),
      );
    }
  }

  #showVerdict(verdict: MapVerdict, board: Board): void {
    const advice =
      verdict.advice === null || verdict.errno !== null
        ? null
        : adviceWords(verdict.advice, { image: this.#session.data.name, verdict });
    const fix = advice?.fix ?? null;
    this.#mapping.show(verdict, segmentsOf(board, verdict.path));
    fill(
      this.#verdict,
      h('h3', {}, verdictSentence(verdict, NO_COLOURS).replace(/\.$/, '')),
      advice === null ? null : h('p', {}, h('strong', {}, 'Why: '), `${advice.why}.`),
      fix === null ? null : h('p', { class: 'fix' }, h('strong', {}, 'To fix: '), `${fix}.`),
      this.#mapping.element,
      verdict.log.length === 0
        ? null
        : h('pre', { class: 'log', tabindex: 0, 'aria-label': 'Kernel log' }, verdict.log.join('\n')),
      h(
        'p',
        { class: 'muted flags' },
        [
          ...(verdict.physAddress === null ? [] : [`mapped from ${hex(verdict.physAddress)}`]),
          ...(verdict.vmFlags === null ? [] : [`VmFlags ${verdict.vmFlags.join(' ')}`]),
        ].join(' · '),
      ),
    );
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
        loadedTable(report, this.#session.board(machine).cpu.pageSize),
      );
    } catch (error) {
      fill(
        this.#loaded,
        h('h3', {}, 'As loaded'),
        h('p', { class: 'muted' }, messageOf(error, this.#session, machine)),
      );
    }
  }
}

function messageOf(error: unknown, session: ReportSession, machine: MachineChange): string {
  if (!isMissing(error)) return error instanceof CramfsError ? error.message : String(error);
  const nommu = kernelModel(machine.kernel ?? session.data.machine.kernel).nommu !== undefined;
  return nommu
    ? 'Not in this report: without an MMU this mapping is a copy of the file, and the report holds metadata only. Write the report with --embed to answer this.'
    : 'Not in this report: the answer needs bytes of the file, and the report holds metadata only. Write the report with --embed to answer this.';
}

/** Decimal or 0x…, K, M, or p for pages. @throws CramfsError USAGE */
function number(text: string, name: string, pageSize: number): number {
  const match = /^(0x[0-9a-f]+|\d+)([kmp]?)$/i.exec(text);
  const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 * 1024, p: pageSize };
  const value = Number(match?.[1] ?? NaN) * (units[match?.[2]?.toLowerCase() ?? ''] ?? NaN);
  if (Number.isSafeInteger(value)) return value;
  throw new CramfsError('USAGE', { found: `${name}: "${text}" is not a number` });
}
