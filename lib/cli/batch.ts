/**
 * Batches: one request a line in JSON, one result a line, in the same order.
 */
import { jsonText } from '../base/json.ts';
import { CramfsError } from '../base/errors.ts';
import { OPEN_ERRNOS } from '../driver/lookup.ts';
import { mapJsonText, SCHEMA_VERSION } from '../report/mapJson.ts';
import type { Board, BoardVariant } from '../verdict/board.ts';
import type { MapDetail } from '../verdict/request.ts';
import { type Requirement, unmetRequirement } from '../verdict/requirement.ts';
import { type BatchRequest, parseBatchLine } from './batchRequest.ts';
import { errorJson } from './failure.ts';
import { EXIT, type TextSink } from './io.ts';
import { readLinePieces } from './lines.ts';
import { TextBuffer } from './textBuffer.ts';

/** What requests begin with: `{`. */
const OPENING_BRACE = 0x7b;
/** Boards that a batch keeps at a time. */
const MAX_BOARDS = 64;

/** How to answer the lines of a batch. */
export interface BatchOptions {
  readonly detail: MapDetail;
  readonly requirement: Requirement | null;
  /** Virtual address that each request maps at. */
  readonly vmaStart: number | undefined;
  /** Where the answers go; null for nowhere. */
  readonly out: TextSink | null;
}

/**
 * Runs a batch to its end.
 *
 * @param file a file name, or a file descriptor
 * @returns the exit code: findings when a line was bad or a requirement not met
 * @throws CramfsError USAGE when the batch cannot be read; trouble with the image or its source
 */
export function runBatch(board: Board, file: string | number, options: BatchOptions): number {
  const out = options.out === null ? null : new TextBuffer(options.out);
  board.mounted();
  let code: number = EXIT.ok;
  const family = new BoardFamily(board);
  const touching = { ...options.detail, advice: true, misplaced: false, untouched: false };
  const asked: Asked = { ...options, touching, untouched: { ...touching, untouched: true } };
  for (const lines of readLinePieces(file, 'the batch')) {
    for (const line of lines) {
      if (typeof line === 'string' && isBlank(line)) continue;
      const answer = answerLine(family, line, asked);
      if (!answer.good) code = EXIT.findings;
      out?.line(answer.json);
    }
  }
  out?.flush();
  return code;
}

/** Whether a line has nothing but white space: few begin with any. */
const isBlank = (line: string): boolean => line.charCodeAt(0) !== OPENING_BRACE && line.trim() === '';

/** What each line is asked, with the details of those that touch pages and those that do not. */
interface Asked extends Pick<BatchOptions, 'requirement' | 'vmaStart'> {
  readonly touching: MapDetail;
  readonly untouched: MapDetail;
}

interface Answer {
  readonly json: string;
  readonly good: boolean;
}

function answerLine(
  family: BoardFamily,
  line: string | CramfsError,
  { touching, untouched, requirement, vmaStart }: Asked,
): Answer {
  let parsed: BatchRequest | null = null;
  try {
    if (line instanceof CramfsError) throw line;
    parsed = parseBatchLine(line);
    const board = family.member(parsed.variant);
    const request = vmaStart === undefined ? parsed.request : { ...parsed.request, vmaStart };
    const wanted = parsed.touches ? touching : untouched;
    const verdict = board.map(request, wanted);
    return {
      json: mapJsonText(verdict, wanted),
      good: requirement === null || unmetRequirement(requirement, verdict, board, request) === null,
    };
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    const errno = OPEN_ERRNOS[error.code];
    return {
      json: jsonText({
        schemaVersion: SCHEMA_VERSION,
        ...(parsed === null ? {} : { path: parsed.request.path }),
        ...(errno === undefined ? {} : { errno, failed: 'open' }),
        error: errorJson(error),
      }),
      good: false,
    };
  }
}

/** The boards of a batch: its own, and those that lines ask for. */
class BoardFamily {
  readonly #own: Board;
  readonly #others = new Map<string, Board>();

  constructor(own: Board) {
    this.#own = own;
  }

  member(variant: BoardVariant): Board {
    const { kernel, stackInit, physBits } = variant;
    if (kernel === undefined && stackInit === undefined && physBits === undefined) return this.#own;
    const key = `${kernel?.name ?? ''} ${String(stackInit)} ${String(physBits)}`;
    let board = this.#others.get(key);
    if (board === undefined) {
      board = this.#own.variant(variant);
      if (this.#others.size >= MAX_BOARDS) this.#others.clear();
      this.#others.set(key, board);
    }
    return board;
  }
}
