/** Two fingers that part or meet. */

/** Ratio of distances that counts as one step. */
const STEP = 1.4;

/** Calls back with 0.5 when fingers part by a step, with 2 when they meet, and the place between them. */
export class PinchZoom {
  readonly #fingers = new Map<number, readonly [number, number]>();
  #distance = 0;

  constructor(element: HTMLElement, zoom: (factor: number, x: number, y: number) => void) {
    element.addEventListener('pointerdown', ({ pointerId, pointerType, offsetX, offsetY }) => {
      if (pointerType !== 'touch') return;
      this.#fingers.set(pointerId, [offsetX, offsetY]);
      this.#distance = this.#apart();
    });
    element.addEventListener('pointermove', ({ pointerId, offsetX, offsetY }) => {
      if (!this.#fingers.has(pointerId)) return;
      this.#fingers.set(pointerId, [offsetX, offsetY]);
      const now = this.#apart();
      if (this.#fingers.size !== 2 || this.#distance === 0) return;
      const ratio = now / this.#distance;
      if (ratio < STEP && ratio > 1 / STEP) return;
      this.#distance = now;
      const [[x0, y0], [x1, y1]] = [...this.#fingers.values()] as [[number, number], [number, number]];
      zoom(ratio > 1 ? 0.5 : 2, (x0 + x1) / 2, (y0 + y1) / 2);
    });
    for (const end of ['pointerup', 'pointercancel', 'pointerleave'] as const)
      element.addEventListener(end, ({ pointerId }) => {
        this.#fingers.delete(pointerId);
      });
  }

  #apart(): number {
    const [a, b] = [...this.#fingers.values()];
    return a === undefined || b === undefined ? 0 : Math.hypot(a[0] - b[0], a[1] - b[1]);
  }
}
