import { parseEnvelope } from "../protocol/envelope.ts";
import { parseServerMessage } from "../protocol/messages.ts";
import { ack, hello } from "../protocol/outgoing.ts";
import type { ClientMessage, ConfigMessage, Feature, FrameHeader, InputEvent } from "../protocol/types.ts";
import { probe, type ProbeScope } from "./capabilities.ts";
import { ClockOffset } from "./clock.ts";
import { Connection, type ConnectionEnv } from "./connection.ts";
import { Heartbeat } from "./heartbeat.ts";
import { ImagePipeline } from "./images.ts";
import type { FrameMeta, FromWorker, ToWorker, Viewport } from "./messages.ts";
import { Presenter, type Schedule } from "./presenter.ts";
import { Recorder } from "./recorder.ts";
import { Renderer } from "./renderer.ts";
import { VideoPipeline } from "./video.ts";

/** Figures go to the page, and the heartbeat beats, this often. */
const TICK_MS = 250;
/** A page that stays hidden for this long stops decoding; a glance at another tab costs no key frame. */
const PAUSE_AFTER_MS = 3000;

type Init = Extract<ToWorker, { type: "init" }>;

/** What the player needs of its surroundings. */
export interface PlayerEnv {
  connection: ConnectionEnv;
  probe: ProbeScope;
  schedule: Schedule;
  post(message: FromWorker, transfer?: Transferable[]): void;
}

/** One viewer of one stream: wires the socket to the decoders, the decoders to the canvas, and the canvas to the acks. */
export class Player {
  readonly renderer: Renderer;
  readonly #env: PlayerEnv;
  readonly #connection: Connection;
  readonly #presenter: Presenter;
  readonly #video: VideoPipeline;
  readonly #images: ImagePipeline;
  readonly #clock = new ClockOffset();
  readonly #timer: ReturnType<typeof setInterval>;
  #heartbeat: Heartbeat | null = null;
  #recorder: Recorder;
  #features: ReadonlySet<Feature> = new Set();
  #viewport: Viewport;
  #token: string | null;
  #without: "decoder-failed" | "disabled" | null;
  #visible: boolean;
  #generation = 0;
  #pingId = 0;
  #frameKey = "";
  /** The canvas's colour space, or the one that was asked for. */
  #colorSpace: PredefinedColorSpace = "srgb";
  #pauseTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(init: Init, env: PlayerEnv) {
    this.#env = env;
    this.#viewport = init.viewport;
    this.#token = init.token;
    this.#without = init.imagesOnly ? "disabled" : null;
    this.#visible = init.visible;
    this.#recorder = new Recorder(performance.now(), 0);
    this.renderer = new Renderer(init.surface, init.settings);
    this.renderer.draw();
    this.#presenter = new Presenter(this.renderer, { shown: (meta) => this.#shown(meta), skipped: (meta) => this.#skipped(meta) }, env.schedule);
    this.#presenter.setVisible(init.visible);
    this.#video = new VideoPipeline({
      picture: (image, meta) => this.#presenter.push({ image, meta }),
      skipped: (meta) => this.#skipped(meta),
      requestKeyframe: (reason) => this.#send({ type: "request_keyframe", reason }),
      decoderReset: (reason) => this.#decoderReset(reason),
      giveUp: () => this.#withoutVideo(),
    });
    this.#images = new ImagePipeline({
      picture: (image, meta) => this.#presenter.push({ image, meta }),
      skipped: (meta) => this.#skipped(meta),
    });
    this.#connection = new Connection(
      init.url,
      {
        state: (state) => env.post({ type: "state", state }),
        opened: () => void this.#hello(),
        text: (text) => this.#text(text),
        binary: (bytes) => this.#binary(bytes),
        lost: () => this.#lost(),
      },
      env.connection,
    );
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#connection.open();
  }

  setViewport(viewport: Viewport): void {
    this.#viewport = viewport;
    this.renderer.resize({ width: viewport.pwidth, height: viewport.pheight });
    if (this.#connection.phase === "live") this.#send({ type: "set_viewport", ...viewport });
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.#presenter.setVisible(visible);
    clearTimeout(this.#pauseTimer);
    if (!visible) {
      this.#pauseTimer = setTimeout(() => this.#pause(true), PAUSE_AFTER_MS);
      return;
    }
    this.#pause(false);
    this.wake();
  }

  /** The page is back or the network is: reconnect at once, or find out whether the connection still lives. */
  wake(): void {
    this.#connection.wake();
    this.#heartbeat?.probe();
  }

  event(event: InputEvent): void {
    if (this.#connection.phase === "live") this.#send({ type: "event", event });
  }

  reconnect(token: string | null): void {
    this.#token = token ?? this.#token;
    this.#connection.open();
  }

  dispose(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#pauseTimer);
    this.#connection.dispose();
    this.renderer.dispose();
  }

  async #hello(): Promise<void> {
    const generation = this.#generation;
    const { supported, video } = await probe(this.#env.probe, this.#without);
    if (generation !== this.#generation) return;
    this.#env.post({ type: "capabilities", video });
    this.#send(hello(supported, this.#token, this.#viewport.ratio));
    this.#send({ type: "set_viewport", ...this.#viewport });
  }

  #text(text: string): void {
    this.#heartbeat?.heard();
    const message = parseServerMessage(text);
    switch (message?.type) {
      case "config":
        this.#config(message);
        break;
      case "pong":
        this.#clock.add(message.client_us, performance.now() * 1000, message.server_us);
        break;
      case "stats":
        this.#recorder.server(message);
        break;
      case "set_quality":
        this.#recorder.quality(message.bitrate, message.fps);
        this.#env.post({ type: "quality", bitrate: message.bitrate, fps: message.fps });
        break;
      case "notice":
        this.#env.post({ type: "notice", notice: message });
        break;
      default:
        break;
    }
  }

  #config(config: ConfigMessage): void {
    this.#features = new Set(config.framewire?.features);
    this.#heartbeat ??= this.#features.has("clock") ? new Heartbeat(performance.now()) : null;
    this.#env.post({ type: "config", config });
    this.#connection.live();
  }

  #binary(bytes: ArrayBuffer): void {
    this.#heartbeat?.frame();
    let envelope;
    try {
      envelope = parseEnvelope(bytes);
    } catch (error) {
      console.warn("framewire: ignored a binary message:", error instanceof Error ? error.message : error);
      return;
    }
    if (!envelope) return;
    const { header, payload } = envelope;
    if (this.#features.has("arrival")) this.#send({ type: "arrived", seq: header.seq });
    this.#recorder.arrived(header, payload.length, performance.now());
    const meta = metaOf(header);
    if (header.type === "video_chunk") this.#video.decode(header, payload, meta);
    else this.#images.decode(header, payload, meta);
  }

  #pause(paused: boolean): void {
    // Other servers send nothing for a resting scene afterwards, so what they send is decoded, seen or not.
    if (paused && this.#features.size === 0) return;
    this.#video.setPaused(paused);
    this.#images.setPaused(paused);
  }

  #shown(meta: FrameMeta): void {
    const now = performance.now();
    const latencyUs = this.#latency(meta, now);
    this.#recorder.shown(meta, latencyUs, now);
    this.#ack(meta, true, latencyUs);
    const key = `${meta.width}x${meta.height}@${meta.pixelRatio}`;
    if (key !== this.#frameKey) {
      this.#frameKey = key;
      const { width, height, pixelRatio } = meta;
      this.#env.post({ type: "frame", size: { width, height }, pixelRatio });
    }
    const colorSpace = meta.color?.primaries === "display-p3" ? "display-p3" : "srgb";
    if (colorSpace === this.#colorSpace) return;
    this.#colorSpace = colorSpace;
    this.#env.post({ type: "surface-wanted", colorSpace });
  }

  #skipped(meta: FrameMeta): void {
    // Pictures that only a hidden page does not show are no loss.
    if (this.#visible) this.#recorder.skipped();
    this.#ack(meta, false, null);
  }

  #ack({ seq }: FrameMeta, displayed: boolean, latencyUs: number | null): void {
    this.#send(ack(seq, this.#video.queueSize + this.#images.depth, displayed, latencyUs));
  }

  #latency({ publishUs }: FrameMeta, nowMs: number): number | null {
    const serverUs = this.#clock.toServer(nowMs * 1000);
    return publishUs === null || serverUs === null ? null : Math.max(0, serverUs - publishUs);
  }

  #decoderReset(reason: string): void {
    this.#recorder.recovered();
    console.warn(`framewire: the decoder was replaced: ${reason}`);
    this.#send({ type: "request_keyframe", reason });
    this.#send({ type: "decoder_reset" });
  }

  #withoutVideo(): void {
    this.#without = "decoder-failed";
    this.#connection.open();
  }

  #lost(): void {
    this.#generation += 1;
    this.#features = new Set();
    this.#heartbeat = null;
    this.#frameKey = "";
    this.#clock.reset();
    this.#video.reset();
    this.#images.reset();
    this.#presenter.reset();
    this.#recorder = new Recorder(performance.now(), this.#recorder.recoveries);
  }

  #tick(): void {
    const now = performance.now();
    const beat = this.#heartbeat?.tick(now);
    if (beat === "dead") this.#connection.fail(1006, "the server does not answer");
    else if (beat === "ping") this.#send({ type: "ping", id: this.#pingId++, client_us: performance.now() * 1000 });
    if (!this.#visible) return;
    const rttUs = this.#clock.rttUs;
    const rttMs = rttUs === null ? null : rttUs / 1000;
    const stats = this.#recorder.snapshot(now, { decodeQueue: this.#video.queueSize, rttMs, colorSpace: this.renderer.colorSpace });
    this.#env.post({ type: "stats", stats });
  }

  #send(message: ClientMessage): void {
    this.#connection.send(JSON.stringify(message));
  }
}

/** The parts of a header that outlive its message. What is absent has its default: nothing sticks from frame to frame. */
function metaOf(header: FrameHeader): FrameMeta {
  const { seq, width, height, pixel_ratio, color, publish_us } = header;
  return { seq, width, height, pixelRatio: pixel_ratio ?? 1, color: color ?? null, publishUs: publish_us ?? null };
}
