import { beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "./connection.ts";
import type { ConnectionState } from "./messages.ts";

class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  binaryType = "";
  sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor() {
    FakeSocket.all.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  end(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.readyState = 2;
  }
}

function setup() {
  FakeSocket.all = [];
  const states: ConnectionState[] = [];
  const lost = vi.fn();
  const connection = new Connection(
    "ws://x/",
    { state: (state) => states.push(state), opened: () => undefined, text: () => undefined, binary: () => undefined, lost },
    {
      open: () => new FakeSocket() as unknown as WebSocket,
      now: () => Date.now(),
      random: () => 0.999,
      setTimeout: (callback, ms) => setTimeout(callback, ms),
      clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
    },
  );
  connection.open();
  const socket = (): FakeSocket => FakeSocket.all.at(-1) as FakeSocket;
  return { connection, states, lost, socket };
}

describe("Connection", () => {
  beforeEach(() => void vi.useFakeTimers());

  it("reconnects after a loss and backs off while connections do not hold", () => {
    const { socket, states } = setup();
    for (let round = 0; round < 4; round += 1) {
      socket().open();
      socket().end(1011);
      vi.advanceTimersByTime(9000);
    }
    const waits = states.flatMap((state) => (state.phase === "waiting" ? [state.retryInMs] : []));
    expect(waits.map((wait) => Math.round(wait / 500) * 500)).toEqual([500, 1000, 2000, 4000]);
  });

  it("stops for good at 4401 and 4404", () => {
    const { socket, states } = setup();
    socket().end(4401);
    vi.advanceTimersByTime(100_000);
    expect(FakeSocket.all).toHaveLength(1);
    expect(states.at(-1)).toEqual({ phase: "closed", why: "unauthorized", reason: "" });
  });

  it("does not wait when the page comes back", () => {
    const { connection, socket } = setup();
    socket().end(1006);
    connection.wake();
    expect(FakeSocket.all).toHaveLength(2);
    vi.advanceTimersByTime(600);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("gives up an attempt that does not open", () => {
    const { states } = setup();
    vi.advanceTimersByTime(10_000);
    expect(states.at(-1)?.phase).toBe("waiting");
  });

  it("sends nothing into a socket that is not open", () => {
    const { connection, socket } = setup();
    expect(connection.send("early")).toBe(false);
    socket().open();
    expect(connection.send("now")).toBe(true);
    expect(socket().sent).toEqual(["now"]);
  });

  it("hears nothing from a socket that was replaced", () => {
    const { connection, socket, lost, states } = setup();
    const old = socket();
    old.open();
    connection.open();
    old.end(4401);
    expect(lost).toHaveBeenCalledTimes(1);
    expect(states.at(-1)?.phase).toBe("connecting");
  });

  it("opens nothing more after dispose", () => {
    const { connection, socket } = setup();
    socket().end(1006);
    connection.dispose();
    vi.advanceTimersByTime(100_000);
    expect(FakeSocket.all).toHaveLength(1);
  });
});
