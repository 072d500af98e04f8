/**
 * What the parts of one audit share.
 */
import { CRAMFS_FLAG_EXT_BLOCK_POINTERS } from '../format/constants.ts';
import { CramfsError } from '../base/errors.ts';
import type { CramfsImage } from '../image/image.ts';
import type { Board } from '../verdict/board.ts';
import { FindingList } from '../findings/findingList.ts';
import { Mapper } from './mapper.ts';
import type { AuditSurvey } from './survey.ts';

/** The state of one audit. */
export class AuditContext {
  readonly board: Board;
  readonly image: CramfsImage;
  readonly findings = new FindingList();
  readonly mapper: Mapper;
  readonly survey: AuditSurvey;
  /** Why Linux does not mount the image; null if it does. */
  readonly refusal: string | null;

  constructor(board: Board, survey: AuditSurvey) {
    this.board = board;
    this.image = board.image;
    this.survey = survey;
    this.mapper = new Mapper(board);
    this.refusal = refusalOf(board);
  }

  /** Whether the image is made for direct mapping: flag EXT_BLOCK_POINTERS. */
  get hasExtensions(): boolean {
    return this.image.hasFlag(CRAMFS_FLAG_EXT_BLOCK_POINTERS);
  }

  /** Bytes that the physical base is past a page boundary. */
  get basePast(): number {
    return this.board.memory.base % this.board.cpu.pageSize;
  }

  /** Whether the driver looks at files at all when they are mapped. */
  get canMapDirectly(): boolean {
    return this.board.mount.mounted?.canMapDirectly === true;
  }
}

function refusalOf(board: Board): string | null {
  try {
    board.mounted();
    return null;
  } catch (error) {
    if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
    return error.details.found ?? error.message;
  }
}
