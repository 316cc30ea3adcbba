/** How the picture fills the view. `one-to-one` shows one frame pixel per device pixel. */
export type Fit = "contain" | "cover" | "fill" | "one-to-one";

export interface Extent {
  width: number;
  height: number;
}

export interface Rect extends Extent {
  x: number;
  y: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Local magnification on top of the fit: a factor, and a shift of the picture's centre in device pixels. */
export interface Zoom {
  factor: number;
  panX: number;
  panY: number;
}

export const UNZOOMED: Zoom = Object.freeze({ factor: 1, panX: 0, panY: 0 });
const MIN_FACTOR = 0.1;
const MAX_FACTOR = 64;

/** Where the frame lies in a view of `view` device pixels. */
export function place(frame: Extent, view: Extent, fit: Fit, zoom: Zoom = UNZOOMED): Rect {
  const scale = fitScale(frame, view, fit);
  const width = frame.width * scale.x * zoom.factor;
  const height = frame.height * scale.y * zoom.factor;
  return { x: (view.width - width) / 2 + zoom.panX, y: (view.height - height) / 2 + zoom.panY, width, height };
}

/** A point of the view (device pixels) in frame pixels; not clamped to the frame. */
export function toFrame(point: Point, frame: Extent, placed: Rect): Point & { inside: boolean } {
  const x = ((point.x - placed.x) / placed.width) * frame.width;
  const y = ((point.y - placed.y) / placed.height) * frame.height;
  return { x, y, inside: x >= 0 && y >= 0 && x < frame.width && y < frame.height };
}

/** Magnifies by `by` around a point of the view, which stays where it is. */
export function zoomAt(zoom: Zoom, view: Extent, anchor: Point, by: number): Zoom {
  const factor = Math.min(MAX_FACTOR, Math.max(MIN_FACTOR, zoom.factor * by));
  const real = factor / zoom.factor;
  const dx = anchor.x - view.width / 2;
  const dy = anchor.y - view.height / 2;
  return { factor, panX: dx - (dx - zoom.panX) * real, panY: dy - (dy - zoom.panY) * real };
}

/** Shifts by device pixels, but never so far that no part of the picture is left in the view. */
export function pan(zoom: Zoom, by: Point, frame: Extent, view: Extent, fit: Fit): Zoom {
  const moved = { ...zoom, panX: zoom.panX + by.x, panY: zoom.panY + by.y };
  return keepInView(moved, frame, view, fit);
}

/** Pulls a zoom back so that the picture covers at least the middle of the view. */
export function keepInView(zoom: Zoom, frame: Extent, view: Extent, fit: Fit): Zoom {
  const { width, height } = place(frame, view, fit, zoom);
  return { ...zoom, panX: clamp(zoom.panX, width / 2), panY: clamp(zoom.panY, height / 2) };
}

/** Whether part of the picture lies outside the view, so that panning makes sense. */
export function overflows(placed: Rect, view: Extent): boolean {
  return placed.width > view.width + 1 || placed.height > view.height + 1;
}

function fitScale(frame: Extent, view: Extent, fit: Fit): Point {
  const x = view.width / frame.width;
  const y = view.height / frame.height;
  switch (fit) {
    case "contain":
      return both(Math.min(x, y));
    case "cover":
      return both(Math.max(x, y));
    case "fill":
      return { x, y };
    case "one-to-one":
      return both(1);
  }
}

function both(scale: number): Point {
  return { x: scale, y: scale };
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value));
}
