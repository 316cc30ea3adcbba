/** A chunk that was handed to the decoder. */
interface Entry<T> {
  key: number;
  value: T;
}

/**
 * Matches decoded pictures to the messages that they came from.
 * Every chunk gets a timestamp of its own (stream timestamps may repeat: a still repeats its frame's), and the decoder hands it
 * back with the picture, so an output that the decoder skips shifts nothing.
 */
export class PendingChunks<T> {
  #entries: Entry<T>[] = [];
  #last = -1;

  get size(): number {
    return this.#entries.length;
  }

  /** Notes a chunk; returns the timestamp to decode it under: the stream's own where that is unique. */
  submit(timestampUs: number, value: T): number {
    const key = Math.max(timestampUs, this.#last + 1);
    this.#last = key;
    this.#entries.push({ key, value });
    return key;
  }

  /** Takes the entry of a decoded picture, and those before it that never came out. */
  take(key: number): { value: T | null; skipped: T[] } {
    const at = this.#entries.findIndex((entry) => entry.key >= key);
    const found = at >= 0 && this.#entries[at]?.key === key;
    const before = this.#entries.splice(0, at < 0 ? this.#entries.length : at);
    const value = found ? (this.#entries.shift()?.value ?? null) : null;
    return { value, skipped: before.map((entry) => entry.value) };
  }

  /** Takes back the newest entry: the decoder refused its chunk. */
  withdraw(): void {
    this.#entries.pop();
  }

  /** Empties the list and returns what was in it; timestamps start over. */
  drain(): T[] {
    const all = this.#entries.map((entry) => entry.value);
    this.#entries = [];
    this.#last = -1;
    return all;
  }
}
