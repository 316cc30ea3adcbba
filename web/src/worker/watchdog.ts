/** How often the watchdog wants to be asked while chunks are pending. */
export const TICK_MS = 100;
/** Longest wait for an output before the decoder counts as stalled. */
const PATIENCE_MS = 400;
const MOST_PATIENCE_MS = 6400;
/** A tick this late means that the whole thread slept: outputs may be queued behind it. */
const SLEPT_MS = 3 * TICK_MS;

/** Notices a decoder that takes chunks and gives nothing back. Measures only while chunks are pending. */
export class Watchdog {
  #since: number | null = null;
  #lastTick = 0;
  #patience = PATIENCE_MS;

  /** A chunk went in. */
  submitted(nowMs: number): void {
    if (this.#since !== null) return;
    this.#since = nowMs;
    this.#lastTick = nowMs;
  }

  /** A picture came out; `pending` chunks are still inside. */
  progressed(pending: number, nowMs: number): void {
    this.#patience = PATIENCE_MS;
    this.#since = pending > 0 ? nowMs : null;
  }

  /** Nothing is pending any more: the decoder was replaced or emptied. */
  idle(): void {
    this.#since = null;
  }

  /** Asks whether the decoder is stalled. Each stall without a picture between doubles the patience with the next. */
  stalled(nowMs: number): boolean {
    if (this.#since === null) return false;
    const slept = nowMs - this.#lastTick > SLEPT_MS;
    this.#lastTick = nowMs;
    if (slept) this.#since = nowMs;
    if (nowMs - this.#since < this.#patience) return false;
    this.#patience = Math.min(MOST_PATIENCE_MS, this.#patience * 2);
    this.#since = null;
    return true;
  }
}
