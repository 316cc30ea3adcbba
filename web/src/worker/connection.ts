import { CLOSE_CODES } from "../protocol/types.ts";
import { Backoff } from "./backoff.ts";
import type { ConnectionState } from "./messages.ts";

/** What the connection needs of its surroundings; the tests give it their own. */
export interface ConnectionEnv {
  open(url: string): WebSocket;
  now(): number;
  random(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface ConnectionHandlers {
  state(state: ConnectionState): void;
  opened(): void;
  text(text: string): void;
  binary(bytes: ArrayBuffer): void;
  /** The socket is gone; everything that belonged to it is void. */
  lost(): void;
}

/** An attempt that has not opened by then is given up. */
const OPEN_TIMEOUT_MS = 10_000;
const ABNORMAL = 1006;

/** One WebSocket at a time, opened anew after every close that is not final. */
export class Connection {
  readonly #url: string;
  readonly #handlers: ConnectionHandlers;
  readonly #env: ConnectionEnv;
  readonly #backoff = new Backoff();
  #socket: WebSocket | null = null;
  #timer: unknown = null;
  #liveSince: number | null = null;
  #state: ConnectionState = { phase: "connecting" };

  constructor(url: string, handlers: ConnectionHandlers, env: ConnectionEnv) {
    this.#url = url;
    this.#handlers = handlers;
    this.#env = env;
  }

  get phase(): ConnectionState["phase"] {
    return this.#state.phase;
  }

  /** Drops what there is and opens a socket now. */
  open(): void {
    this.#release();
    this.#set({ phase: "connecting" });
    const socket = this.#env.open(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#timer = this.#env.setTimeout(() => this.fail(ABNORMAL, "no answer"), OPEN_TIMEOUT_MS);
    socket.onopen = () => {
      this.#stopTimer();
      this.#set({ phase: "negotiating" });
      this.#handlers.opened();
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "string") this.#handlers.text(data);
      else if (data instanceof ArrayBuffer) this.#handlers.binary(data);
    };
    socket.onclose = ({ code, reason }) => this.fail(code, reason);
  }

  /** The server has accepted: frames follow. */
  live(): void {
    this.#liveSince ??= this.#env.now();
    if (this.#state.phase !== "live") this.#set({ phase: "live" });
  }

  /** True if the text went out; a socket that is not open takes nothing. */
  send(text: string): boolean {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(text);
    return true;
  }

  /** The connection ended or is judged dead. */
  fail(code: number, reason: string): void {
    const liveMs = this.#liveSince === null ? 0 : this.#env.now() - this.#liveSince;
    this.#release();
    const verdict = this.#backoff.closed(code, liveMs, this.#env.random());
    if (verdict.kind === "terminal") {
      this.#set({ phase: "closed", why: verdict.why, reason });
      return;
    }
    const { attempt } = this.#backoff;
    this.#set({ phase: "waiting", attempt, retryInMs: verdict.delayMs, code, reason });
    this.#timer = this.#env.setTimeout(() => this.open(), verdict.delayMs);
  }

  /** The page is visible again or the network is back: do not wait any longer. */
  wake(): void {
    if (this.#state.phase === "waiting") this.open();
  }

  dispose(): void {
    this.#release();
    this.#set({ phase: "closed", why: "disposed", reason: "" });
  }

  #release(): void {
    this.#stopTimer();
    this.#liveSince = null;
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // 0 and 1 are CONNECTING and OPEN.
    if (socket.readyState <= 1) socket.close(CLOSE_CODES.normal);
    this.#handlers.lost();
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.#env.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#handlers.state(state);
  }
}
