import { describe, expect, it } from "vitest";
import type { InputEvent, PointerInput, WheelInput } from "../protocol/types.ts";
import { buttonChanges, buttonList, modifierList, wheelPixels } from "./buttons.ts";
import { Coalescer } from "./coalesce.ts";
import { HeldKeys, isBrowserKey } from "./keys.ts";
import { Pinch } from "./pinch.ts";
import { HeldPointers } from "./pointers.ts";
import { viewportOf } from "./viewport.ts";

const plain = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };
const base = { x: 0, y: 0, inside: true, pixel_ratio: 1, buttons: [], modifiers: [], timestamp: 0 };
const pointer = (type: PointerInput["type"], x: number, pointer_id = 1): PointerInput => ({ ...base, x, type, button: 0, pointer_id, pointer_type: "mouse", pressure: 0 });
const wheel = (dy: number): WheelInput => ({ ...base, type: "wheel", dx: 1, dy });

describe("buttons", () => {
  it("are listed left, right, middle, back, forward", () => {
    expect(buttonList(31)).toEqual([1, 2, 3, 4, 5]);
    expect(buttonList(4)).toEqual([3]);
  });

  it("come from changes, because a second button makes no pointerdown", () => {
    expect(buttonChanges(1, 3)).toEqual({ down: [2], up: [] });
    expect(buttonChanges(3, 4)).toEqual({ down: [3], up: [1, 2] });
  });

  it("are remembered per pointer until they are released", () => {
    const held = new HeldPointers();
    held.update(7, 1);
    held.update(9, 3);
    expect(held.ids).toEqual([7, 9]);
    expect(held.update(9, 0)).toEqual({ down: [], up: [1, 2] });
    expect(held.update(9, 0)).toEqual({ down: [], up: [] });
    expect(held.ids).toEqual([7]);
  });
});

it("lists modifiers in the wire's order", () => {
  expect(modifierList({ shiftKey: true, ctrlKey: true, altKey: true, metaKey: true })).toEqual(["Shift", "Control", "Alt", "Meta"]);
});

it("counts wheel turns in pixels", () => {
  const view = { width: 800, height: 600 };
  expect(wheelPixels({ deltaX: 1, deltaY: -3, deltaMode: 0 }, view)).toEqual({ dx: 1, dy: -3 });
  expect(wheelPixels({ deltaX: 1, deltaY: -3, deltaMode: 1 }, view)).toEqual({ dx: 16, dy: -48 });
  expect(wheelPixels({ deltaX: 1, deltaY: -1, deltaMode: 2 }, view)).toEqual({ dx: 800, dy: -600 });
});

describe("Coalescer", () => {
  const setup = () => {
    const sent: InputEvent[] = [];
    let wanted = 0;
    const coalescer = new Coalescer((event) => sent.push(event), () => (wanted += 1));
    return { sent, coalescer, wanted: () => wanted };
  };

  it("sends the newest of many moves once per refresh", () => {
    const { sent, coalescer, wanted } = setup();
    for (let x = 0; x < 50; x += 1) coalescer.push(pointer("pointer_move", x));
    expect(sent).toEqual([]);
    expect(wanted()).toBe(1);
    coalescer.flush();
    expect(sent).toEqual([pointer("pointer_move", 49)]);
  });

  it("sends presses at once, after the move that led there", () => {
    const { sent, coalescer } = setup();
    coalescer.push(pointer("pointer_move", 5));
    coalescer.push(pointer("pointer_down", 6));
    coalescer.push(pointer("pointer_up", 6));
    expect(sent.map((event) => event.type)).toEqual(["pointer_move", "pointer_down", "pointer_up"]);
  });

  it("adds wheel turns up and keeps fingers apart", () => {
    const { sent, coalescer } = setup();
    coalescer.push(wheel(3));
    coalescer.push(wheel(4));
    coalescer.push(pointer("pointer_move", 1, 1));
    coalescer.push(pointer("pointer_move", 2, 2));
    coalescer.push(pointer("pointer_move", 3, 1));
    coalescer.flush();
    expect(sent).toEqual([{ ...wheel(7), dx: 2 }, pointer("pointer_move", 3, 1), pointer("pointer_move", 2, 2)]);
  });
});

describe("keys", () => {
  const stroke = (key: string, with_: Partial<typeof plain> = {}) => ({ key, code: "", ...plain, ...with_ });

  it("leave the browser its own", () => {
    for (const key of ["F5", "F11", "F12"]) expect(isBrowserKey(stroke(key))).toBe(true);
    for (const key of ["t", "w", "r", "+", "1"]) expect(isBrowserKey(stroke(key, { ctrlKey: true }))).toBe(true);
    expect(isBrowserKey(stroke("I", { ctrlKey: true, shiftKey: true }))).toBe(true);
    expect(isBrowserKey(stroke("F4", { altKey: true }))).toBe(true);
  });

  it("send all others to the stream", () => {
    for (const key of ["a", " ", "ArrowLeft", "F1", "Escape"]) expect(isBrowserKey(stroke(key))).toBe(false);
    for (const key of ["c", "v", "z", "s"]) expect(isBrowserKey(stroke(key, { ctrlKey: true }))).toBe(false);
    expect(isBrowserKey(stroke("w"))).toBe(false);
  });

  it("are all let go at once when the page loses them", () => {
    const held = new HeldKeys();
    held.press("KeyA", "a");
    held.press("ShiftLeft", "Shift");
    expect(held.release("KeyA", "A")).toBe(true);
    expect(held.release("KeyA", "A")).toBe(false);
    expect(held.releaseAll()).toEqual([{ code: "ShiftLeft", key: "Shift" }]);
    expect(held.releaseAll()).toEqual([]);
  });
});

describe("Pinch", () => {
  it("starts with the second finger and ends with the last", () => {
    const pinch = new Pinch();
    expect(pinch.down(1, { x: 0, y: 0 })).toBe(false);
    expect(pinch.move(1, { x: 5, y: 0 })).toBeNull();
    expect(pinch.down(2, { x: 100, y: 0 })).toBe(true);
    pinch.up(1);
    expect(pinch.active).toBe(true);
    pinch.up(2);
    expect(pinch.active).toBe(false);
  });

  it("magnifies by the fingers' distance around their middle", () => {
    const pinch = new Pinch();
    pinch.down(1, { x: 0, y: 0 });
    pinch.down(2, { x: 100, y: 0 });
    expect(pinch.move(2, { x: 200, y: 0 })).toEqual({ anchor: { x: 50, y: 0 }, factor: 2, pan: { x: 50, y: 0 } });
  });
});

describe("viewportOf", () => {
  it("counts device pixels at any ratio, exactly where the browser tells", () => {
    expect(viewportOf({ width: 401, height: 300 }, null, 1.5)).toEqual({ width: 401, height: 300, pwidth: 602, pheight: 450, ratio: 1.5 });
    expect(viewportOf({ width: 401, height: 300 }, { width: 601, height: 450 }, 1.5).pwidth).toBe(601);
  });

  it("is never empty and never larger than a canvas can be", () => {
    expect(viewportOf({ width: 0, height: 0 }, null, 1)).toEqual({ width: 1, height: 1, pwidth: 1, pheight: 1, ratio: 1 });
    const huge = viewportOf({ width: 6000, height: 3000 }, null, 3);
    expect(huge.pwidth).toBe(8192);
    expect(huge.pheight).toBe(4096);
    expect(huge.ratio).toBeCloseTo(8192 / 6000);
  });
});
