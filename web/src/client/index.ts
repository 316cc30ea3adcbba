import type { ViewOptions } from "./options.ts";
import { FramewireView } from "./view.ts";

export { FramewireView } from "./view.ts";
export type { ViewEvents } from "./events.ts";
export type { ViewOptions } from "./options.ts";
export type { ConnectionState, PixelSource, ViewStats } from "../worker/messages.ts";
export type { VideoSupport } from "../worker/capabilities.ts";
export type { ConfigMessage, InputEvent, NoticeMessage, Role } from "../protocol/types.ts";
export type { Extent, Fit, Point, Zoom } from "../view/geometry.ts";

/** Shows a stream in an element. */
export function connect(container: HTMLElement, options: ViewOptions): FramewireView {
  return new FramewireView(container, options);
}
