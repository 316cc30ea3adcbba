/** Figures are means over this long. */
const WINDOW_MS = 1000;

interface Event {
  at: number;
  value: number;
}

/** Events of the last second: their rate, sum and mean. Trimmed on every access, so it never grows. */
export class Window {
  #events: Event[] = [];
  #startedAt: number;

  constructor(nowMs: number) {
    this.#startedAt = nowMs;
  }

  add(nowMs: number, value = 1): void {
    this.#events.push({ at: nowMs, value });
    this.#trim(nowMs);
  }

  /** Events per second; over the time since the start where that is shorter than the window. */
  rate(nowMs: number): number {
    this.#trim(nowMs);
    return this.#events.length / this.#span(nowMs);
  }

  /** Sum of the values per second. */
  sumRate(nowMs: number): number {
    this.#trim(nowMs);
    return this.#events.reduce((sum, event) => sum + event.value, 0) / this.#span(nowMs);
  }

  /** Mean of the values, or null if there were none. */
  mean(nowMs: number): number | null {
    this.#trim(nowMs);
    if (this.#events.length === 0) return null;
    return this.#events.reduce((sum, event) => sum + event.value, 0) / this.#events.length;
  }

  #span(nowMs: number): number {
    return Math.max(0.25, Math.min(WINDOW_MS, nowMs - this.#startedAt) / 1000);
  }

  #trim(nowMs: number): void {
    const first = this.#events.findIndex((event) => nowMs - event.at < WINDOW_MS);
    this.#events.splice(0, first < 0 ? this.#events.length : first);
  }
}
