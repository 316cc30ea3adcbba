import { finite, isRecord, positive, present, readColor } from "./envelope.ts";
import { VERSION, type ConfigExtension, type ConfigMessage, type Feature, type ServerMessage, type StatsMessage } from "./types.ts";

/** Every feature that this client offers in `hello`. */
export const FEATURES: readonly Feature[] = ["clock", "publish_time", "arrival", "notice"];

/** Reads a control message; null for one that is malformed or of an unknown type: both are ignored. */
export function parseServerMessage(text: string): ServerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  switch (value["type"]) {
    case "config":
      return readConfig(value);
    case "stats":
      return readStats(value);
    case "set_quality": {
      const bitrate = finite(value["bitrate"]);
      const fps = finite(value["fps"]);
      return bitrate === undefined || fps === undefined ? null : { type: "set_quality", bitrate, fps };
    }
    case "pong": {
      const id = finite(value["id"]);
      const client_us = finite(value["client_us"]);
      const server_us = finite(value["server_us"]);
      if (id === undefined || client_us === undefined || server_us === undefined) return null;
      return { type: "pong", id, client_us, server_us };
    }
    case "notice":
      if (typeof value["text"] !== "string") return null;
      return { type: "notice", level: value["level"] === "warn" ? "warn" : "info", text: value["text"] };
    default:
      return null;
  }
}

function readConfig(value: Record<string, unknown>): ConfigMessage | null {
  const transport = value["transport"];
  const width = positive(value["width"]);
  const height = positive(value["height"]);
  if ((transport !== "image" && transport !== "webcodecs") || width === undefined || height === undefined) return null;
  return {
    type: "config",
    transport,
    width,
    height,
    coords: "frame-pixels",
    ...present("codec", string(value["codec"])),
    ...present("mime", imageType(value["mime"])),
    ...present("pixel_ratio", positive(value["pixel_ratio"])),
    ...present("color", readColor(value["color"])),
    ...present("framewire", readExtension(value["framewire"])),
  };
}

function readExtension(value: unknown): ConfigExtension | undefined {
  if (!isRecord(value)) return undefined;
  const features = Array.isArray(value["features"]) ? value["features"] : [];
  return {
    version: finite(value["version"]) ?? VERSION,
    features: FEATURES.filter((feature) => features.includes(feature)),
    role: value["role"] === "view" ? "view" : "control",
    stream: string(value["stream"]) ?? "",
    encoder: string(value["encoder"]) ?? "",
    server_us: finite(value["server_us"]) ?? 0,
  };
}

function readStats(value: Record<string, unknown>): StatsMessage {
  const stats: Record<string, unknown> = { type: "stats" };
  for (const [key, field] of Object.entries(value)) {
    if (finite(field) !== undefined) stats[key] = field;
  }
  return stats as unknown as StatsMessage;
}

function imageType(value: unknown): ConfigMessage["mime"] {
  return value === "image/jpeg" || value === "image/png" || value === "image/webp" ? value : undefined;
}

function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
