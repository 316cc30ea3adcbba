import type { ConfigMessage } from "../protocol/types.ts";
import type { Extent, Fit, Point, Zoom } from "../view/geometry.ts";
import { InputController } from "../view/input.ts";
import { Navigator } from "../view/navigator.ts";
import { viewportOf, watchViewport } from "../view/viewport.ts";
import type { VideoSupport } from "../worker/capabilities.ts";
import type { ConnectionState, FromWorker, PixelSource, Surface, ToWorker, Viewport, ViewStats } from "../worker/messages.ts";
import { EMPTY_STATS } from "../worker/recorder.ts";
import { Emitter } from "./emitter.ts";
import type { ViewEvents } from "./events.ts";
import { socketUrl, type ViewOptions } from "./options.ts";
import { Replies } from "./replies.ts";
import { prependCanvas, surfaceElement } from "./surface.ts";

/** Shows one stream in an element: decodes and draws in a worker, sends input back, reconnects by itself. */
export class FramewireView {
  /** The element that is added to the container: it takes the focus and the input. */
  readonly element: HTMLElement;
  readonly #events = new Emitter<ViewEvents>();
  readonly #replies = new Replies();
  readonly #worker: Worker;
  readonly #input: InputController;
  readonly #navigator: Navigator;
  readonly #stop = new AbortController();
  readonly #unwatch: () => void;
  #background: string;
  #canvas: HTMLCanvasElement;
  #viewport: Viewport;
  #frame: { size: Extent; pixelRatio: number } | null = null;
  #inputOn: boolean;
  #state: ConnectionState = { phase: "connecting" };
  #config: ConfigMessage | null = null;
  #stats: ViewStats = { ...EMPTY_STATS };
  #video: VideoSupport = "supported";
  #disposed = false;

  constructor(container: HTMLElement, options: ViewOptions) {
    if (!("transferControlToOffscreen" in HTMLCanvasElement.prototype)) {
      throw new Error("this browser cannot draw in a worker; a current Chrome, Edge, Firefox or Safari can");
    }
    const url = socketUrl(options.url, document.baseURI);
    this.#inputOn = options.input ?? true;
    this.#background = options.background ?? "#000";
    this.element = surfaceElement(options.label ?? "Remote picture");
    container.append(this.element);
    const { clientWidth: width, clientHeight: height } = this.element;
    this.#viewport = viewportOf({ width, height }, null, devicePixelRatio);
    this.#navigator = new Navigator(options.fit ?? "contain", this.#extent());
    this.#canvas = prependCanvas(this.element);
    this.#worker = new Worker(options.workerUrl ?? new URL("worker.js", import.meta.url), { name: "framewire" });
    this.#worker.onerror = (event) => this.#broken(event.message);
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    const surface = this.#surface("srgb");
    this.#post(
      {
        type: "init",
        surface,
        settings: this.#settings(),
        viewport: this.#viewport,
        url,
        token: options.token ?? null,
        imagesOnly: options.imagesOnly ?? false,
        visible: !document.hidden,
      },
      [surface.canvas],
    );
    this.#unwatch = watchViewport(this.element, (viewport) => this.#resized(viewport));
    this.#input = new InputController({
      element: this.element,
      toFrame: (point) => this.#navigator.toFrame(this.#toDevice(point)),
      pixelRatio: () => this.#viewport.ratio,
      sends: () => this.#inputOn && this.#frame !== null && this.#config?.framewire?.role !== "view",
      canPan: () => this.#navigator.overflows,
      send: (event) => this.#post({ type: "event", event }),
      zoomAt: (point, factor) => this.zoomBy(factor, point),
      panBy: (by) => this.panBy(by),
    });
    const { signal } = this.#stop;
    document.addEventListener("visibilitychange", () => this.#post({ type: "visible", visible: !document.hidden }), { signal });
    window.addEventListener("online", () => this.#post({ type: "wake" }), { signal });
    window.addEventListener("pageshow", () => this.#post({ type: "wake" }), { signal });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The newest `config`, null before the first. */
  get config(): ConfigMessage | null {
    return this.#config;
  }

  get stats(): Readonly<ViewStats> {
    return this.#stats;
  }

  /** Whether video can be decoded here, or why images are shown. */
  get video(): VideoSupport {
    return this.#video;
  }

  /** The size of the picture on the canvas, null before the first. */
  get frameSize(): Extent | null {
    return this.#frame?.size ?? null;
  }

  get fit(): Fit {
    return this.#navigator.fit;
  }

  get zoom(): Zoom {
    return this.#navigator.zoom;
  }

  /** Calls `listener` at every event of that name; returns how to stop it. */
  on<K extends keyof ViewEvents>(name: K, listener: (value: ViewEvents[K]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Changes the fit and takes zoom and pan back. */
  setFit(fit: Fit): void {
    this.#navigator.fit = fit;
    this.resetZoom();
  }

  /** Changes the colour of the bars around the picture. */
  setBackground(color: string): void {
    this.#background = color;
    this.#post({ type: "settings", settings: this.#settings() });
  }

  /** Turns sending of input on or off; what is held is let go. */
  setInput(on: boolean): void {
    if (!on) this.#input.releaseAll();
    this.#inputOn = on;
  }

  /** Magnifies around a point of the viewport (CSS pixels), the middle of the view by default. */
  zoomBy(factor: number, at?: Point): void {
    this.#navigator.zoomBy(factor, at ? this.#toDevice(at) : null);
    this.#zoomed();
  }

  /** Moves the picture by CSS pixels. */
  panBy(by: Point): void {
    const { ratio } = this.#viewport;
    this.#navigator.panBy({ x: by.x * ratio, y: by.y * ratio });
    this.#zoomed();
  }

  resetZoom(): void {
    this.#navigator.reset();
    this.#zoomed();
  }

  /** Connects anew, after a final close too; a token replaces the one before. */
  reconnect(token?: string): void {
    this.#post({ type: "reconnect", token: token ?? null });
  }

  /** The newest picture at its own resolution as a PNG. Rejects where there is none, and at `dispose`. */
  capture(): Promise<Blob> {
    return this.#replies.request((id) => this.#post({ type: "capture", id }));
  }

  /** Pixels of the newest picture (`frame`), or of the canvas as it is on the screen (`canvas`). */
  capturePixels(from: PixelSource = "frame"): Promise<ImageData> {
    return this.#replies.request((id) => this.#post({ type: "pixels", id, from }));
  }

  /** One pixel as `[red, green, blue, alpha]`, in frame pixels or, from `canvas`, in device pixels of the view. */
  async readPixel(x: number, y: number, from: PixelSource = "frame"): Promise<[number, number, number, number]> {
    const { data, width, height } = await this.capturePixels(from);
    if (!(x >= 0 && y >= 0 && x < width && y < height)) throw new RangeError(`no pixel (${x}, ${y}) in ${width}x${height}`);
    const at = (Math.floor(y) * width + Math.floor(x)) * 4;
    return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, data[at + 3] ?? 0];
  }

  /** Ends the connection and the worker, and takes the element away. Captures that are under way reject. */
  dispose(): void {
    if (this.#disposed) return;
    this.#input.dispose();
    this.#post({ type: "dispose" });
    this.#disposed = true;
    this.#stop.abort();
    this.#unwatch();
    this.#replies.rejectAll(new Error("the view is disposed"));
    this.element.remove();
    this.#state = { phase: "closed", why: "disposed", reason: "" };
    this.#events.emit("state", this.#state);
    this.#events.clear();
  }

  #receive(message: FromWorker): void {
    if (this.#disposed) return;
    switch (message.type) {
      case "state":
        this.#state = message.state;
        this.#events.emit("state", message.state);
        break;
      case "config":
        this.#config = message.config;
        if (message.config.framewire?.role === "view") this.#input.releaseAll();
        this.#events.emit("config", message.config);
        break;
      case "capabilities":
        this.#video = message.video;
        this.#events.emit("video", message.video);
        break;
      case "frame":
        this.#frame = { size: message.size, pixelRatio: message.pixelRatio };
        this.#navigator.setFrame(message.size);
        this.#events.emit("frame", this.#frame);
        break;
      case "surface-wanted":
        this.#replaceCanvas(message.colorSpace);
        break;
      case "stats":
        this.#stats = message.stats;
        this.#events.emit("stats", message.stats);
        break;
      case "quality":
        this.#events.emit("quality", message);
        break;
      case "notice":
        this.#events.emit("notice", message.notice);
        break;
      case "captured":
        this.#replies.resolve(message.id, message.blob);
        break;
      case "pixels":
        this.#replies.resolve(message.id, message.pixels);
        break;
      case "failed":
        this.#replies.reject(message.id, new Error(message.message));
        break;
    }
  }

  /** The worker could not be loaded, or something in it went wrong that nobody expected. */
  #broken(message: string | undefined): void {
    if (this.#config !== null) return;
    this.#state = { phase: "closed", why: "failed", reason: message ?? "the worker could not be loaded" };
    this.#events.emit("state", this.#state);
  }

  #resized(viewport: Viewport): void {
    this.#viewport = viewport;
    this.#navigator.setView(this.#extent());
    this.#post({ type: "viewport", viewport });
    this.#post({ type: "settings", settings: this.#settings() });
  }

  /** A canvas keeps the colour space of its first context, so another colour space needs another canvas. */
  #replaceCanvas(colorSpace: PredefinedColorSpace): void {
    const old = this.#canvas;
    this.#canvas = prependCanvas(this.element);
    const surface = this.#surface(colorSpace);
    this.#post({ type: "surface", surface }, [surface.canvas]);
    requestAnimationFrame(() => requestAnimationFrame(() => old.remove()));
  }

  #surface(colorSpace: PredefinedColorSpace): Surface {
    return { canvas: this.#canvas.transferControlToOffscreen(), extent: this.#extent(), colorSpace };
  }

  #zoomed(): void {
    this.#post({ type: "settings", settings: this.#settings() });
    this.#events.emit("zoom", { fit: this.fit, zoom: this.zoom });
  }

  #settings(): { fit: Fit; zoom: Zoom; background: string } {
    return { fit: this.fit, zoom: this.zoom, background: this.#background };
  }

  #extent(): Extent {
    return { width: this.#viewport.pwidth, height: this.#viewport.pheight };
  }

  #toDevice(point: Point): Point {
    const box = this.element.getBoundingClientRect();
    const { width, height } = this.#extent();
    return { x: ((point.x - box.left) / box.width) * width, y: ((point.y - box.top) / box.height) * height };
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    if (!this.#disposed) this.#worker.postMessage(message, transfer);
  }
}
