import { expect, it } from "vitest";
import { PendingChunks } from "./pending.ts";

it("hands back the message whose timestamp came out, and what was skipped before it", () => {
  const pending = new PendingChunks<string>();
  const keys = ["a", "b", "c", "d"].map((name, index) => pending.submit(index * 100, name));
  expect(pending.take(keys[0] ?? -1)).toEqual({ value: "a", skipped: [] });
  expect(pending.take(keys[2] ?? -1)).toEqual({ value: "c", skipped: ["b"] });
  expect(pending.take(keys[3] ?? -1)).toEqual({ value: "d", skipped: [] });
  expect(pending.size).toBe(0);
});

it("gives every chunk a timestamp of its own where the stream's repeats or goes back", () => {
  const pending = new PendingChunks<string>();
  expect([500, 500, 100, 900].map((time) => pending.submit(time, ""))).toEqual([500, 501, 502, 900]);
});

it("knows nothing of an output that was never submitted, and drops nothing that is newer", () => {
  const pending = new PendingChunks<string>();
  pending.submit(100, "a");
  expect(pending.take(50)).toEqual({ value: null, skipped: [] });
  expect(pending.size).toBe(1);
});

it("starts over when drained", () => {
  const pending = new PendingChunks<string>();
  pending.submit(1_000_000, "a");
  pending.submit(1_000_001, "b");
  expect(pending.drain()).toEqual(["a", "b"]);
  expect(pending.submit(7, "c")).toBe(7);
});

it("withdraws a chunk that the decoder refused", () => {
  const pending = new PendingChunks<string>();
  pending.submit(1, "a");
  pending.submit(2, "b");
  pending.withdraw();
  expect(pending.drain()).toEqual(["a"]);
});
