/** `--segment`: what a program's loader maps of it. */
import { type SegmentChoice, segmentRequest } from '../../exec/segmentRequest.ts';
import type { Board } from '../../verdict/board.ts';
import type { MapRequest } from '../../verdict/request.ts';
import { usage } from '../usage.ts';

/**
 * The request for a segment of a program.
 *
 * @param segment as it was typed
 * @throws CramfsError USAGE, and as segmentRequest()
 */
export function requestOfSegment(board: Board, path: string, segment: string): MapRequest {
  return segmentRequest(board, path, segmentChoice(segment));
}

function segmentChoice(text: string): SegmentChoice {
  if (text === 'text' || text === 'rodata' || text === 'data') return text;
  if (/^\d+$/.test(text)) return Number(text);
  return usage(`--segment: "${text}" is not text, rodata, data or the index of a program header`);
}
