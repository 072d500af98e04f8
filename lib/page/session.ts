/**
 * The engine in a page: an image of the report on whatever machine the reader asks about.
 */
import { CramfsError } from '../base/errors.ts';
import { kernelModel } from '../driver/models/named.ts';
import { execProgram, type ExecReport } from '../exec/execProgram.ts';
import type { CramfsImage } from '../image/image.ts';
import { openDetected } from '../inspect/openDetected.ts';
import { mapJson } from '../report/mapJson.ts';
import { NOT_IN_REPORT } from '../source/sparseSource.ts';
import { Board } from '../verdict/board.ts';
import type { MapVerdict } from '../verdict/mapVerdict.ts';
import type { MapDetail, MapRequest } from '../verdict/request.ts';
import { type ReportImage, type ReportMachine, reportSource } from './reportData.ts';

/** What of the machine a request may change. */
export type MachineChange = Partial<ReportMachine> & { readonly pageSize?: number };

/** Boards that are kept; one costs little more than its mount. */
const MAX_BOARDS = 8;

/** An image of a report, opened. */
export class ReportSession {
  readonly data: ReportImage;
  readonly #images = new Map<number, CramfsImage>();
  readonly #boards = new Map<string, Board>();

  constructor(data: ReportImage) {
    this.data = data;
    this.#images.set(data.pageSize, openDetected(reportSource(data), { pageSize: data.pageSize }));
  }

  /** The image with blocks of its own size, or of another. */
  image(pageSize = this.data.pageSize): CramfsImage {
    const known = this.#images.get(pageSize);
    if (known !== undefined) return known;
    const image = openDetected(reportSource(this.data), { pageSize });
    this.#images.set(pageSize, image);
    return image;
  }

  /** The report's machine, with changes. @throws CramfsError USAGE for an impossible machine */
  board({ pageSize, ...change }: MachineChange = {}): Board {
    const { kernel, ...options } = { ...this.data.machine, ...change };
    const key = JSON.stringify([pageSize, kernel, options]);
    const known = this.#boards.get(key);
    if (known !== undefined) return known;
    const board = new Board(this.image(pageSize), { ...options, kernel: kernelModel(kernel) });
    const [oldest] = this.#boards.keys();
    if (this.#boards.size >= MAX_BOARDS && oldest !== undefined) this.#boards.delete(oldest);
    this.#boards.set(key, board);
    return board;
  }

  /** @throws CramfsError as Board.map(); IO for what is not in the report */
  verdict(request: MapRequest, machine?: MachineChange, detail: MapDetail = {}): MapVerdict {
    return this.board(machine).map(request, { ...detail, advice: true });
  }

  /** The verdict as `cramfs-map --json` prints it. */
  json(request: MapRequest, machine?: MachineChange, detail: MapDetail = {}): Record<string, unknown> {
    return mapJson(this.verdict(request, machine, detail), { ...detail, advice: true });
  }

  /** @throws CramfsError as execProgram(); IO for what is not in the report */
  exec(path: string, machine?: MachineChange): ExecReport {
    return execProgram(this.board(machine), { path });
  }
}

/** Whether an error says that the report lacks the bytes for an answer. */
export function isMissing(error: unknown): boolean {
  return error instanceof CramfsError && error.code === 'IO' && error.details.found === NOT_IN_REPORT;
}
