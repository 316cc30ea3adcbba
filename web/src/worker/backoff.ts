import { CLOSE_CODES } from "../protocol/types.ts";

/** What the reconnection does after a close. */
export type Verdict = { kind: "terminal"; why: TerminalReason } | { kind: "retry"; delayMs: number };
export type TerminalReason = "unauthorized" | "unknown-stream" | "unsupported" | "ended";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** A connection counts as good, and the back-off starts over, only after it has been live for this long. */
export const STABLE_MS = 10_000;
/** "Try again later" (too many viewers) starts further up the ladder. */
const BUSY_EXTRA_ATTEMPTS = 3;

/** Exponential back-off with jitter whose reset depends on how long the last connection was live, not on its opening. */
export class Backoff {
  #attempt = 0;

  get attempt(): number {
    return this.#attempt;
  }

  /**
   * @param code the close code
   * @param liveMs how long the connection showed frames; 0 if it never got that far
   * @param random uniform in [0, 1)
   */
  closed(code: number, liveMs: number, random: number): Verdict {
    const why = terminalReason(code);
    if (why) return { kind: "terminal", why };
    if (liveMs >= STABLE_MS) this.#attempt = 0;
    const exponent = this.#attempt + (code === CLOSE_CODES.tryAgainLater ? BUSY_EXTRA_ATTEMPTS : 0);
    this.#attempt += 1;
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(exponent, 10));
    return { kind: "retry", delayMs: Math.round(ceiling * (0.5 + 0.5 * random)) };
  }
}

/** Why another attempt cannot help, or null where it may. */
function terminalReason(code: number): TerminalReason | null {
  switch (code) {
    case CLOSE_CODES.unauthorized:
      return "unauthorized";
    case CLOSE_CODES.notFound:
      return "unknown-stream";
    case CLOSE_CODES.unsupported:
      return "unsupported";
    case CLOSE_CODES.normal:
      return "ended";
    default:
      return null;
  }
}
