/** Round trips measured soon after the start, so that the first figures are right. */
const EARLY_MS = [0, 150, 300, 600, 1200, 2400];
const LATER_MS = 5000;
/** An unanswered ping with no other word from the server for this many ticks means that the path is dead. */
const DEAD_TICKS = 32;

export type Beat = "ping" | "dead" | "rest";

/** Decides at every tick (four a second) whether to send a ping. A stream on which nothing happens gets none. */
export class Heartbeat {
  #startedAt: number;
  #early = 0;
  #lastPing = Number.NEGATIVE_INFINITY;
  #busy = false;
  #silentTicks = 0;
  #waiting = false;

  constructor(nowMs: number) {
    this.#startedAt = nowMs;
  }

  /** A frame arrived. */
  frame(): void {
    this.#busy = true;
    this.heard();
  }

  /** Anything arrived. */
  heard(): void {
    this.#waiting = false;
    this.#silentTicks = 0;
  }

  /** Wants a ping at the next tick, whatever else: the page has come back. */
  probe(): void {
    this.#lastPing = Number.NEGATIVE_INFINITY;
    this.#busy = true;
  }

  tick(nowMs: number): Beat {
    if (this.#waiting) {
      this.#silentTicks += 1;
      if (this.#silentTicks >= DEAD_TICKS) return "dead";
    }
    const earlyAt = EARLY_MS[this.#early];
    const due =
      earlyAt === undefined ? this.#busy && nowMs - this.#lastPing >= LATER_MS : nowMs - this.#startedAt >= earlyAt;
    if (!due) return "rest";
    this.#early += 1;
    this.#lastPing = nowMs;
    this.#busy = false;
    this.#waiting = true;
    return "ping";
  }
}
