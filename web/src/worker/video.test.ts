import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { VideoChunkHeader } from "../protocol/types.ts";
import type { FrameMeta } from "./messages.ts";
import { VideoPipeline } from "./video.ts";

interface Chunk {
  type: string;
  timestamp: number;
}

/** A decoder that the test drives by hand. */
class FakeDecoder {
  static all: FakeDecoder[] = [];
  state = "unconfigured";
  decodeQueueSize = 0;
  chunks: Chunk[] = [];
  configs: VideoDecoderConfig[] = [];
  readonly #init: VideoDecoderInit;

  constructor(init: VideoDecoderInit) {
    this.#init = init;
    FakeDecoder.all.push(this);
  }

  configure(config: VideoDecoderConfig): void {
    this.state = "configured";
    this.configs.push(config);
  }

  decode(chunk: Chunk): void {
    if (this.state !== "configured") throw new DOMException("closed", "InvalidStateError");
    this.chunks.push(chunk);
  }

  close(): void {
    this.state = "closed";
  }

  output(timestamp: number): void {
    this.#init.output({ timestamp, close: () => undefined } as VideoFrame);
  }

  fail(name = "EncodingError"): void {
    this.state = "closed";
    this.#init.error(new DOMException("broken", name));
  }
}

function setup() {
  const log: string[] = [];
  const pipeline = new VideoPipeline({
    picture: (_, meta) => log.push(`picture ${meta.seq}`),
    skipped: (meta) => log.push(`skipped ${meta.seq}`),
    requestKeyframe: () => log.push("request"),
    decoderReset: (reason) => log.push(`reset: ${reason.split(":")[0]}`),
    giveUp: () => log.push("give up"),
  });
  const send = (seq: number, keyframe: boolean, more: Partial<VideoChunkHeader> = {}): void => {
    const meta: FrameMeta = { seq, width: 64, height: 64, pixelRatio: 1, color: null, publishUs: null };
    const header: VideoChunkHeader = { type: "video_chunk", seq, timestamp_us: seq * 1000, width: 64, height: 64, codec: "avc1.42C01F", bitstream: "annexb", keyframe, ...more };
    pipeline.decode(header, new Uint8Array(1), meta);
  };
  const decoder = (): FakeDecoder => FakeDecoder.all.at(-1) as FakeDecoder;
  return { pipeline, log, send, decoder };
}

describe("VideoPipeline", () => {
  beforeEach(() => {
    FakeDecoder.all = [];
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    vi.stubGlobal("VideoDecoder", FakeDecoder);
    vi.stubGlobal("EncodedVideoChunk", function (init: Chunk) {
      return init;
    });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("configures for latency from the header, and again when size or codec change, without another decoder", () => {
    const { send, decoder } = setup();
    send(0, true);
    send(1, true, { width: 128, codec: "avc1.42C028" });
    expect(FakeDecoder.all).toHaveLength(1);
    expect(decoder().configs).toEqual([
      { codec: "avc1.42C01F", codedWidth: 64, codedHeight: 64, optimizeForLatency: true },
      { codec: "avc1.42C028", codedWidth: 128, codedHeight: 64, optimizeForLatency: true },
    ]);
  });

  it("matches pictures to messages by timestamp: a skipped output shifts nothing", () => {
    const { send, decoder, log } = setup();
    [0, 1, 2, 3].forEach((seq) => send(seq, seq === 0));
    decoder().output(0);
    decoder().output(2000);
    decoder().output(3000);
    expect(log).toEqual(["picture 0", "skipped 1", "picture 2", "picture 3"]);
  });

  it("tells two frames with the same timestamp apart", () => {
    const { send, decoder, log } = setup();
    send(0, true, { timestamp_us: 500 });
    send(1, true, { timestamp_us: 500 });
    for (const chunk of decoder().chunks) decoder().output(chunk.timestamp);
    expect(log).toEqual(["picture 0", "picture 1"]);
  });

  it("acknowledges deltas that it cannot decode and asks for a key frame once", () => {
    const { send, log } = setup();
    [5, 6, 7].forEach((seq) => send(seq, false));
    expect(log).toEqual(["skipped 5", "request", "skipped 6", "skipped 7"]);
    expect(FakeDecoder.all).toHaveLength(0);
  });

  it("replaces the decoder after an error and decodes the key frame that follows", () => {
    const { send, decoder, log } = setup();
    send(0, true);
    send(1, false);
    decoder().fail();
    send(2, false);
    send(3, true);
    decoder().output(3000);
    expect(FakeDecoder.all).toHaveLength(2);
    expect(log).toEqual(["skipped 0", "skipped 1", "reset: decode error", "skipped 2", "picture 3"]);
  });

  it("tries software and then gives up where every decoder fails", () => {
    const { send, decoder, log } = setup();
    for (let seq = 0; seq < 5; seq += 1) {
      send(seq, true);
      decoder().fail();
    }
    const software = FakeDecoder.all.map((one) => one.configs[0]?.hardwareAcceleration === "prefer-software");
    expect(software).toEqual([false, false, false, true, true]);
    expect(log.at(-1)).toBe("give up");
  });

  it("waits for the next chunk when the browser takes back a decoder that rests", () => {
    const { send, decoder, log } = setup();
    send(0, true);
    decoder().output(0);
    decoder().fail("QuotaExceededError");
    expect(log).toEqual(["picture 0"]);
    send(1, false);
    expect(log).toEqual(["picture 0", "skipped 1", "request"]);
  });

  it("replaces a decoder that stalls, within half a second", () => {
    const { send, log } = setup();
    send(0, true);
    vi.advanceTimersByTime(500);
    expect(log).toEqual(["skipped 0", "reset: decoder stall"]);
  });

  it("leaves a decoder alone that has nothing to do", () => {
    const { send, decoder, log } = setup();
    send(0, true);
    decoder().output(0);
    vi.advanceTimersByTime(60_000);
    expect(log).toEqual(["picture 0"]);
  });

  it("hears nothing from a decoder that was replaced", () => {
    const { pipeline, send, decoder, log } = setup();
    send(0, true);
    const old = decoder();
    pipeline.reset();
    send(0, true);
    old.output(0);
    old.fail();
    expect(log).toEqual([]);
  });

  it("decodes nothing while paused and asks for a key frame afterwards, but only if it missed something", () => {
    const { pipeline, send, decoder, log } = setup();
    send(0, true);
    decoder().output(0);
    pipeline.setPaused(true);
    pipeline.setPaused(false);
    expect(log).toEqual(["picture 0"]);
    pipeline.setPaused(true);
    send(1, false);
    send(2, true);
    pipeline.setPaused(false);
    send(3, false);
    expect(log.slice(1)).toEqual(["skipped 1", "skipped 2", "request", "skipped 3"]);
    expect(decoder().chunks).toHaveLength(1);
  });

  it("bounds what waits in a decoder", () => {
    const { send, log } = setup();
    for (let seq = 0; seq < 200; seq += 1) send(seq, seq === 0);
    expect(log.filter((line) => line.startsWith("reset"))).toEqual(["reset: decode queue overflow"]);
    expect(log.filter((line) => line.startsWith("skipped"))).toHaveLength(200);
  });
});
