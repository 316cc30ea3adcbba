/** The last `capacity` samples, oldest first; null where there was none to take. */
export class History {
  readonly capacity: number;
  #samples: (number | null)[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  push(sample: number | null): void {
    this.#samples.push(sample);
    if (this.#samples.length > this.capacity) this.#samples.shift();
  }

  get samples(): readonly (number | null)[] {
    return this.#samples;
  }

  /** The largest sample, or 0. */
  get max(): number {
    return this.#samples.reduce<number>((max, sample) => Math.max(max, sample ?? 0), 0);
  }
}

/** The smallest of 1, 2, 5 times a power of ten that is at least `value` and `least`: the top of a plot that does not jitter. */
export function niceCeiling(value: number, least: number): number {
  const target = Math.max(value, least);
  const power = 10 ** Math.floor(Math.log10(target));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= target) ?? 10;
  return step * power;
}
