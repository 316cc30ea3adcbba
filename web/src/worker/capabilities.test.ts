import { expect, it } from "vitest";
import { probe } from "./capabilities.ts";

const answering = (decodes: (codec: string) => boolean) => ({
  isSecureContext: true,
  isConfigSupported: (config: VideoDecoderConfig) => Promise.resolve({ supported: decodes(config.codec) }),
});

it("offers what the browser says that it decodes", async () => {
  expect(await probe(answering((codec) => codec.startsWith("avc1")), null)).toEqual({
    supported: ["image/jpeg", "image/png", "image/webp", "webcodecs/h264-annexb"],
    video: "supported",
  });
  expect((await probe(answering(() => true), null)).supported).toContain("webcodecs/hevc-annexb");
});

it("says why it shows images", async () => {
  const none = { isConfigSupported: null };
  expect((await probe({ ...none, isSecureContext: false }, null)).video).toBe("insecure-context");
  expect((await probe({ ...none, isSecureContext: true }, null)).video).toBe("no-webcodecs");
  expect((await probe(answering(() => false), null)).video).toBe("no-h264");
  expect(await probe(answering(() => true), "decoder-failed")).toEqual({
    supported: ["image/jpeg", "image/png", "image/webp"],
    video: "decoder-failed",
  });
});

it("takes a probe that throws for a no", async () => {
  const scope = { isSecureContext: true, isConfigSupported: () => Promise.reject(new TypeError("unknown codec")) };
  expect((await probe(scope, null)).video).toBe("no-h264");
});
