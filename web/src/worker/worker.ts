import type { FromWorker, ToWorker } from "./messages.ts";
import { Player, type PlayerEnv } from "./player.ts";
import type { Schedule } from "./presenter.ts";

/** The parts of a dedicated worker's global scope that are used here. */
interface Scope {
  isSecureContext: boolean;
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  close(): void;
  requestAnimationFrame?(callback: () => void): number;
  cancelAnimationFrame?(handle: number): void;
}

/** A refresh that does not come (a covered window) must not hold acks back for longer than this. */
const REFRESH_TIMEOUT_MS = 100;

const scope = self as unknown as Scope;
let player: Player | null = null;

scope.onmessage = ({ data }) => {
  if (data.type === "init") player ??= new Player(data, environment());
  else if (player) handle(player, data);
};

function handle(player: Player, message: Exclude<ToWorker, { type: "init" }>): void {
  switch (message.type) {
    case "surface":
      player.renderer.setSurface(message.surface);
      break;
    case "settings":
      player.renderer.setSettings(message.settings);
      break;
    case "viewport":
      player.setViewport(message.viewport);
      break;
    case "event":
      player.event(message.event);
      break;
    case "visible":
      player.setVisible(message.visible);
      break;
    case "wake":
      player.wake();
      break;
    case "reconnect":
      player.reconnect(message.token);
      break;
    case "capture":
      void capture(player, message.id);
      break;
    case "pixels":
      pixels(player, message);
      break;
    case "dispose":
      player.dispose();
      scope.close();
      break;
  }
}

async function capture(player: Player, id: number): Promise<void> {
  try {
    post({ type: "captured", id, blob: await player.renderer.png() });
  } catch (error) {
    fail(id, error);
  }
}

function pixels(player: Player, { id, from }: Extract<ToWorker, { type: "pixels" }>): void {
  try {
    const pixels = player.renderer.pixels(from);
    post({ type: "pixels", id, pixels }, [pixels.data.buffer]);
  } catch (error) {
    fail(id, error);
  }
}

function fail(id: number, error: unknown): void {
  post({ type: "failed", id, message: error instanceof Error ? error.message : String(error) });
}

function post(message: FromWorker, transfer: Transferable[] = []): void {
  scope.postMessage(message, transfer);
}

function environment(): PlayerEnv {
  return {
    post,
    schedule: scope.requestAnimationFrame ? atRefresh : soon,
    connection: {
      open: (url) => new WebSocket(url),
      now: () => performance.now(),
      random: () => Math.random(),
      setTimeout: (callback, ms) => setTimeout(callback, ms),
      clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    },
    probe: {
      isSecureContext: scope.isSecureContext,
      isConfigSupported:
        typeof VideoDecoder === "undefined" ? null : (config) => VideoDecoder.isConfigSupported(config),
    },
  };
}

function atRefresh(callback: () => void): () => void {
  const cancel = (): void => {
    scope.cancelAnimationFrame?.(frame);
    clearTimeout(timer);
  };
  const once = (): void => {
    cancel();
    callback();
  };
  const frame = scope.requestAnimationFrame?.(once) ?? 0;
  const timer = setTimeout(once, REFRESH_TIMEOUT_MS);
  return cancel;
}

function soon(callback: () => void): ReturnType<Schedule> {
  const timer = setTimeout(callback, 0);
  return () => clearTimeout(timer);
}
