/** What becomes of a chunk that arrives. */
export type GateVerdict = "decode" | "drop" | "drop-and-request";

/** A request that got lost is repeated after this long. */
const REPEAT_MS = 1000;

/** Lets nothing through to a fresh decoder until a key frame comes, and asks for one, but not once per dropped chunk. */
export class KeyframeGate {
  #open = false;
  #askedAt = Number.NEGATIVE_INFINITY;

  get isOpen(): boolean {
    return this.#open;
  }

  arrive(keyframe: boolean, nowMs: number): GateVerdict {
    if (keyframe) this.#open = true;
    if (this.#open) return "decode";
    if (nowMs - this.#askedAt < REPEAT_MS) return "drop";
    this.#askedAt = nowMs;
    return "drop-and-request";
  }

  /** Closes the gate; `asked` says that the server has just been told to send a key frame. */
  close(asked: boolean, nowMs: number): void {
    this.#open = false;
    this.#askedAt = asked ? nowMs : Number.NEGATIVE_INFINITY;
  }
}
