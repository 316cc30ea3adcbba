import { expect, it } from "vitest";
import { Window } from "./meter.ts";

it("gives rates and means over the last second", () => {
  const window = new Window(0);
  for (let now = 20; now <= 3000; now += 20) window.add(now, 1000);
  expect(window.rate(3000)).toBe(50);
  expect(window.sumRate(3000)).toBe(50_000);
  expect(window.mean(3000)).toBe(1000);
});

it("falls to zero and has no mean when nothing happens", () => {
  const window = new Window(0);
  window.add(10, 5);
  expect(window.rate(2000)).toBe(0);
  expect(window.mean(2000)).toBeNull();
});

it("does not exaggerate the first instants", () => {
  const window = new Window(0);
  window.add(1);
  expect(window.rate(1)).toBe(4);
});
