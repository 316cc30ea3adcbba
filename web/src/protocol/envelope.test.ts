import { describe, expect, it } from "vitest";
import { packEnvelope, parseEnvelope } from "./envelope.ts";

const header = {
  type: "video_chunk",
  seq: 7,
  timestamp_us: 123456,
  width: 641,
  height: 361,
  codec: "avc1.42C01F",
  bitstream: "annexb",
  keyframe: true,
} as const;

const parse = (value: object, payload: number[] = [1, 2, 3]) => parseEnvelope(packEnvelope(value, Uint8Array.from(payload)).buffer);

describe("parseEnvelope", () => {
  it("reads what was packed, without copying the payload", () => {
    const message = packEnvelope(header, Uint8Array.from([9, 8, 7]));
    const envelope = parseEnvelope(message.buffer);
    expect(envelope?.header).toEqual(header);
    expect([...(envelope?.payload ?? [])]).toEqual([9, 8, 7]);
    expect(envelope?.payload.buffer).toBe(message.buffer);
  });

  it("leaves absent fields absent, so that nothing sticks from one frame to the next", () => {
    expect(parse({ ...header, pixel_ratio: 2 })?.header.pixel_ratio).toBe(2);
    expect(parse(header)?.header).not.toHaveProperty("pixel_ratio");
    expect(parse(header)?.header).not.toHaveProperty("color");
  });

  it("ignores unknown types and fields", () => {
    expect(parse({ type: "audio_chunk" })).toBeNull();
    expect(parse({ ...header, mood: "fine", color: "blue", pixel_ratio: -1 })?.header).toEqual(header);
  });

  it("refuses what is malformed with a sentence", () => {
    expect(() => parseEnvelope(new ArrayBuffer(3))).toThrow("3 bytes");
    const lying = packEnvelope(header, new Uint8Array());
    new DataView(lying.buffer).setUint32(0, 1 << 30, true);
    expect(() => parseEnvelope(lying.buffer)).toThrow("does not fit");
    expect(() => parse({ ...header, width: 0 })).toThrow("width is 0");
    expect(() => parse({ ...header, seq: "7" })).toThrow('seq is "7"');
    expect(() => parse([])).toThrow("not a JSON object");
  });

  it("survives any bytes", () => {
    let state = 1;
    const random = (): number => (state = (state * 48271) % 0x7fffffff);
    for (let round = 0; round < 2000; round += 1) {
      const bytes = Uint8Array.from({ length: random() % 40 }, () => random() % 256);
      if (bytes.length >= 4) bytes.set([random() % 40, 0, 0, 0]);
      try {
        parseEnvelope(bytes.buffer);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
  });
});
