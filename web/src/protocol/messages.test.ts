import { expect, it } from "vitest";
import { parseServerMessage } from "./messages.ts";

const config = { type: "config", transport: "webcodecs", width: 1280, height: 720, coords: "frame-pixels", codec: "avc1.42E01F" };

it("reads the reference's config, which has none of framewire's additions", () => {
  expect(parseServerMessage(JSON.stringify(config))).toEqual(config);
});

it("reads framewire's additions and keeps the features that it knows", () => {
  const framewire = { version: 1, features: ["arrival", "teleport", "clock"], role: "view", stream: "cam", encoder: "openh264", server_us: 5 };
  expect(parseServerMessage(JSON.stringify({ ...config, framewire }))).toEqual({
    ...config,
    framewire: { ...framewire, features: ["clock", "arrival"] },
  });
});

it("reads stats with whatever figures are there", () => {
  expect(parseServerMessage('{"type":"stats","server_queue":3,"dropped":1}')).toEqual({ type: "stats", server_queue: 3, dropped: 1 });
});

it("ignores what is unknown or malformed", () => {
  for (const text of ["", "{", "[]", "null", "7", '{"type":"dance"}', '{"type":"config","transport":"smoke"}', '{"type":"pong","id":1}', '{"type":"notice"}', '{"type":"set_quality","bitrate":"1"}']) {
    expect(parseServerMessage(text)).toBeNull();
  }
});
