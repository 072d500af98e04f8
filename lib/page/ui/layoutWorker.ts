/**
 * Layout in a thread: where the files of an image are, its pages, and treemaps. Where a browser gives a page from disk no
 * threads, the page does it itself.
 */
import type { FlashPages } from '../../report/flashPages.ts';
import { type Layout, layOut } from '../layout.ts';
import { regionPages } from '../regionPages.ts';
import { reportAccount, type ReportImage } from '../reportData.ts';
import { ReportSession } from '../session.ts';
import { type Treemap, treemapOf } from '../treemap.ts';

/** What of an image is laid out. */
export interface LaidOut {
  readonly layout: Layout;
  readonly pages: FlashPages;
}

/** What a treemap is made of: files by their index in the layout, and the area of each. */
export interface TreemapRequest {
  readonly indices: Uint32Array;
  readonly bytes: Float64Array;
  readonly width: number;
  readonly height: number;
}

/** What the page asks. `image` says which image of the report, from 0. */
export type LayoutQuestion =
  | { readonly kind: 'layout'; readonly id: number; readonly image: number; readonly data: ReportImage }
  | { readonly kind: 'treemap'; readonly id: number; readonly image: number; readonly request: TreemapRequest };

/** An answer has the number of its question. */
export interface LayoutAnswer {
  readonly id: number;
  readonly result?: LaidOut | Treemap;
  readonly error?: string;
}

/** What the thread keeps: the paths of each image. */
const known = new Map<number, readonly string[]>();

/** Answers a question, in a thread or not. */
export function answerLayout(question: LayoutQuestion): LaidOut | Treemap {
  if (question.kind === 'layout') {
    const session = new ReportSession(question.data);
    const layout = layOut(session.image());
    known.set(question.image, layout.paths);
    return { layout, pages: regionPages(session.board(), reportAccount(question.data), question.data.findings) };
  }
  const { indices, bytes, width, height } = question.request;
  return treemapOf(known.get(question.image) ?? [], indices, bytes, width, height);
}

/** What a thread's global scope has, as far as it is used: the DOM's types are those of a page. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<LayoutQuestion>) => void) | null;
  postMessage(answer: LayoutAnswer): void;
}

/** Answers the page's questions in a thread. */
export function runLayoutWorker(): void {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => {
    scope.postMessage(answerQuestion(data));
  };
}

/** The message that answers a question. */
export function answerQuestion(question: LayoutQuestion): LayoutAnswer {
  const { id } = question;
  try {
    return { id, result: answerLayout(question) };
  } catch (error) {
    return { id, error: String(error) };
  }
}

/** The page's side. */
export class Layouter {
  #worker: Worker | null = null;
  #asked = 0;
  readonly #waiting = new Map<
    number,
    { readonly question: LayoutQuestion; readonly take: (answer: LayoutAnswer) => void }
  >();

  /** @param script the text of the page's own script, which is the thread's as well */
  constructor(script: string) {
    try {
      this.#worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
    } catch {
      return;
    }
    this.#worker.onmessage = ({ data }: MessageEvent<LayoutAnswer>) => {
      this.#waiting.get(data.id)?.take(data);
      this.#waiting.delete(data.id);
    };
    this.#worker.onerror = () => {
      // No thread: what was asked is answered here.
      this.#worker = null;
      for (const { question, take } of this.#waiting.values()) take(answerQuestion(question));
      this.#waiting.clear();
    };
  }

  layOut(image: number, data: ReportImage): Promise<LaidOut> {
    return this.#ask({ kind: 'layout', id: ++this.#asked, image, data }) as Promise<LaidOut>;
  }

  treemap(image: number, request: TreemapRequest): Promise<Treemap> {
    return this.#ask({ kind: 'treemap', id: ++this.#asked, image, request }) as Promise<Treemap>;
  }

  #ask(question: LayoutQuestion): Promise<LaidOut | Treemap> {
    return new Promise((resolve, reject) => {
      const take = ({ result, error }: LayoutAnswer): void => {
        if (result === undefined) reject(new Error(error));
        else resolve(result);
      };
      if (this.#worker === null) {
        take(answerQuestion(question));
        return;
      }
      this.#waiting.set(question.id, { question, take });
      this.#worker.postMessage(question);
    });
  }
}
