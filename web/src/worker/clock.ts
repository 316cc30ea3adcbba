interface Sample {
  rttUs: number;
  offsetUs: number;
  atUs: number;
}

/** Offsets drift by some parts per million, so a sample is trusted for a minute. */
const WINDOW_US = 60e6;
const MAX_SAMPLES = 32;

/**
 * The offset between the stream's clock and this one, from ping and pong.
 * The exchange with the smallest round trip had the least queueing, hence the smallest error (at most half its round trip).
 */
export class ClockOffset {
  #samples: Sample[] = [];
  #best: Sample | null = null;

  /** Takes a pong: when its ping left, when it came back (own clock, µs) and what the server's clock said between. */
  add(sentUs: number, receivedUs: number, serverUs: number): void {
    const rttUs = receivedUs - sentUs;
    if (!(rttUs >= 0)) return;
    const sample = { rttUs, offsetUs: serverUs - (sentUs + receivedUs) / 2, atUs: receivedUs };
    this.#samples = this.#samples.filter((old) => receivedUs - old.atUs < WINDOW_US).slice(1 - MAX_SAMPLES);
    this.#samples.push(sample);
    this.#best = this.#samples.reduce((best, next) => (next.rttUs <= best.rttUs ? next : best));
  }

  /** The stream's clock at an instant of this one, or null before the first pong. */
  toServer(localUs: number): number | null {
    return this.#best && localUs + this.#best.offsetUs;
  }

  /** The smallest round trip of the window, or null before the first pong. */
  get rttUs(): number | null {
    return this.#best && this.#best.rttUs;
  }

  reset(): void {
    this.#samples = [];
    this.#best = null;
  }
}
