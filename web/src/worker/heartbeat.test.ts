import { expect, it } from "vitest";
import { Heartbeat } from "./heartbeat.ts";

const TICK = 250;

/** Ticks up to `to`; answers pings unless told not to. Returns when pings were sent and when the path was called dead. */
function run(heartbeat: Heartbeat, from: number, to: number, options: { frames: boolean; answers: boolean }) {
  const pings: number[] = [];
  const dead: number[] = [];
  for (let now = from + TICK; now <= to; now += TICK) {
    if (options.frames) heartbeat.frame();
    const beat = heartbeat.tick(now);
    if (beat === "ping") pings.push(now);
    if (beat === "dead") dead.push(now);
    if (beat === "ping" && options.answers) heartbeat.heard();
  }
  return { pings, dead };
}

it("measures a few times at the start, then every five seconds while frames come", () => {
  const { pings } = run(new Heartbeat(0), 0, 20_000, { frames: true, answers: true });
  expect(pings.length).toBeGreaterThan(6);
  const later = pings.filter((at) => at > 3000);
  expect((later[1] ?? 0) - (later[0] ?? 0)).toBe(5000);
});

it("sends nothing while nothing is published", () => {
  const heartbeat = new Heartbeat(0);
  run(heartbeat, 0, 5000, { frames: false, answers: true });
  expect(run(heartbeat, 5000, 600_000, { frames: false, answers: true }).pings).toEqual([]);
});

it("finds out that the path is dead when the page comes back", () => {
  const heartbeat = new Heartbeat(0);
  run(heartbeat, 0, 5000, { frames: false, answers: true });
  heartbeat.probe();
  const { pings, dead } = run(heartbeat, 5000, 20_000, { frames: false, answers: false });
  expect(pings).toEqual([5250]);
  expect(dead[0]).toBe(5250 + 32 * TICK);
});
