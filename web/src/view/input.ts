import type { Button, InputEvent, PointerInput } from "../protocol/types.ts";
import { buttonBit, buttonList, modifierList, wheelPixels } from "./buttons.ts";
import { Coalescer } from "./coalesce.ts";
import type { Point } from "./geometry.ts";
import { HeldKeys, isBrowserKey } from "./keys.ts";
import { Pinch } from "./pinch.ts";
import { HeldPointers } from "./pointers.ts";

/** What the input needs of the view. Points are CSS pixels of the viewport unless they say otherwise. */
export interface InputTarget {
  element: HTMLElement;
  /** A point in frame pixels. */
  toFrame(point: Point): Point & { inside: boolean };
  pixelRatio(): number;
  /** Whether events go to the stream; otherwise dragging moves the picture. */
  sends(): boolean;
  /** Whether a middle drag has something to move. */
  canPan(): boolean;
  send(event: InputEvent): void;
  zoomAt(point: Point, factor: number): void;
  panBy(by: Point): void;
}

/** How much a wheel turn magnifies, per pixel. */
const ZOOM_PER_PIXEL = 0.0025;

/** Turns the DOM's events on one element into the wire's, and local gestures into zoom and pan. */
export class InputController {
  readonly #target: InputTarget;
  readonly #stop = new AbortController();
  readonly #pointers = new HeldPointers();
  readonly #last = new Map<number, PointerInput>();
  readonly #keys = new HeldKeys();
  readonly #pinch = new Pinch();
  readonly #coalescer: Coalescer;
  #panning: { id: number; at: Point } | null = null;

  constructor(target: InputTarget) {
    this.#target = target;
    this.#coalescer = new Coalescer(target.send, () => requestAnimationFrame(() => this.#coalescer.flush()));
    const { element } = target;
    const { signal } = this.#stop;
    element.addEventListener("pointerdown", (event) => this.#pointerDown(event), { signal });
    element.addEventListener("pointermove", (event) => this.#pointerMove(event), { signal });
    element.addEventListener("pointerup", (event) => this.#pointerGone(event, event.buttons), { signal });
    element.addEventListener("pointercancel", (event) => this.#pointerGone(event, 0), { signal });
    element.addEventListener("lostpointercapture", (event) => this.#lostCapture(event), { signal });
    element.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
    element.addEventListener("keydown", (event) => this.#key(event, "key_down"), { signal });
    element.addEventListener("keyup", (event) => this.#key(event, "key_up"), { signal });
    element.addEventListener("blur", () => this.releaseAll(), { signal });
    element.addEventListener("contextmenu", (event) => target.sends() && event.preventDefault(), { signal });
    window.addEventListener("blur", () => this.releaseAll(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.releaseAll(), { signal });
  }

  /** Sends a release for every button and key that is held, and ends local gestures. */
  releaseAll(): void {
    this.#panning = null;
    this.#pinch.reset();
    for (const id of this.#pointers.ids) this.#releasePointer(id);
    const timestamp = performance.now() / 1000;
    for (const { code, key } of this.#keys.releaseAll()) {
      this.#coalescer.push({ type: "key_up", key, code, repeat: false, modifiers: [], timestamp });
    }
    this.#coalescer.flush();
  }

  dispose(): void {
    this.releaseAll();
    this.#stop.abort();
  }

  #pointerDown(event: PointerEvent): void {
    const { element } = this.#target;
    element.focus({ preventScroll: true });
    event.preventDefault();
    try {
      element.setPointerCapture(event.pointerId);
    } catch {
      // A pointer that is already gone cannot be captured; its release has been or will be told.
    }
    const at = point(event);
    if (event.pointerType === "touch" && this.#pinch.down(event.pointerId, at)) this.#takeBack();
    if (this.#pinch.active) return;
    const middle = event.button === 1 && this.#target.canPan();
    if (middle || !this.#target.sends()) {
      this.#panning ??= { id: event.pointerId, at };
      return;
    }
    this.#changed(event, event.buttons);
  }

  #pointerMove(event: PointerEvent): void {
    const at = point(event);
    const step = this.#pinch.move(event.pointerId, at);
    if (step) {
      this.#target.zoomAt(step.anchor, step.factor);
      this.#target.panBy(step.pan);
    }
    if (this.#pinch.active) return;
    if (this.#panning) {
      if (event.pointerId !== this.#panning.id) return;
      this.#target.panBy({ x: at.x - this.#panning.at.x, y: at.y - this.#panning.at.y });
      this.#panning.at = at;
      return;
    }
    if (!this.#target.sends()) return;
    if (event.button !== -1) this.#changed(event, event.buttons);
    else this.#push(this.#pointer(event, "pointer_move", 0, event.buttons));
  }

  #pointerGone(event: PointerEvent, buttons: number): void {
    const gesture = this.#pinch.active;
    this.#pinch.up(event.pointerId);
    if (this.#panning?.id === event.pointerId) {
      this.#panning = null;
      return;
    }
    if (!gesture) this.#changed(event, buttons);
  }

  #lostCapture(event: PointerEvent): void {
    this.#pinch.up(event.pointerId);
    if (this.#panning?.id === event.pointerId) this.#panning = null;
    this.#releasePointer(event.pointerId);
  }

  /** Sends a press or a release for every button whose state is another than before. */
  #changed(event: PointerEvent, bits: number): void {
    const before = this.#pointers.bits(event.pointerId);
    const { down, up } = this.#pointers.update(event.pointerId, bits);
    let now = before;
    for (const button of up) {
      now &= ~buttonBit(button);
      this.#push(this.#pointer(event, "pointer_up", button, now));
    }
    for (const button of down) {
      now |= buttonBit(button);
      this.#push(this.#pointer(event, "pointer_down", button, now));
    }
    if (bits === 0 && event.pointerType === "touch") this.#last.delete(event.pointerId);
  }

  /** Takes back what single fingers have pressed: it was the start of a pinch. */
  #takeBack(): void {
    for (const id of this.#pointers.ids) this.#releasePointer(id);
    this.#panning = null;
  }

  #releasePointer(id: number): void {
    const held = this.#pointers.bits(id);
    const last = this.#last.get(id);
    const { up } = this.#pointers.update(id, 0);
    // Every touch has an id of its own: none is asked for again.
    this.#last.delete(id);
    if (!last) return;
    let now = held;
    for (const button of up) {
      now &= ~buttonBit(button);
      this.#push({ ...last, type: "pointer_up", button, buttons: buttonList(now), pressure: 0 });
    }
  }

  #wheel(event: WheelEvent): void {
    const { element, sends, toFrame, pixelRatio } = this.#target;
    const distance = wheelPixels(event, element.getBoundingClientRect());
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.#target.zoomAt(point(event), Math.exp(-distance.dy * ZOOM_PER_PIXEL));
      return;
    }
    if (!sends()) return;
    event.preventDefault();
    this.#coalescer.push({
      type: "wheel",
      ...toFrame(point(event)),
      ...distance,
      buttons: buttonList(event.buttons),
      modifiers: modifierList(event),
      timestamp: event.timeStamp / 1000,
      pixel_ratio: pixelRatio(),
    });
  }

  #key(event: KeyboardEvent, type: "key_down" | "key_up"): void {
    // Tab stays the page's own, so that the keyboard can leave the picture.
    if (!this.#target.sends() || event.isComposing || event.key === "Tab") return;
    if (type === "key_down") {
      if (isBrowserKey(event)) return;
      this.#keys.press(event.code, event.key);
    } else if (!this.#keys.release(event.code, event.key)) return;
    event.preventDefault();
    this.#coalescer.push({
      type,
      key: event.key,
      code: event.code,
      repeat: event.repeat,
      modifiers: modifierList(event),
      timestamp: event.timeStamp / 1000,
    });
  }

  #pointer(event: PointerEvent, type: PointerInput["type"], button: Button, bits: number): PointerInput {
    const input: PointerInput = {
      type,
      ...this.#target.toFrame(point(event)),
      button,
      buttons: buttonList(bits),
      modifiers: modifierList(event),
      timestamp: event.timeStamp / 1000,
      pixel_ratio: this.#target.pixelRatio(),
      pointer_id: event.pointerId,
      pointer_type: event.pointerType,
      pressure: event.pressure,
    };
    this.#last.set(event.pointerId, input);
    return input;
  }

  #push(event: PointerInput): void {
    this.#coalescer.push(event);
  }
}

function point(event: { clientX: number; clientY: number }): Point {
  return { x: event.clientX, y: event.clientY };
}
