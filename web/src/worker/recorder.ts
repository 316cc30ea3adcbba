import type { FrameHeader, StatsMessage } from "../protocol/types.ts";
import type { FrameMeta, ViewStats } from "./messages.ts";
import { Window } from "./meter.ts";

/** Keeps the figures of one connection. */
export class Recorder {
  readonly #shown: Window;
  readonly #bytes: Window;
  readonly #encode: Window;
  readonly #latency: Window;
  #stats: ViewStats;
  #serverEncodeMs: number | null = null;
  #serverRttMs: number | null = null;

  constructor(nowMs: number, recoveries: number) {
    this.#shown = new Window(nowMs);
    this.#bytes = new Window(nowMs);
    this.#encode = new Window(nowMs);
    this.#latency = new Window(nowMs);
    this.#stats = { ...EMPTY_STATS, recoveries };
  }

  get recoveries(): number {
    return this.#stats.recoveries;
  }

  arrived(header: FrameHeader, bytes: number, nowMs: number): void {
    this.#bytes.add(nowMs, bytes);
    if (header.encode_us !== undefined) this.#encode.add(nowMs, header.encode_us / 1000);
    this.#stats.arrived += 1;
    this.#stats.transport = header.type === "image_frame" ? "image" : "webcodecs";
    this.#stats.codec = header.type === "image_frame" ? header.mime : header.codec;
  }

  shown(meta: FrameMeta, latencyUs: number | null, nowMs: number): void {
    this.#shown.add(nowMs);
    if (latencyUs !== null) this.#latency.add(nowMs, latencyUs / 1000);
    this.#stats.displayed += 1;
    this.#stats.lastSeq = meta.seq;
    this.#stats.width = meta.width;
    this.#stats.height = meta.height;
    this.#stats.pixelRatio = meta.pixelRatio;
  }

  skipped(): void {
    this.#stats.dropped += 1;
  }

  recovered(): void {
    this.#stats.recoveries += 1;
  }

  quality(bitrate: number, fps: number): void {
    this.#stats.targetBitrate = bitrate;
    this.#stats.targetFps = fps;
  }

  server(message: StatsMessage): void {
    this.#serverEncodeMs = message.encode_ms ?? this.#serverEncodeMs;
    this.#serverRttMs = message.rtt_ms ?? this.#serverRttMs;
    this.#stats.serverDropped = message.dropped ?? this.#stats.serverDropped;
    this.#stats.targetBitrate = message.target_bitrate ?? this.#stats.targetBitrate;
    this.#stats.targetFps = message.target_fps ?? this.#stats.targetFps;
  }

  snapshot(nowMs: number, now: { decodeQueue: number; rttMs: number | null; colorSpace: PredefinedColorSpace }): ViewStats {
    return {
      ...this.#stats,
      fps: this.#shown.rate(nowMs),
      bitrate: this.#bytes.sumRate(nowMs) * 8,
      encodeMs: this.#encode.mean(nowMs) ?? this.#serverEncodeMs,
      latencyMs: this.#latency.mean(nowMs),
      rttMs: now.rttMs ?? this.#serverRttMs,
      decodeQueue: now.decodeQueue,
      colorSpace: now.colorSpace,
    };
  }
}

/** The figures before anything has happened. */
export const EMPTY_STATS: Readonly<ViewStats> = Object.freeze({
  fps: 0,
  bitrate: 0,
  encodeMs: null,
  latencyMs: null,
  rttMs: null,
  decodeQueue: 0,
  arrived: 0,
  displayed: 0,
  dropped: 0,
  recoveries: 0,
  transport: "none",
  codec: "",
  width: 0,
  height: 0,
  pixelRatio: 1,
  colorSpace: "srgb",
  lastSeq: -1,
  serverDropped: null,
  targetBitrate: null,
  targetFps: null,
});
