import { describe, expect, it } from "vitest";
import { keepInView, overflows, pan, place, toFrame, UNZOOMED, zoomAt, type Fit } from "./geometry.ts";

const frame = { width: 1280, height: 720 };
const view = { width: 1000, height: 1000 };

describe("place", () => {
  it("fits, covers, stretches and shows pixel by pixel", () => {
    expect(place(frame, view, "contain")).toEqual({ x: 0, y: 218.75, width: 1000, height: 562.5 });
    const cover = place(frame, view, "cover");
    expect([cover.y, cover.height]).toEqual([0, 1000]);
    expect(cover.width).toBeCloseTo(1777.78, 1);
    expect(place(frame, view, "fill")).toEqual({ x: 0, y: 0, width: 1000, height: 1000 });
    expect(place(frame, view, "one-to-one")).toEqual({ x: -140, y: 140, width: 1280, height: 720 });
  });
});

describe("toFrame", () => {
  it("is the inverse of place for every fit and zoom", () => {
    for (const fit of ["contain", "cover", "fill", "one-to-one"] satisfies Fit[]) {
      const placed = place(frame, view, fit, { factor: 3.7, panX: -120, panY: 44 });
      const at = { x: placed.x + (placed.width * 100) / 1280, y: placed.y + (placed.height * 50) / 720 };
      const point = toFrame(at, frame, placed);
      expect(point.x).toBeCloseTo(100);
      expect(point.y).toBeCloseTo(50);
    }
  });

  it("does not clamp, and says what lies outside", () => {
    const placed = place(frame, view, "contain");
    expect(toFrame({ x: 500, y: 0 }, frame, placed)).toEqual({ x: 640, y: -280, inside: false });
    expect(toFrame({ x: 0, y: 218.75 }, frame, placed).inside).toBe(true);
    expect(toFrame({ x: 1000, y: 500 }, frame, placed).inside).toBe(false);
  });
});

describe("zoom and pan", () => {
  it("keeps the anchor where it is", () => {
    const anchor = { x: 300, y: 620 };
    const before = toFrame(anchor, frame, place(frame, view, "contain"));
    const zoom = zoomAt(zoomAt(UNZOOMED, view, anchor, 2.5), view, anchor, 1.3);
    const after = toFrame(anchor, frame, place(frame, view, "contain", zoom));
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  it("stays within bounds however far the wheel turns", () => {
    expect(zoomAt(UNZOOMED, view, { x: 0, y: 0 }, 1e9).factor).toBe(64);
    expect(zoomAt(UNZOOMED, view, { x: 0, y: 0 }, 1e-9).factor).toBe(0.1);
  });

  it("never loses the picture", () => {
    const far = pan(UNZOOMED, { x: 1e6, y: -1e6 }, frame, view, "contain");
    expect(far).toEqual({ factor: 1, panX: 500, panY: -281.25 });
    expect(keepInView(far, frame, view, "contain")).toEqual(far);
  });

  it("knows when there is something to pan to", () => {
    expect(overflows(place(frame, view, "contain"), view)).toBe(false);
    expect(overflows(place(frame, view, "cover"), view)).toBe(true);
  });
});
