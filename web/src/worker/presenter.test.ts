import { describe, expect, it } from "vitest";
import type { FrameMeta } from "./messages.ts";
import { Presenter } from "./presenter.ts";
import type { Picture } from "./renderer.ts";

function setup() {
  const log: string[] = [];
  let refresh: (() => void) | null = null;
  const presenter = new Presenter(
    {
      keep: ({ meta }) => void log.push(`keep ${meta.seq}`),
      show: ({ meta }) => void log.push(`show ${meta.seq}`),
      draw: () => void log.push("draw"),
    },
    { shown: () => undefined, skipped: ({ seq }) => void log.push(`skip ${seq}`) },
    (callback) => {
      refresh = callback;
      return () => (refresh = null);
    },
  );
  const push = (seq: number): void => {
    const meta: FrameMeta = { seq, width: 1, height: 1, pixelRatio: 1, color: null, publishUs: null };
    presenter.push({ meta, image: { close: () => log.push(`close ${seq}`) } } as unknown as Picture);
  };
  const tick = (): void => {
    const callback = refresh;
    refresh = null;
    callback?.();
  };
  return { presenter, log, push, tick };
}

describe("Presenter", () => {
  it("shows one picture per refresh, in order", () => {
    const { log, push, tick } = setup();
    push(1);
    push(2);
    expect(log).toEqual([]);
    tick();
    tick();
    tick();
    expect(log).toEqual(["show 1", "show 2"]);
  });

  it("closes and reports what it passes over", () => {
    const { log, push, tick } = setup();
    [1, 2, 3, 4].forEach(push);
    tick();
    expect(log).toEqual(["close 1", "skip 1", "close 2", "skip 2", "show 3"]);
  });

  it("never goes back to an older picture when images and video overlap", () => {
    const { log, push, tick } = setup();
    push(5);
    push(4);
    tick();
    expect(log).toEqual(["close 4", "skip 4", "show 5"]);
  });

  it("keeps the newest picture for a hidden page, acknowledges at once, and draws when it is seen again", () => {
    const { presenter, log, push, tick } = setup();
    push(1);
    presenter.setVisible(false);
    push(2);
    tick();
    expect(log).toEqual(["keep 1", "skip 1", "keep 2", "skip 2"]);
    presenter.setVisible(true);
    expect(log.at(-1)).toBe("draw");
  });

  it("starts over with sequence numbers after a reset and closes what waited", () => {
    const { presenter, log, push, tick } = setup();
    push(900);
    presenter.reset();
    push(0);
    tick();
    expect(log).toEqual(["close 900", "show 0"]);
  });
});
