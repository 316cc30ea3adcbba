import type { Viewport as WireViewport } from "../protocol/generated.ts";
import type { ColorDescriptor, ConfigMessage, InputEvent, NoticeMessage } from "../protocol/types.ts";
import type { Extent, Fit, Zoom } from "../view/geometry.ts";
import type { TerminalReason } from "./backoff.ts";
import type { VideoSupport } from "./capabilities.ts";

/** Where the connection stands. */
export type ConnectionState =
  | { phase: "connecting" }
  | { phase: "negotiating" }
  | { phase: "live" }
  | { phase: "waiting"; attempt: number; retryInMs: number; code: number; reason: string }
  | { phase: "closed"; why: TerminalReason | "disposed" | "failed"; reason: string };

/** Figures of the last second, and totals of this connection. Milliseconds, bits per second. */
export interface ViewStats {
  /** Pictures that reached the canvas, per second. */
  fps: number;
  bitrate: number;
  /** Conversion and encoding at the server; null where it is not told. */
  encodeMs: number | null;
  /** From publish to the canvas; null until clocks are compared or where the server has no clock to tell. */
  latencyMs: number | null;
  rttMs: number | null;
  decodeQueue: number;
  arrived: number;
  displayed: number;
  /** Arrived and never shown. */
  dropped: number;
  /** Decoders that were replaced. */
  recoveries: number;
  transport: "none" | "image" | "webcodecs";
  /** Codec string or image type of the newest frame. */
  codec: string;
  width: number;
  height: number;
  pixelRatio: number;
  colorSpace: PredefinedColorSpace;
  /** Sequence number of the newest picture on the canvas, -1 before the first. */
  lastSeq: number;
  /** The server's own count of frames that it held back, where it sends one. */
  serverDropped: number | null;
  targetBitrate: number | null;
  targetFps: number | null;
}

/** The view's size: CSS pixels, device pixels and their ratio. */
export type Viewport = Required<WireViewport>;

export interface Surface {
  canvas: OffscreenCanvas;
  extent: Extent;
  colorSpace: PredefinedColorSpace;
}

export interface ViewSettings {
  fit: Fit;
  zoom: Zoom;
  background: string;
}

export type ToWorker =
  | {
      type: "init";
      surface: Surface;
      settings: ViewSettings;
      viewport: Viewport;
      url: string;
      token: string | null;
      imagesOnly: boolean;
      visible: boolean;
    }
  | { type: "surface"; surface: Surface }
  | { type: "settings"; settings: ViewSettings }
  | { type: "viewport"; viewport: Viewport }
  | { type: "event"; event: InputEvent }
  | { type: "visible"; visible: boolean }
  | { type: "wake" }
  | { type: "reconnect"; token: string | null }
  | { type: "capture"; id: number }
  | { type: "pixels"; id: number; from: PixelSource }
  | { type: "dispose" };

/** `frame`: the picture at its own resolution. `canvas`: what is on the screen, with bars and zoom. */
export type PixelSource = "frame" | "canvas";

export type FromWorker =
  | { type: "state"; state: ConnectionState }
  | { type: "config"; config: ConfigMessage }
  | { type: "capabilities"; video: VideoSupport }
  | { type: "frame"; size: Extent; pixelRatio: number }
  | { type: "surface-wanted"; colorSpace: PredefinedColorSpace }
  | { type: "stats"; stats: ViewStats }
  | { type: "quality"; bitrate: number; fps: number }
  | { type: "notice"; notice: NoticeMessage }
  | { type: "captured"; id: number; blob: Blob }
  | { type: "pixels"; id: number; pixels: ImageData }
  | { type: "failed"; id: number; message: string };

/** A frame's message without its bytes. */
export interface FrameMeta {
  seq: number;
  width: number;
  height: number;
  pixelRatio: number;
  color: ColorDescriptor | null;
  publishUs: number | null;
}
