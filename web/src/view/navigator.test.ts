import { expect, it } from "vitest";
import { Navigator } from "./navigator.ts";

it("keeps the point under the fingers while it magnifies, and the picture in view when sizes change", () => {
  const navigator = new Navigator("contain", { width: 1000, height: 500 });
  navigator.setFrame({ width: 2000, height: 1000 });
  const at = { x: 250, y: 125 };
  expect(navigator.toFrame(at)).toEqual({ x: 500, y: 250, inside: true });
  navigator.zoomBy(4, at);
  expect(navigator.toFrame(at)).toEqual({ x: 500, y: 250, inside: true });
  expect(navigator.overflows).toBe(true);
  navigator.panBy({ x: 1e6, y: 1e6 });
  expect(navigator.zoom.panX).toBe(2000);
  navigator.setView({ width: 100, height: 50 });
  expect(navigator.zoom.panX).toBe(200);
  navigator.reset();
  expect(navigator.overflows).toBe(false);
});

it("places nothing inside before the first frame", () => {
  const navigator = new Navigator("contain", { width: 1000, height: 500 });
  navigator.panBy({ x: 5, y: 5 });
  expect(navigator.zoom).toEqual({ factor: 1, panX: 0, panY: 0 });
  expect(navigator.overflows).toBe(false);
});
