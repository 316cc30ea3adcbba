import type { ConfigMessage, NoticeMessage } from "../protocol/types.ts";
import type { Extent, Fit, Zoom } from "../view/geometry.ts";
import type { VideoSupport } from "../worker/capabilities.ts";
import type { ConnectionState, ViewStats } from "../worker/messages.ts";

/** What a view tells, by name. */
export interface ViewEvents {
  state: ConnectionState;
  config: ConfigMessage;
  /** Whether video can be decoded here, or why images are shown. */
  video: VideoSupport;
  /** The frame's size or pixel ratio is another than before. */
  frame: { size: Extent; pixelRatio: number };
  /** Four times a second while the page is visible. */
  stats: ViewStats;
  /** The server's target changed. */
  quality: { bitrate: number; fps: number };
  notice: NoticeMessage;
  /** Fit, zoom or pan changed. */
  zoom: { fit: Fit; zoom: Zoom };
}
