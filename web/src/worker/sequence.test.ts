import { describe, expect, it } from "vitest";
import { Sequence } from "./sequence.ts";

/** A sequence of numbers whose decodes the test settles by hand. */
function setup() {
  const running = new Map<number, { resolve(value: string): void; reject(error: Error): void }>();
  const log: string[] = [];
  const sequence = new Sequence<number, string>({
    decode: (input) => new Promise((resolve, reject) => running.set(input, { resolve, reject })),
    done: (input, output) => log.push(`${input}=${output}`),
    skipped: (input) => log.push(`${input} skipped`),
    discard: (output) => log.push(`${output} discarded`),
  });
  const settle = async (input: number, value: string | Error): Promise<void> => {
    const job = running.get(input);
    if (value instanceof Error) job?.reject(value);
    else job?.resolve(value);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sequence, running, log, settle };
}

describe("Sequence", () => {
  it("delivers in order, also when a later image is ready first", async () => {
    const { sequence, log, settle } = setup();
    sequence.push(1);
    sequence.push(2);
    await settle(2, "b");
    expect(log).toEqual([]);
    await settle(1, "a");
    expect(log).toEqual(["1=a", "2=b"]);
  });

  it("reports a failed image in its place and goes on", async () => {
    const { sequence, log, settle } = setup();
    [1, 2, 3].forEach((input) => sequence.push(input));
    await settle(1, new Error("broken"));
    await settle(2, "b");
    await settle(3, "c");
    expect(log).toEqual(["1 skipped", "2=b", "3=c"]);
    expect(sequence.depth).toBe(0);
  });

  it("decodes two at a time and passes over the oldest that wait when it cannot keep up", async () => {
    const { sequence, running, log, settle } = setup();
    for (let input = 1; input <= 100; input += 1) sequence.push(input);
    expect([...running.keys()]).toEqual([1, 2]);
    await settle(1, "a");
    await settle(2, "b");
    expect(log.slice(0, 3)).toEqual(["1=a", "2=b", "3 skipped"]);
    expect(log.at(-1)).toBe("97 skipped");
    expect([...running.keys()]).toEqual([1, 2, 98, 99]);
  });

  it("discards what comes after a clear", async () => {
    const { sequence, log, settle } = setup();
    sequence.push(1);
    sequence.push(2);
    await settle(2, "b");
    expect(sequence.clear()).toEqual([1, 2]);
    await settle(1, "a");
    expect(log).toEqual(["b discarded", "a discarded"]);
  });
});
