import type { Fit } from "../view/geometry.ts";

/** How a view is set up. Only `url` is required. */
export interface ViewOptions {
  /** The stream's address, `ws:` or `wss:`; `http:` and `https:` are turned into those. Relative to the page. */
  url: string | URL;
  /** Sent in `hello`. */
  token?: string;
  /** `contain` by default. */
  fit?: Fit;
  /** Whether pointer, wheel and keys go to the stream; true by default. */
  input?: boolean;
  /** Colour of the bars around the picture, any CSS colour; black by default. */
  background?: string;
  /** Ask for images even where video can be decoded. */
  imagesOnly?: boolean;
  /** Where worker.js is, if not beside this module. Must be of the page's own origin. */
  workerUrl?: string | URL;
  /** The picture's name for assistive technology. */
  label?: string;
}

/** The WebSocket address for an address of either scheme. */
export function socketUrl(url: string | URL, base: string): string {
  const result = new URL(url, base);
  if (result.protocol === "http:") result.protocol = "ws:";
  if (result.protocol === "https:") result.protocol = "wss:";
  if (result.protocol !== "ws:" && result.protocol !== "wss:") {
    throw new TypeError(`a stream's address starts with ws: or wss:, not with ${result.protocol}`);
  }
  result.hash = "";
  return result.href;
}
