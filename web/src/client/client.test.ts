import { describe, expect, it } from "vitest";
import { Emitter } from "./emitter.ts";
import { socketUrl } from "./options.ts";
import { Replies } from "./replies.ts";

describe("socketUrl", () => {
  it("keeps path and query and changes the scheme", () => {
    expect(socketUrl("https://host/base/cam?token=a#x", "http://page/")).toBe("wss://host/base/cam?token=a");
    expect(socketUrl("cam", "http://host:8080/base/")).toBe("ws://host:8080/base/cam");
    expect(socketUrl("ws://host/", "https://page/")).toBe("ws://host/");
  });

  it("refuses other schemes", () => {
    expect(() => socketUrl("file:///tmp/x", "http://page/")).toThrow("not with file:");
  });
});

describe("Replies", () => {
  it("settles every request, also those that come after the end", async () => {
    const replies = new Replies();
    const ids: number[] = [];
    const ask = () => replies.request<string>((id) => ids.push(id));
    const [first, second, third] = [ask(), ask(), ask()];
    replies.resolve(ids[0] ?? -1, "a");
    replies.reject(ids[1] ?? -1, new Error("no picture"));
    replies.rejectAll(new Error("disposed"));
    await expect(first).resolves.toBe("a");
    await expect(second).rejects.toThrow("no picture");
    await expect(third).rejects.toThrow("disposed");
    await expect(ask()).rejects.toThrow("disposed");
    expect(ids).toHaveLength(3);
  });
});

it("an emitter stops calling a listener that was taken back", () => {
  const emitter = new Emitter<{ tick: number }>();
  const seen: number[] = [];
  const stop = emitter.on("tick", (value) => seen.push(value));
  emitter.emit("tick", 1);
  stop();
  emitter.emit("tick", 2);
  expect(seen).toEqual([1]);
});
