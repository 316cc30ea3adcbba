import { place, type Extent } from "../view/geometry.ts";
import type { FrameMeta, PixelSource, Surface, ViewSettings } from "./messages.ts";

/** A decoded picture with the message that it came from. Whoever holds it closes it. */
export interface Picture {
  image: VideoFrame | ImageBitmap;
  meta: FrameMeta;
}

/** From this magnification on pixels are shown as squares. */
const CRISP_SCALE = 2;

/** Draws the newest picture on the canvas and keeps it, to draw it again on a resize or a zoom without a copy per frame. */
export class Renderer {
  #context: OffscreenCanvasRenderingContext2D;
  #surface: Surface;
  #settings: ViewSettings;
  #picture: Picture | null = null;

  constructor(surface: Surface, settings: ViewSettings) {
    this.#surface = surface;
    this.#settings = settings;
    this.#context = contextOf(surface);
  }

  get colorSpace(): PredefinedColorSpace {
    return this.#surface.colorSpace;
  }

  get hasPicture(): boolean {
    return this.#picture !== null;
  }

  /** Takes the picture over; the one before is closed. */
  keep(picture: Picture): void {
    this.#picture?.image.close();
    this.#picture = picture;
  }

  /** Takes the picture over and draws it. */
  show(picture: Picture): void {
    this.keep(picture);
    this.draw();
  }

  setSettings(settings: ViewSettings): void {
    this.#settings = settings;
    this.draw();
  }

  setSurface(surface: Surface): void {
    this.#surface = surface;
    this.#context = contextOf(surface);
    this.draw();
  }

  /** Follows the view's size. A canvas is cleared when its size is set, so the picture is drawn again at once. */
  resize(extent: Extent): void {
    const { canvas } = this.#surface;
    if (canvas.width === extent.width && canvas.height === extent.height) return;
    canvas.width = extent.width;
    canvas.height = extent.height;
    this.draw();
  }

  draw(): void {
    const { canvas } = this.#surface;
    const context = this.#context;
    const { fit, zoom, background } = this.#settings;
    if (!this.#picture) {
      context.fillStyle = background;
      context.fillRect(0, 0, canvas.width, canvas.height);
      return;
    }
    const { image, meta } = this.#picture;
    const at = place(meta, canvas, fit, zoom);
    const covered = at.x <= 0 && at.y <= 0 && at.x + at.width >= canvas.width && at.y + at.height >= canvas.height;
    if (!covered) {
      context.fillStyle = background;
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
    context.imageSmoothingEnabled = at.width < meta.width * CRISP_SCALE;
    const shown = shownPart(image, meta);
    context.drawImage(image, 0, 0, shown.width, shown.height, at.x, at.y, at.width, at.height);
  }

  /** The newest picture at its own resolution as a PNG. */
  async png(): Promise<Blob> {
    const { canvas } = this.#framed();
    return canvas.convertToBlob({ type: "image/png" });
  }

  pixels(from: PixelSource): ImageData {
    const { canvas, context } = from === "frame" ? this.#framed() : { canvas: this.#surface.canvas, context: this.#context };
    return context.getImageData(0, 0, canvas.width, canvas.height);
  }

  dispose(): void {
    this.#picture?.image.close();
    this.#picture = null;
  }

  #framed(): { canvas: OffscreenCanvas; context: OffscreenCanvasRenderingContext2D } {
    if (!this.#picture) throw new Error("there is no picture yet");
    const { image, meta } = this.#picture;
    const canvas = new OffscreenCanvas(meta.width, meta.height);
    const context = contextOf({ canvas, extent: meta, colorSpace: this.#surface.colorSpace });
    const shown = shownPart(image, meta);
    context.drawImage(image, 0, 0, shown.width, shown.height, 0, 0, meta.width, meta.height);
    return { canvas, context };
  }
}

/** 4:2:0 video has even sides: of an odd frame, the last column and row of the decoded picture are padding. */
function shownPart(image: VideoFrame | ImageBitmap, { width, height }: Extent): Extent {
  const whole = image instanceof VideoFrame ? { width: image.displayWidth, height: image.displayHeight } : image;
  const isPadded = whole.width - width <= 1 && whole.height - height <= 1;
  return isPadded ? { width: Math.min(width, whole.width), height: Math.min(height, whole.height) } : whole;
}

function contextOf({ canvas, extent, colorSpace }: Surface): OffscreenCanvasRenderingContext2D {
  canvas.width = extent.width;
  canvas.height = extent.height;
  const context = canvas.getContext("2d", { alpha: false, colorSpace });
  if (!context) throw new Error("this browser gives no 2D context to a worker");
  return context;
}
