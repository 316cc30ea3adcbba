// Generated from crates/protocol by `cargo xtask protocol`. Do not edit: `cargo xtask protocol --check` compares.
// The normative text of the wire is docs/protocol.md.

/** The version of framewire's additions to the wire. */
export const VERSION = 1 as const;

/** The unit of the coordinates in events. */
export const COORDS = "frame-pixels" as const;

/** What a client can show, as `hello.supported` says it. */
export const CAPABILITIES = {
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  h264: "webcodecs/h264-annexb",
  hevc: "webcodecs/hevc-annexb",
} as const;

/** Codec strings to probe with; each chunk's own is the one to believe. */
export const PROBE_CODECS = {
  h264: "avc1.42E01F",
  hevc: "hvc1.1.6.L93.B0",
} as const;

/** WebSocket close codes. */
export const CLOSE_CODES = {
  normal: 1000,
  goingAway: 1001,
  unsupported: 1003,
  malformed: 1007,
  policy: 1008,
  tooBig: 1009,
  internal: 1011,
  tryAgainLater: 1013,
  unauthorized: 4401,
  notFound: 4404,
} as const;

/** Close codes after which a client does not connect again by itself. */
export const TERMINAL_CLOSE_CODES = [1000, 1003, 4401, 4404] as const satisfies readonly number[];

/** An addition of framewire to the wire that is used only when both sides name it. */
export type Feature = "clock" | "publish_time" | "arrival" | "notice";

/** What a viewer may do. */
export type Role = "control" | "view";

/** A still image format on the wire; the capability is its MIME type. */
export type ImageFormat = "image/jpeg" | "image/png" | "image/webp";

/** How frames come. */
export type TransportName = "image" | "webcodecs";

/** How much a `Notice` matters. */
export type NoticeLevel = "info" | "warn";

/**
 * How the publisher describes the colour of its own pixels, so that a client paints in the right space.
 *
 * Words are kept as text: a descriptor of another implementation passes through whole.
 */
export interface ColorDescriptor {
  /** `bt709`, `display-p3` or `bt2020`. */
  primaries: string;
  /** `srgb`, `bt709`, `pq`, `hlg` or `linear`. */
  transfer: string;
  /** `rgb`, `bt601`, `bt709` or `bt2020-ncl`. */
  matrix: string;
  /** Whether all code values are used. */
  full_range: boolean;
  /** Bits per sample. */
  bit_depth: number;
}

/** The first message of a client. */
export interface Hello {
  /**
   * What the client can show: `image/jpeg`, `image/png`, `image/webp`, `webcodecs/h264-annexb`,
   * `webcodecs/hevc-annexb`.
   */
  supported: string[];
  /** What the server's authentication hook is asked with. */
  token?: string;
  /** Device pixels per layout pixel of the client's screen. */
  device_pixel_ratio?: number;
  /** framewire's additions that the client knows; absent from other clients. */
  framewire?: HelloExtension;
}

/** The additions that a client knows. */
export interface HelloExtension {
  /** The version of the additions: 1. */
  version: number;
  /** The additions by name. */
  features: Feature[];
}

/** A frame is on the screen. */
export interface Ack {
  /** The frame's `seq`. Acknowledges this one only. */
  seq: number;
  /** Chunks that wait in the client's decoder. */
  decode_queue_size: number;
  /** False for a frame that was passed over: it frees the window and is not counted as shown. Absent means true. */
  displayed?: boolean;
  /** Microseconds from the frame's publish to its display, where the client knows (features `clock`, `publish_time`). */
  latency_us?: number;
}

/** A frame is there, whole and before its decoding. */
export interface Arrived {
  /** The frame's `seq`. As the connection keeps its order, all earlier ones are there too. */
  seq: number;
}

/** The client cannot go on without a key frame. */
export interface RequestKeyframe {
  /** Why, for logs. */
  reason: string;
}

/** The size of the client's canvas. */
export interface Viewport {
  /** Layout (CSS) pixels per row. */
  width: number;
  /** Layout (CSS) rows. */
  height: number;
  /** Device pixels per row; the width where absent. */
  pwidth?: number;
  /** Device pixel rows; the height where absent. */
  pheight?: number;
  /** Device pixels per layout pixel; 1 where absent. */
  ratio?: number;
}

/** A question for the stream's clock. */
export interface Ping {
  /** Comes back in the answer. */
  id: number;
  /** The client's clock in microseconds; comes back in the answer. */
  client_us: number;
}

/** Where a pointer is and what is pressed. */
export interface PointerInput {
  /** Frame pixels from the left. */
  x: number;
  /** Frame pixels from the top. */
  y: number;
  /** The button that changed: 0 none, 1 left, 2 right, 3 middle, 4 back, 5 forward. */
  button: number;
  /** The buttons that are down. */
  buttons: number[];
  /** The modifier keys that are down: `Shift`, `Control`, `Alt`, `Meta`. */
  modifiers: string[];
  /** Seconds on the client's clock. */
  timestamp: number;
  /** Whether the point lies on the frame. */
  inside?: boolean;
  /** Device pixels per layout pixel of the client. */
  pixel_ratio?: number;
  /** Tells fingers and pens apart. An addition of framewire. */
  pointer_id?: number;
  /** `mouse`, `touch` or `pen`. An addition of framewire. */
  pointer_type?: string;
  /** 0 to 1. An addition of framewire. */
  pressure?: number;
}

/** How far was scrolled, and where. */
export interface WheelInput {
  /** Frame pixels from the left. */
  x: number;
  /** Frame pixels from the top. */
  y: number;
  /** Pixels to the right. */
  dx: number;
  /** Pixels down. */
  dy: number;
  /** The buttons that are down. */
  buttons: number[];
  /** The modifier keys that are down. */
  modifiers: string[];
  /** Seconds on the client's clock. */
  timestamp: number;
  /** Whether the point lies on the frame. */
  inside?: boolean;
  /** Device pixels per layout pixel of the client. */
  pixel_ratio?: number;
}

/** A key of the keyboard. */
export interface KeyInput {
  /** What the key means, as the DOM's `key`. */
  key: string;
  /** Which key it is, as the DOM's `code`. */
  code: string;
  /** The modifier keys that are down. */
  modifiers: string[];
  /** Seconds on the client's clock. */
  timestamp: number;
  /** Whether the key repeats because it is held. An addition of framewire. */
  repeat?: boolean;
}

/** The size of the client's canvas. */
export interface ResizeInput {
  /** Layout pixels per row. */
  width: number;
  /** Layout pixel rows. */
  height: number;
  /** Device pixels per row. */
  pwidth: number;
  /** Device pixel rows. */
  pheight: number;
  /** Device pixels per layout pixel. */
  ratio: number;
}

/** The events that this protocol knows. Coordinates are frame pixels and may lie outside of the frame. */
export type KnownEvent =
  | { type: "pointer_move" } & PointerInput
  | { type: "pointer_down" } & PointerInput
  | { type: "pointer_up" } & PointerInput
  | { type: "pointer_cancel" } & PointerInput
  | { type: "wheel" } & WheelInput
  | { type: "key_down" } & KeyInput
  | { type: "key_up" } & KeyInput
  | { type: "resize" } & ResizeInput
  | { type: "blur" };

/** Input for the application: a known event, or any object with whatever the application understands. */
export type InputEvent = KnownEvent | { [key: string]: unknown };

/** Input for the application. */
export interface EventMessage {
  /** Any JSON object; `KnownEvent` lists the known ones. */
  event: InputEvent;
}

/** A message from client to server. */
export type ClientMessage =
  | { type: "hello" } & Hello
  | { type: "ack" } & Ack
  | { type: "arrived" } & Arrived
  | { type: "request_keyframe" } & RequestKeyframe
  | { type: "decoder_reset" }
  | { type: "event" } & EventMessage
  | { type: "set_viewport" } & Viewport
  | { type: "ping" } & Ping;

/** What will come. */
export interface Config {
  /** Whether images or video chunks come. */
  transport: TransportName;
  /** Pixels per row of the stream. */
  width: number;
  /** Pixel rows of the stream. */
  height: number;
  /** Always `frame-pixels`: the unit of the coordinates in events. */
  coords: "frame-pixels";
  /** The codec string; each chunk's own is the one to believe. Absent for images. */
  codec?: string;
  /** Device pixels per layout pixel of the publisher; absent means 1. */
  pixel_ratio?: number;
  /** The publisher's colour space, where it named one. */
  color?: ColorDescriptor;
  /** The format of the images, for clients that sent `framewire`. */
  mime?: ImageFormat;
  /** framewire's additions, for clients that sent `framewire`. */
  framewire?: ConfigExtension;
}

/** framewire's part of a `Config`. */
export interface ConfigExtension {
  /** The version of the additions: 1. */
  version: number;
  /** The additions that both sides use from now on. */
  features: Feature[];
  /** What this viewer may do. */
  role: Role;
  /** The stream's name. */
  stream: string;
  /** The encoder that makes the frames. */
  encoder: string;
  /** The stream's clock now, in microseconds: the clock of `timestamp_us` and `publish_us`. */
  server_us: number;
}

/** How delivery to this client goes. Zero where nothing was measured yet. */
export interface Stats {
  /** Milliseconds from the sending of a frame to its acknowledgement, smoothed. */
  rtt_ms: number;
  /** Frames sent per second. */
  fps_sent: number;
  /** Frames acknowledged per second. */
  fps_acked: number;
  /** Payload bits sent per second. */
  bitrate_bps: number;
  /** Milliseconds to convert and encode a frame, smoothed. */
  encode_ms: number;
  /** The chunks that waited in the client's decoder at its last acknowledgement. */
  decode_queue_size: number;
  /** Frames that this client missed. */
  dropped: number;
  /** What the encoder is set to, in bits per second. */
  target_bitrate: number;
  /** What the encoder is set to, in frames per second. */
  target_fps: number;
}

/** What the encoder is now set to. */
export interface SetQuality {
  /** Bits per second. */
  bitrate: number;
  /** Frames per second. */
  fps: number;
}

/** The answer to a `ping`. */
export interface Pong {
  /** The question's. */
  id: number;
  /** The question's. */
  client_us: number;
  /** The stream's clock when the question was answered, in microseconds. */
  server_us: number;
}

/** A sentence for the person in front of the page. */
export interface Notice {
  /** How much it matters. */
  level: NoticeLevel;
  /** The sentence. */
  text: string;
}

/** A text message from server to client. */
export type ServerMessage =
  | { type: "config" } & Config
  | { type: "stats" } & Stats
  | { type: "set_quality" } & SetQuality
  | { type: "pong" } & Pong
  | { type: "notice" } & Notice;

/** A header as a client reads it. */
export interface ReceivedHeader {
  /** `image_frame` or `video_chunk`; a client ignores messages of another type. */
  type: string;
  /** Counts the messages of this connection from 0. Other servers leave gaps. */
  seq: number;
  /** The moment of the frame on the stream's clock. */
  timestamp_us: number;
  /** Pixels per row. */
  width: number;
  /** Pixel rows. */
  height: number;
  /** The format of an image. */
  mime?: string;
  /** The codec string of a video chunk. */
  codec?: string;
  /** `annexb`. */
  bitstream?: string;
  /** Whether decoding can begin at this video chunk. */
  keyframe?: boolean;
  /** The time that the frame is to be shown. */
  duration_us?: number;
  /** Device pixels per layout pixel of the publisher; absent means 1. */
  pixel_ratio?: number;
  /** The publisher's colour space; absent means sRGB. */
  color?: ColorDescriptor;
  /** The moment of publishing on the stream's clock (feature `publish_time`). */
  publish_us?: number;
  /** The time that conversion and encoding took (feature `publish_time`). */
  encode_us?: number;
}
