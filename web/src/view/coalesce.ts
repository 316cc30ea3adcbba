import type { InputEvent, PointerInput, WheelInput } from "../protocol/types.ts";

/**
 * Holds moves and wheel turns back until the next screen refresh and merges them; everything else goes out at once,
 * after what was held, so the order of events is kept.
 */
export class Coalescer {
  #held: (PointerInput | WheelInput)[] = [];
  readonly #send: (event: InputEvent) => void;
  readonly #wantFlush: () => void;

  /** @param wantFlush called when something is held: the owner calls `flush` at the next refresh */
  constructor(send: (event: InputEvent) => void, wantFlush: () => void) {
    this.#send = send;
    this.#wantFlush = wantFlush;
  }

  push(event: InputEvent): void {
    if (event.type !== "pointer_move" && event.type !== "wheel") {
      this.flush();
      this.#send(event);
      return;
    }
    if (this.#held.length === 0) this.#wantFlush();
    const at = this.#mergeable(event);
    const old = at < 0 ? undefined : this.#held[at];
    if (!old) this.#held.push(event);
    else if (event.type === "wheel" && old.type === "wheel") this.#held[at] = { ...event, dx: event.dx + old.dx, dy: event.dy + old.dy };
    else this.#held[at] = event;
  }

  flush(): void {
    const held = this.#held;
    this.#held = [];
    for (const event of held) this.#send(event);
  }

  /** The held event that this one replaces: of its kind and pointer, with nothing of another kind after it. */
  #mergeable(event: PointerInput | WheelInput): number {
    for (let at = this.#held.length - 1; at >= 0; at -= 1) {
      const old = this.#held[at];
      if (!old || old.type !== event.type) return -1;
      if (old.type === "wheel" || event.type === "wheel") return sameModifiers(old, event) ? at : -1;
      if (old.pointer_id === event.pointer_id) return at;
    }
    return -1;
  }
}

function sameModifiers(a: InputEvent, b: InputEvent): boolean {
  return a.modifiers.join() === b.modifiers.join();
}
