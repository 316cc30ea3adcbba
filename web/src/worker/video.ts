import type { VideoChunkHeader } from "../protocol/types.ts";
import { remedy } from "./degrade.ts";
import { KeyframeGate } from "./gate.ts";
import type { FrameMeta } from "./messages.ts";
import { PendingChunks } from "./pending.ts";
import { TICK_MS, Watchdog } from "./watchdog.ts";

/** Where decoded pictures and the decoder's troubles go. */
export interface VideoHandlers {
  /** Hands the frame over; the receiver closes it. */
  picture(frame: VideoFrame, meta: FrameMeta): void;
  skipped(meta: FrameMeta): void;
  requestKeyframe(reason: string): void;
  /** The decoder was replaced: the server forgets its window and sends a key frame. */
  decoderReset(reason: string): void;
  /** No decoder works for this stream: ask for images. */
  giveUp(reason: string): void;
}

/** More chunks than this inside the decoder means that it is lost. */
const MAX_PENDING = 120;

/** One `VideoDecoder` at a time: configured from the frames' headers, replaced when it fails or stalls. */
export class VideoPipeline {
  readonly #handlers: VideoHandlers;
  readonly #gate = new KeyframeGate();
  readonly #pending = new PendingChunks<FrameMeta>();
  readonly #watchdog = new Watchdog();
  #decoder: VideoDecoder | null = null;
  #configured = "";
  #failures = 0;
  #software = false;
  #paused = false;
  #missed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: VideoHandlers) {
    this.#handlers = handlers;
  }

  /** Chunks that wait inside the decoder. */
  get queueSize(): number {
    return this.#decoder?.decodeQueueSize ?? 0;
  }

  decode(header: VideoChunkHeader, payload: Uint8Array<ArrayBuffer>, meta: FrameMeta): void {
    if (this.#paused) {
      this.#missed = true;
      this.#handlers.skipped(meta);
      return;
    }
    const now = performance.now();
    if (header.bitstream !== "annexb") {
      this.#handlers.skipped(meta);
      this.#handlers.giveUp(`the bitstream format "${header.bitstream}" is unknown`);
      return;
    }
    const wanted = `${header.codec} ${header.width}x${header.height}`;
    if (wanted !== this.#configured && !header.keyframe && this.#gate.isOpen) this.#gate.close(false, now);
    const verdict = this.#gate.arrive(header.keyframe, now);
    if (verdict !== "decode") {
      this.#handlers.skipped(meta);
      if (verdict === "drop-and-request") this.#handlers.requestKeyframe("awaiting key frame");
      return;
    }
    if (this.#pending.size >= MAX_PENDING) {
      this.#handlers.skipped(meta);
      this.#replace("decode queue overflow", true);
      return;
    }
    const key = this.#pending.submit(header.timestamp_us, meta);
    try {
      const decoder = this.#ready(header, wanted);
      const { keyframe, duration_us } = header;
      decoder.decode(
        new EncodedVideoChunk({
          type: keyframe ? "key" : "delta",
          timestamp: key,
          ...(duration_us === undefined ? {} : { duration: duration_us }),
          data: payload,
        }),
      );
    } catch (error) {
      this.#pending.withdraw();
      this.#handlers.skipped(meta);
      this.#fail(error);
      return;
    }
    this.#watchdog.submitted(now);
    this.#timer ??= setTimeout(() => this.#tick(), TICK_MS);
  }

  /** Stops decoding while nobody looks. Afterwards, if something was missed, a key frame is asked for. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (paused || !this.#missed) return;
    this.#missed = false;
    this.#gate.close(true, performance.now());
    this.#handlers.requestKeyframe("visible again");
  }

  /** Closes the decoder and forgets what is inside, without a word about it: the connection is gone. */
  reset(): void {
    this.#drop();
    this.#missed = false;
    this.#pending.drain();
    this.#gate.close(false, performance.now());
  }

  #ready(header: VideoChunkHeader, wanted: string): VideoDecoder {
    const decoder = this.#decoder ?? this.#create();
    if (wanted !== this.#configured) {
      this.#configured = wanted;
      decoder.configure({
        codec: header.codec,
        codedWidth: header.width,
        codedHeight: header.height,
        optimizeForLatency: true,
        ...(this.#software ? { hardwareAcceleration: "prefer-software" } : {}),
      });
    }
    return decoder;
  }

  #create(): VideoDecoder {
    const decoder: VideoDecoder = new VideoDecoder({
      output: (frame) => {
        if (decoder === this.#decoder) this.#output(frame);
        else frame.close();
      },
      error: (error) => {
        if (decoder === this.#decoder) this.#fail(error);
      },
    });
    this.#decoder = decoder;
    this.#configured = "";
    return decoder;
  }

  #output(frame: VideoFrame): void {
    const { value, skipped } = this.#pending.take(frame.timestamp);
    for (const meta of skipped) this.#handlers.skipped(meta);
    this.#failures = 0;
    this.#watchdog.progressed(this.#pending.size, performance.now());
    if (value) this.#handlers.picture(frame, value);
    else frame.close();
  }

  #fail(error: unknown): void {
    const idle = this.#pending.size === 0;
    if (idle && error instanceof DOMException && error.name === "QuotaExceededError") {
      // The browser takes decoders back from pages that rest. The next chunk asks for a key frame; the scene need not move for it.
      this.#replace("decoder reclaimed", false);
      return;
    }
    this.#failures += 1;
    const next = remedy(this.#failures);
    if (next === "images") {
      this.#replace("decoder failed", false);
      this.#handlers.giveUp(message(error));
      return;
    }
    this.#software ||= next === "software";
    this.#replace(`decode error: ${message(error)}`, true);
  }

  #tick(): void {
    this.#timer = undefined;
    if (this.#watchdog.stalled(performance.now())) {
      this.#replace("decoder stall", true);
      return;
    }
    if (this.#pending.size > 0) this.#timer = setTimeout(() => this.#tick(), TICK_MS);
  }

  #replace(reason: string, ask: boolean): void {
    this.#drop();
    for (const meta of this.#pending.drain()) this.#handlers.skipped(meta);
    this.#gate.close(ask, performance.now());
    if (ask) this.#handlers.decoderReset(reason);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#watchdog.idle();
    const decoder = this.#decoder;
    this.#decoder = null;
    this.#configured = "";
    if (decoder && decoder.state !== "closed") decoder.close();
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
