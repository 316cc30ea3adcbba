import { expect, it } from "vitest";
import { Pacing } from "./pacing.ts";

/** Plays arrivals per refresh; returns how many were shown and the queue at the end. */
function play(arrivals: number[]): { shown: number; queued: number } {
  const pacing = new Pacing();
  let queued = 0;
  let shown = 0;
  for (const count of arrivals) {
    queued += count;
    if (queued === 0) continue;
    queued -= pacing.skip(queued) + 1;
    shown += 1;
  }
  return { shown, queued };
}

it("shows every frame where two arrive in one refresh and none in the next", () => {
  const arrivals = Array.from({ length: 120 }, (_, tick) => (tick % 2 === 0 ? 2 : 0));
  expect(play(arrivals).shown).toBe(120);
});

it("never lets more than one wait", () => {
  expect(play(Array.from({ length: 50 }, () => 4)).queued).toBeLessThanOrEqual(1);
});

it("cuts a standing queue back, at the price of one frame", () => {
  const { shown, queued } = play([2, ...Array.from({ length: 99 }, () => 1)]);
  expect(queued).toBe(0);
  expect(shown).toBe(100);
});
