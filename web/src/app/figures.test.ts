import { describe, expect, it } from "vitest";
import { lossReason, statusOf, videoAdvice } from "./advice.ts";
import { bitrate, fps, fromLog, milliseconds, plain, toLog } from "./format.ts";
import { History, niceCeiling } from "./history.ts";
import { runs } from "./sparkline.ts";

describe("figures", () => {
  it("have few digits", () => {
    expect([0, 0.2, 9.96, 59.7].map((value) => plain(fps(value)))).toEqual(["0 fps", "0.2 fps", "10 fps", "60 fps"]);
    expect([0, 4200, 999_499, 999_500, 8e6, 2.4e7].map((value) => plain(bitrate(value)))).toEqual(["0 kb/s", "4 kb/s", "999 kb/s", "1.0 Mb/s", "8.0 Mb/s", "24 Mb/s"]);
    expect([null, 3.14, 47.6].map((value) => plain(milliseconds(value)))).toEqual(["– ms", "3.1 ms", "48 ms"]);
  });

  it("lie on a logarithmic slider, with two digits", () => {
    expect(fromLog(0, 1e5, 5e7)).toBe(1e5);
    expect(fromLog(1, 1e5, 5e7)).toBe(5e7);
    expect(fromLog(toLog(8e6, 1e5, 5e7), 1e5, 5e7)).toBe(8e6);
    expect(toLog(1, 1e5, 5e7)).toBe(0);
  });
});

describe("plots", () => {
  it("keep a bounded history with its gaps", () => {
    const history = new History(3);
    [9, 1, null, 4].forEach((sample) => history.push(sample));
    expect(history.samples).toEqual([1, null, 4]);
    expect(history.max).toBe(4);
    expect(runs(history.samples)).toEqual([{ from: 0, values: [1] }, { from: 2, values: [4] }]);
  });

  it("have a top that does not jitter", () => {
    expect([0, 31, 52, 180].map((value) => niceCeiling(value, 30))).toEqual([50, 50, 100, 200]);
  });
});

describe("words", () => {
  it("say what helps where video cannot be decoded", () => {
    expect(videoAdvice("supported")).toBeNull();
    expect(videoAdvice("insecure-context")).toMatch(/--tls-self-signed.*localhost/);
  });

  it("say why the connection is gone", () => {
    expect(lossReason(1001, "")).toBe("The server is shutting down");
    expect(lossReason(1008, "too many messages")).toContain("too many messages");
    expect(statusOf({ phase: "closed", why: "unauthorized", reason: "" })).toEqual({ text: "locked", tone: "bad" });
  });
});
