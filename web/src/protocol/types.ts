// The wire's types as this client uses them: generated from crates/protocol, narrowed where the client promises more.
import type * as wire from "./generated.ts";

export type { ClientMessage, ColorDescriptor, ConfigExtension, Feature, Role } from "./generated.ts";
export { CAPABILITIES, CLOSE_CODES, PROBE_CODECS, VERSION } from "./generated.ts";

type FrameFields = Omit<wire.ReceivedHeader, "type" | "mime" | "codec" | "bitstream" | "keyframe" | "duration_us">;

/** The header of a complete image. */
export interface ImageFrameHeader extends FrameFields {
  type: "image_frame";
  mime: string;
}

/** The header of one access unit. */
export interface VideoChunkHeader extends FrameFields {
  type: "video_chunk";
  codec: string;
  bitstream: string;
  keyframe: boolean;
  duration_us?: number;
}

export type FrameHeader = ImageFrameHeader | VideoChunkHeader;

export type ConfigMessage = { type: "config" } & wire.Config;
/** Other servers leave figures out. */
export type StatsMessage = { type: "stats" } & Partial<wire.Stats>;
export type SetQualityMessage = { type: "set_quality" } & wire.SetQuality;
export type PongMessage = { type: "pong" } & wire.Pong;
export type NoticeMessage = { type: "notice" } & wire.Notice;
export type ServerMessage = ConfigMessage | StatsMessage | SetQualityMessage | PongMessage | NoticeMessage;

/** 0 none, 1 left, 2 right, 3 middle, 4 back, 5 forward. */
export type Button = 0 | 1 | 2 | 3 | 4 | 5;
export type Modifier = "Shift" | "Control" | "Alt" | "Meta";

export type PointerInput = { type: "pointer_move" | "pointer_down" | "pointer_up" } & Required<wire.PointerInput>;
export type WheelInput = { type: "wheel" } & Required<wire.WheelInput>;
export type KeyInput = { type: "key_down" | "key_up" } & Required<wire.KeyInput>;
/** The events that this client sends. */
export type InputEvent = PointerInput | WheelInput | KeyInput;
