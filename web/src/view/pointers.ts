import type { Button } from "../protocol/types.ts";
import { buttonChanges } from "./buttons.ts";

/** Which buttons each pointer holds, so that every press is followed by exactly one release, whatever the browser tells. */
export class HeldPointers {
  #held = new Map<number, number>();

  /** Takes a pointer's button bits; returns what changed. */
  update(pointerId: number, bits: number): { down: Button[]; up: Button[] } {
    const changes = buttonChanges(this.#held.get(pointerId) ?? 0, bits);
    if (bits === 0) this.#held.delete(pointerId);
    else this.#held.set(pointerId, bits);
    return changes;
  }

  /** Ids of the pointers that hold a button. */
  get ids(): number[] {
    return [...this.#held.keys()];
  }

  bits(pointerId: number): number {
    return this.#held.get(pointerId) ?? 0;
  }
}
