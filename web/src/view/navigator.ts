import { keepInView, overflows, pan, place, toFrame, UNZOOMED, zoomAt, type Extent, type Fit, type Point, type Rect, type Zoom } from "./geometry.ts";

/** Where the picture lies in the view: fit, zoom and pan for a frame and a view of given sizes. Points are device pixels of the view. */
export class Navigator {
  fit: Fit;
  /** The view's size in device pixels. */
  #view: Extent;
  #frame: Extent | null = null;
  #zoom: Zoom = UNZOOMED;

  constructor(fit: Fit, view: Extent) {
    this.fit = fit;
    this.#view = view;
  }

  get zoom(): Zoom {
    return this.#zoom;
  }

  /** Whether part of the picture is outside the view. */
  get overflows(): boolean {
    return this.#frame !== null && overflows(this.#placed(this.#frame), this.#view);
  }

  setFrame(frame: Extent): void {
    this.#frame = frame;
    this.#keep();
  }

  setView(view: Extent): void {
    this.#view = view;
    this.#keep();
  }

  reset(): void {
    this.#zoom = UNZOOMED;
  }

  /** Magnifies around a point, the middle of the view where there is none. */
  zoomBy(factor: number, at: Point | null): void {
    const anchor = at ?? { x: this.#view.width / 2, y: this.#view.height / 2 };
    this.#zoom = zoomAt(this.#zoom, this.#view, anchor, factor);
    this.#keep();
  }

  panBy(by: Point): void {
    if (this.#frame) this.#zoom = pan(this.#zoom, by, this.#frame, this.#view, this.fit);
  }

  toFrame(point: Point): Point & { inside: boolean } {
    const frame = this.#frame ?? { width: 1, height: 1 };
    return toFrame(point, frame, this.#placed(frame));
  }

  #placed(frame: Extent): Rect {
    return place(frame, this.#view, this.fit, this.#zoom);
  }

  #keep(): void {
    if (this.#frame) this.#zoom = keepInView(this.#zoom, this.#frame, this.#view, this.fit);
  }
}
