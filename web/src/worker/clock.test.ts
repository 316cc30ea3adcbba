import { expect, it } from "vitest";
import { ClockOffset } from "./clock.ts";

it("knows no server time before the first pong", () => {
  expect(new ClockOffset().toServer(5)).toBeNull();
});

it("takes the offset from the exchange with the smallest round trip", () => {
  const clock = new ClockOffset();
  clock.add(1000, 41_000, 900_000);
  clock.add(50_000, 52_000, 1_051_000);
  clock.add(60_000, 99_000, 1_062_000);
  expect(clock.rttUs).toBe(2000);
  expect(clock.toServer(51_000)).toBe(1_051_000);
});

it("forgets a sample after a minute, so that drifting clocks are followed", () => {
  const clock = new ClockOffset();
  clock.add(0, 100, 1_000_050);
  clock.add(70e6, 70e6 + 5000, 71e6 + 9000);
  expect(clock.rttUs).toBe(5000);
});

it("ignores a pong from before its ping", () => {
  const clock = new ClockOffset();
  clock.add(100, 50, 0);
  clock.add(Number.NaN, 50, 0);
  expect(clock.rttUs).toBeNull();
});
