import { FEATURES } from "./messages.ts";
import { VERSION, type ClientMessage } from "./types.ts";

/** The first message. Servers without framewire's additions ignore the last field. */
export function hello(supported: string[], token: string | null, devicePixelRatio: number): ClientMessage {
  return {
    type: "hello",
    supported,
    ...(token === null ? {} : { token }),
    device_pixel_ratio: devicePixelRatio,
    framewire: { version: VERSION, features: [...FEATURES] },
  };
}

/** What became of a frame; the latency where it is known. */
export function ack(seq: number, decodeQueueSize: number, displayed: boolean, latencyUs: number | null): ClientMessage {
  return {
    type: "ack",
    seq,
    decode_queue_size: decodeQueueSize,
    displayed,
    ...(latencyUs === null ? {} : { latency_us: Math.round(latencyUs) }),
  };
}
