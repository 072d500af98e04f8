/** How the emulated kernel dies. */

/**
 * A kernel BUG or oops: the emulated kernel dies on it. It unwinds the emulated call only; the address space turns it
 * into an outcome, and it never leaves the library.
 */
export class KernelBug extends Error {
  override readonly name = 'KernelBug';
}

/** BUG_ON(): ends the emulated call when `condition` holds; `what` tells which one it was. */
export function bugOn(condition: boolean, what: string): void {
  if (condition) throw new KernelBug(what);
}
