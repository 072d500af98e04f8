/**
 * The viewer: a report of whatever file is dropped on the page. The file is searched and read by a worker, piece by piece;
 * nothing of it leaves the machine.
 */
import { printableName } from '../../format/names.ts';
import { hex } from '../../base/hex.ts';
import { size } from '../../base/words.ts';
import { REPORT_FORMAT, type ReportImage } from '../reportData.ts';
import { fill, h } from './dom.ts';
import { openForPrint } from './print.ts';
import { showReport } from './report.ts';
import { runWorker, type FoundImage, type WorkerAnswer, type WorkerQuestion } from './viewerWorker.ts';

function startViewer(): void {
  openForPrint();
  const root = document.querySelector('main');
  const script = document.currentScript?.textContent ?? '';
  if (root === null) return;
  const scriptUrl = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  new Viewer(root, script, scriptUrl).start();
}

/** The page before there is a report. */
class Viewer {
  readonly #root: Element;
  readonly #script: string;
  readonly #scriptUrl: string;
  #worker: Worker | null = null;
  readonly #status = h('p', { class: 'muted', role: 'status' });
  readonly #progress = h('progress', { max: 1, value: 0, hidden: true, 'aria-label': 'Progress' });
  readonly #cancel = h(
    'button',
    {
      type: 'button',
      hidden: true,
      click: () => {
        this.#stop('Cancelled.');
      },
    },
    'Cancel',
  );
  readonly #found = h('ul', { class: 'found' });

  constructor(root: Element, script: string, scriptUrl: string) {
    this.#root = root;
    this.#script = script;
    this.#scriptUrl = scriptUrl;
  }

  start(): void {
    const input = h('input', {
      type: 'file',
      id: 'file',
      change: () => {
        const [file] = input.files ?? [];
        if (file !== undefined) this.#open(file);
      },
    });
    const drop = h(
      'div',
      { class: 'drop' },
      h('label', { for: 'file' }, h('strong', {}, 'Drop a firmware file or a cramfs image here, or choose one')),
      input,
      h('p', { class: 'muted' }, 'The file is read in this page. Nothing is sent anywhere.'),
      this.#progress,
      this.#cancel,
      this.#status,
    );
    fill(this.#root, h('header', { class: 'summary' }, h('h1', {}, 'cramfs viewer')), drop, this.#found);
    // Wherever it is dropped: a browser would leave the page for the file otherwise.
    window.addEventListener('dragover', (event) => {
      event.preventDefault();
      drop.classList.add('over');
    });
    window.addEventListener('dragleave', () => {
      drop.classList.remove('over');
    });
    window.addEventListener('drop', (event) => {
      event.preventDefault();
      drop.classList.remove('over');
      const [file] = event.dataTransfer?.files ?? [];
      if (file !== undefined) this.#open(file);
    });
  }

  #open(file: File): void {
    fill(this.#found);
    this.#run({ kind: 'scan', file }, `Searching ${printableName(file.name)} (${size(file.size)})…`);
  }

  #run(question: WorkerQuestion, status: string): void {
    this.#stop('');
    const worker = new Worker(this.#scriptUrl);
    this.#worker = worker;
    fill(this.#status, status);
    this.#progress.hidden = false;
    this.#progress.value = 0;
    this.#cancel.hidden = false;
    worker.onerror = (event) => {
      this.#stop(`Internal error: ${event.message}`);
    };
    worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => {
      switch (data.kind) {
        case 'progress':
          this.#progress.value = data.share;
          break;
        case 'error':
          this.#stop(data.message);
          break;
        case 'found':
          this.#stop(
            data.images.length === 0 ? 'No cramfs image found in this file.' : `${String(data.images.length)} found:`,
          );
          this.#list(question.file, data.images);
          break;
        case 'report':
          this.#stop('');
          this.#show(data.image);
          break;
      }
    };
    worker.postMessage(question);
  }

  #stop(status: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#progress.hidden = true;
    this.#cancel.hidden = true;
    fill(this.#status, status);
  }

  #list(file: File, images: readonly FoundImage[]): void {
    const open = ({ index }: FoundImage): void => {
      this.#run({ kind: 'report', file, index }, 'Reading the image…');
    };
    fill(
      this.#found,
      ...images.map((image) =>
        h(
          'li',
          {},
          h(
            'button',
            {
              type: 'button',
              click: () => {
                open(image);
              },
            },
            `Open the image at ${hex(image.offset)}`,
          ),
          ` ${image.littleEndian ? 'little' : 'big'} endian, ${size(image.bytes)}${image.volume === '' ? '' : `, volume ${printableName(image.volume)}`}${image.remarks.length === 0 ? '' : `: ${image.remarks.join('; ')}`}`,
        ),
      ),
    );
    const [only] = images;
    if (images.length === 1 && only !== undefined) open(only);
  }

  #show(image: ReportImage): void {
    const again = h(
      'button',
      {
        type: 'button',
        click: () => {
          location.hash = '';
          location.reload();
        },
      },
      'Open another file',
    );
    const report = h('div');
    fill(this.#root, h('p', { class: 'again' }, again), report);
    const session = showReport(report, { format: REPORT_FORMAT, version: 'viewer', image, old: null }, this.#script);
    Object.assign(globalThis, {
      cramfsReport: {
        map: (...args: Parameters<typeof session.json>) => session.json(...args),
      },
    });
  }
}

// The same script is the page's and the worker's.
if (typeof document === 'undefined') runWorker();
else startViewer();
