import type { ColorDescriptor, FrameHeader } from "./types.ts";

export interface Envelope {
  header: FrameHeader;
  /** A view into the message, not a copy. */
  payload: Uint8Array<ArrayBuffer>;
}

/** Headers are a few hundred bytes; anything larger is not one. */
const MAX_HEADER_BYTES = 64 * 1024;
const LENGTH_BYTES = 4;

/**
 * Reads a binary message: `u32` little-endian header length, JSON header, payload.
 * Returns null for a frame type that is unknown (to be ignored), throws a sentence for a message that is malformed.
 */
export function parseEnvelope(message: ArrayBuffer): Envelope | null {
  if (message.byteLength < LENGTH_BYTES) {
    throw new Error(`a binary message of ${message.byteLength} bytes has no header length`);
  }
  const length = new DataView(message).getUint32(0, true);
  if (length > MAX_HEADER_BYTES || LENGTH_BYTES + length > message.byteLength) {
    throw new Error(`a header of ${length} bytes does not fit a message of ${message.byteLength} bytes`);
  }
  const text = new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(message, LENGTH_BYTES, length));
  const header = readHeader(JSON.parse(text));
  return header && { header, payload: new Uint8Array(message, LENGTH_BYTES + length) };
}

/** Writes a binary message; the server's half of the format, for tests and tools. */
export function packEnvelope(header: object, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const message = new Uint8Array(LENGTH_BYTES + json.length + payload.length);
  new DataView(message.buffer).setUint32(0, json.length, true);
  message.set(json, LENGTH_BYTES);
  message.set(payload, LENGTH_BYTES + json.length);
  return message;
}

function readHeader(value: unknown): FrameHeader | null {
  if (!isRecord(value)) throw new Error("a frame header is not a JSON object");
  const type = value["type"];
  if (type !== "image_frame" && type !== "video_chunk") return null;
  const base = {
    seq: integer(value, "seq", 0),
    timestamp_us: integer(value, "timestamp_us", 0),
    width: integer(value, "width", 1),
    height: integer(value, "height", 1),
    ...present("pixel_ratio", positive(value["pixel_ratio"])),
    ...present("color", readColor(value["color"])),
    ...present("publish_us", finite(value["publish_us"])),
    ...present("encode_us", finite(value["encode_us"])),
  };
  if (type === "image_frame") return { type, ...base, mime: text(value, "mime") };
  return {
    type,
    ...base,
    codec: text(value, "codec"),
    bitstream: text(value, "bitstream"),
    keyframe: value["keyframe"] === true,
    ...present("duration_us", positive(value["duration_us"])),
  };
}

/** A colour descriptor, or undefined where it is absent or not one. */
export function readColor(value: unknown): ColorDescriptor | undefined {
  if (!isRecord(value)) return undefined;
  const { primaries, transfer, matrix, full_range, bit_depth } = value as unknown as ColorDescriptor;
  if (typeof primaries !== "string") return undefined;
  return { primaries, transfer, matrix, full_range, bit_depth };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function positive(value: unknown): number | undefined {
  const number = finite(value);
  return number !== undefined && number > 0 ? number : undefined;
}

/** `{key: value}`, or nothing where the value is undefined: absent fields stay absent. */
export function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

function integer(record: Record<string, unknown>, key: string, least: number): number {
  const value = record[key];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least) {
    throw new Error(`a frame header's ${key} is ${JSON.stringify(value)}, not an integer of at least ${least}`);
  }
  return value;
}

function text(record: Record<string, unknown>, key: string): string {
  const value = record[key];
  if (typeof value !== "string") throw new Error(`a frame header's ${key} is ${JSON.stringify(value)}, not a string`);
  return value;
}
