import type { Point } from "./geometry.ts";

/** How a movement of two fingers changes the view. */
export interface PinchStep {
  /** Middle of the fingers before the step. */
  anchor: Point;
  factor: number;
  pan: Point;
}

/** Follows touches. The second finger starts a gesture that ends when the last finger has left. */
export class Pinch {
  #touches = new Map<number, Point>();
  #active = false;

  get active(): boolean {
    return this.#active;
  }

  /** A finger lands; true if that starts a gesture, whose first finger's press is then to be taken back. */
  down(id: number, at: Point): boolean {
    this.#touches.set(id, at);
    if (this.#active || this.#touches.size < 2) return false;
    this.#active = true;
    return true;
  }

  /** A finger moves; returns the step to apply, or null outside a gesture. */
  move(id: number, at: Point): PinchStep | null {
    if (!this.#touches.has(id)) return null;
    const before = this.#span();
    this.#touches.set(id, at);
    const after = this.#span();
    if (!this.#active || !before || !after) return null;
    return {
      anchor: before.middle,
      factor: before.distance > 0 ? after.distance / before.distance : 1,
      pan: { x: after.middle.x - before.middle.x, y: after.middle.y - before.middle.y },
    };
  }

  /** A finger leaves or is cancelled. */
  up(id: number): void {
    this.#touches.delete(id);
    if (this.#touches.size === 0) this.#active = false;
  }

  reset(): void {
    this.#touches.clear();
    this.#active = false;
  }

  #span(): { middle: Point; distance: number } | null {
    const [a, b] = [...this.#touches.values()];
    if (!a || !b) return null;
    return { middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, distance: Math.hypot(a.x - b.x, a.y - b.y) };
  }
}
