/** A queue that stands for this many screen refreshes in a row is latency without purpose. */
const STANDING_TICKS = 20;
/** One picture may wait for the next refresh to smooth jitter; more may not. */
const MAX_QUEUE = 2;

/**
 * How many of the oldest pictures to pass over at a screen refresh.
 * Two that arrive within one refresh are shown one after the other, so jitter costs no frame; a queue that does not drain by
 * itself (frames come as fast as the screen refreshes) is cut back to the newest.
 */
export class Pacing {
  #standing = 0;

  /** @param queued pictures that wait, at least one; returns how many to skip, always fewer than `queued` */
  skip(queued: number): number {
    this.#standing = queued >= MAX_QUEUE ? this.#standing + 1 : 0;
    const over = Math.max(0, queued - MAX_QUEUE);
    if (this.#standing < STANDING_TICKS) return over;
    this.#standing = 0;
    return queued - 1;
  }
}
