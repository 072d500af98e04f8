/** What is asked of an image whose programs run in place. */
import type { IcacheKernel } from '../../mm/icache.ts';
import type { UseProfile } from '../../profile/useProfile.ts';
import type { XipChoice } from './choice.ts';

/** What is asked for. */
export interface XipSpec {
  /** Whether the target has an MMU. With one, blocks must lie on pages of physical memory. */
  readonly mode: 'mmu' | 'nommu';
  /** Physical address of the image. */
  readonly physBase: number;
  /** RISC-V: how the kernel's flush_icache_pte() answers for flash. Default: unfixed, so that no text can be placed. */
  readonly riscvIcache?: IcacheKernel | undefined;
  /** `inline`: direct blocks where mkcramfs has them; `packed`: all together behind everything else. */
  readonly layout: 'inline' | 'packed';
  readonly choice: XipChoice;
  /** Pages seen in use, and how often; null where nothing is known, and every page counts once. */
  readonly profile: UseProfile | null;
  /** Which files must be direct, whatever is seen in use. Default: none. */
  readonly pin?: ((path: string) => boolean) | undefined;
  /**
   * Linux reads the last page of a file of whole pages as zeros if it is direct (mapped, it is right). Such a page stays
   * compressed: with an MMU the mapping then has one page in RAM, without one it is not chosen.
   */
  readonly avoidLastPageDefect: boolean;
  /** Bytes that the image may have; null for no bound. */
  readonly flashBudget: number | null;
}

/** Why something is not direct. */
export type LeftOut = 'budget' | 'copied' | 'last-page' | 'unused';
