import { expect, it } from "vitest";
import { KeyframeGate } from "./gate.ts";

it("drops deltas until a key frame and asks for one once a second, not once per delta", () => {
  const gate = new KeyframeGate();
  const verdicts = [0, 16, 33, 999, 1000].map((now) => gate.arrive(false, now));
  expect(verdicts).toEqual(["drop-and-request", "drop", "drop", "drop", "drop-and-request"]);
  expect(gate.arrive(true, 1010)).toBe("decode");
  expect(gate.arrive(false, 1020)).toBe("decode");
});

it("does not ask at once where the server was just told", () => {
  const gate = new KeyframeGate();
  gate.close(true, 0);
  expect(gate.arrive(false, 10)).toBe("drop");
  gate.close(false, 20);
  expect(gate.arrive(false, 30)).toBe("drop-and-request");
});
