/** The flash region of an image as pages, with what the audit found damaged. */
import { type FlashPages, flashPages, type PackedAccount } from '../report/flashPages.ts';
import type { Board } from '../verdict/board.ts';

/** What is asked of a finding. */
interface Located {
  readonly id: string;
  readonly severity: string;
  readonly offset: number | null;
}

/** The pages of a board's region; pages with errors of the image are damaged ones. */
export function regionPages(board: Board, account: PackedAccount, findings: readonly Located[]): FlashPages {
  const damaged = findings.flatMap(({ severity, id, offset }) =>
    severity === 'error' && id.startsWith('image/') && offset !== null ? [offset] : [],
  );
  return flashPages(account, board.memory.size, board.cpu.pageSize, damaged);
}
