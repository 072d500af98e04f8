/** The part of the viewer that works in a thread: searches a file for images, and audits one. */
import { auditImage } from '../../audit/auditImage.ts';
import { CramfsError } from '../../base/errors.ts';
import { DEFAULT_MODEL } from '../../driver/models/default.ts';
import { kernelModel } from '../../driver/models/named.ts';
import { openDetected } from '../../inspect/openDetected.ts';
import { scan, type ScanHit } from '../../diagnose/scan.ts';
import { volumeName } from '../../report/scanText.ts';
import { scanRemarks } from '../../report/scanWords.ts';
import { type ByteSource, cachedSource } from '../../source/byteSource.ts';
import { Board } from '../../verdict/board.ts';
import { collectImage, type ReportImage } from '../reportData.ts';
import { answerQuestion, type LayoutAnswer, type LayoutQuestion } from './layoutWorker.ts';

/** What the page asks of the worker. */
export type WorkerQuestion =
  | { readonly kind: 'scan'; readonly file: File }
  | { readonly kind: 'report'; readonly file: File; /** Of the images found. */ readonly index: number };

/** An image that was found. */
export interface FoundImage {
  readonly index: number;
  readonly offset: number;
  readonly bytes: number;
  readonly littleEndian: boolean;
  readonly volume: string;
  readonly remarks: readonly string[];
}

/** What the worker says. */
export type WorkerAnswer =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'found'; readonly images: readonly FoundImage[] }
  | { readonly kind: 'report'; readonly image: ReportImage };

/** What a worker's global scope has, as far as it is used: the DOM's types are those of a page. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<WorkerQuestion | LayoutQuestion>) => void) | null;
  postMessage(answer: WorkerAnswer | LayoutAnswer): void;
}
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** Answers the page's questions. */
export function runWorker(): void {
  const scope = globalThis as unknown as WorkerScope;
  const answer = (message: WorkerAnswer): void => {
    scope.postMessage(message);
  };
  scope.onmessage = ({ data }) => {
    if (data.kind === 'layout' || data.kind === 'treemap') {
      scope.postMessage(answerQuestion(data));
      return;
    }
    try {
      const source = fileSource(data.file, answer);
      if (data.kind === 'scan') answer({ kind: 'found', images: [...scan(source)].map(foundImage) });
      else answer({ kind: 'report', image: report(source, data.file.name, data.index) });
    } catch (error) {
      answer({
        kind: 'error',
        message: error instanceof CramfsError ? error.message : `internal error: ${String(error)}`,
      });
    }
  };
}

function foundImage(hit: ScanHit, index: number): FoundImage {
  const { offset, size, superblock } = hit;
  return {
    index,
    offset,
    bytes: size,
    littleEndian: superblock.littleEndian,
    volume: volumeName(superblock),
    remarks: scanRemarks(hit)
      .filter(({ trouble }) => trouble)
      .map(({ sentence }) => sentence),
  };
}

function report(source: ByteSource, name: string, index: number): ReportImage {
  let at = 0;
  for (const hit of scan(source)) {
    if (at++ !== index) continue;
    const image = openDetected(hit.source);
    const board = new Board(image, { kernel: kernelModel(DEFAULT_MODEL.name) });
    const audit = auditImage(board, { name, imageOffset: 0 });
    return collectImage(hit.source, {
      audit,
      machine: { kernel: DEFAULT_MODEL.name, physBase: board.memory.base, regionSize: board.memory.size },
    });
  }
  throw new CramfsError('USAGE', { found: 'the file has changed: the image is not there any more' });
}

/** Bytes between two messages about progress. */
const STEP = 4 * 1024 * 1024;

/** A file of the user's, read in slices; nothing holds it as a whole. */
function fileSource(file: File, answer: (message: WorkerAnswer) => void): ByteSource {
  const reader = new FileReaderSync();
  let told = 0;
  return cachedSource({
    size: () => file.size,
    readInto(target, offset) {
      const bytes = new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + target.length)));
      target.set(bytes);
      if (Math.abs(offset - told) >= STEP) {
        told = offset;
        answer({ kind: 'progress', share: offset / Math.max(1, file.size) });
      }
      return bytes.length;
    },
    close: () => undefined,
  });
}
