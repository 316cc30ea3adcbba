import { describe, expect, it } from "vitest";
import { TERMINAL_CLOSE_CODES } from "../protocol/generated.ts";
import { Backoff, STABLE_MS } from "./backoff.ts";

const delay = (backoff: Backoff, code: number, liveMs: number, random = 1 - Number.EPSILON): number => {
  const verdict = backoff.closed(code, liveMs, random);
  if (verdict.kind !== "retry") throw new Error("expected a retry");
  return verdict.delayMs;
};

describe("Backoff", () => {
  it("doubles the delay up to fifteen seconds", () => {
    const backoff = new Backoff();
    const delays = Array.from({ length: 8 }, () => delay(backoff, 1006, 0));
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
  });

  it("spreads the delay over its upper half", () => {
    expect(delay(new Backoff(), 1006, 0, 0)).toBe(250);
  });

  it("does not start over because a socket opened, only after the connection was live for a while", () => {
    const backoff = new Backoff();
    delay(backoff, 1011, 0);
    delay(backoff, 1011, STABLE_MS - 1);
    expect(delay(backoff, 1011, 0)).toBe(2000);
    expect(delay(backoff, 1006, STABLE_MS)).toBe(500);
  });

  it("starts further up where the server is full", () => {
    expect(delay(new Backoff(), 1013, 0)).toBe(4000);
  });

  it("gives up where another attempt cannot help", () => {
    expect(TERMINAL_CLOSE_CODES.map((code) => new Backoff().closed(code, 0, 0).kind)).toEqual(TERMINAL_CLOSE_CODES.map(() => "terminal"));
    expect(new Backoff().closed(4401, 0, 0)).toEqual({ kind: "terminal", why: "unauthorized" });
    expect(new Backoff().closed(4404, 60_000, 0)).toEqual({ kind: "terminal", why: "unknown-stream" });
  });

  it("stays bounded after thousands of attempts", () => {
    const backoff = new Backoff();
    for (let attempt = 0; attempt < 5000; attempt += 1) expect(delay(backoff, 1006, 0)).toBeLessThanOrEqual(15_000);
  });
});
