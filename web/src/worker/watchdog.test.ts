import { expect, it } from "vitest";
import { TICK_MS, Watchdog } from "./watchdog.ts";

/** Ticks from just after `from` to `to`; returns when a stall was reported. */
function run(watchdog: Watchdog, from: number, to: number): number[] {
  const stalls: number[] = [];
  for (let now = from + TICK_MS; now <= to; now += TICK_MS) if (watchdog.stalled(now)) stalls.push(now);
  return stalls;
}

it("reports a decoder that gives nothing back within half a second", () => {
  const watchdog = new Watchdog();
  watchdog.submitted(0);
  const [first] = run(watchdog, 0, 1000);
  expect(first).toBeGreaterThanOrEqual(250);
  expect(first).toBeLessThanOrEqual(500);
});

it("measures only while chunks are pending", () => {
  const watchdog = new Watchdog();
  watchdog.submitted(0);
  watchdog.progressed(0, 10);
  expect(run(watchdog, 10, 60_000)).toEqual([]);
});

it("counts from the last picture, not from the oldest chunk", () => {
  const watchdog = new Watchdog();
  watchdog.submitted(0);
  for (let now = 100; now <= 5000; now += 100) {
    watchdog.submitted(now);
    watchdog.progressed(1, now);
    expect(watchdog.stalled(now + 50)).toBe(false);
  }
});

it("does not blame the decoder for a thread that slept", () => {
  const watchdog = new Watchdog();
  watchdog.submitted(0);
  expect(watchdog.stalled(30_000)).toBe(false);
});

it("has twice the patience after each stall that a new decoder did not cure", () => {
  const watchdog = new Watchdog();
  const waits = [0, 10_000, 30_000].map((start) => {
    watchdog.submitted(start);
    return (run(watchdog, start, start + 8000)[0] ?? 0) - start;
  });
  expect(waits).toEqual([400, 800, 1600]);
  watchdog.submitted(50_000);
  watchdog.progressed(0, 50_010);
  watchdog.submitted(60_000);
  expect(run(watchdog, 60_000, 61_000)[0]).toBe(60_400);
});
