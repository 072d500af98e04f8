/** Damage of one of two images. */
import { CramfsError } from '../base/errors.ts';

/** Thrown where one of two images cannot be read on; whoever compares them catches it. */
export class DamagedSide extends Error {
  readonly side: 'a' | 'b';
  readonly damage: CramfsError;

  constructor(side: 'a' | 'b', damage: CramfsError) {
    super(damage.message);
    this.side = side;
    this.damage = damage;
  }

  /** Does something with one of the images. */
  static guard<T>(side: 'a' | 'b', action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof CramfsError) || error.code === 'IO') throw error;
      throw new DamagedSide(side, error);
    }
  }
}
