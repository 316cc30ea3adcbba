import type { Api, DemoCapabilities, DemoSettings, DemoState } from "./api.ts";
import { byId, make } from "./dom.ts";
import { bitrate, fps, fromLog, plain, toLog } from "./format.ts";
import { toast } from "./toasts.ts";

/** A slider that is dragged sends what it rests at, this often at most. */
const SETTLE_MS = 200;
/** Other viewers change settings too. */
const POLL_MS = 3000;
const SIZES: readonly (readonly [number, number])[] = [
  [640, 360],
  [1280, 720],
  [1920, 1080],
  [2560, 1440],
  [3840, 2160],
];

/** The demo's controls: scene, encoder, bitrate, frame rate and size of the stream, for all its viewers. */
export class DemoControls {
  readonly #api: Api;
  readonly #can: DemoCapabilities;
  readonly #form = byId<HTMLFormElement>("demo");
  readonly #bitrate: Slider;
  readonly #fps: Slider;
  readonly #size = make("select", { name: "size" });
  #pending: DemoSettings = {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;

  private constructor(api: Api, can: DemoCapabilities, state: DemoState) {
    this.#api = api;
    this.#can = can;
    const { bitrate: bits, fps: rates } = can.limits;
    this.#bitrate = slider("Bitrate", (at) => plain(bitrate(fromLog(at, bits.min, bits.max))));
    this.#fps = slider("Frame rate", (at) => plain(fps(toRate(at, rates.min, rates.max))));
    this.#build();
    this.#show(state);
    this.#form.hidden = false;
    setInterval(() => void this.#poll(), POLL_MS);
  }

  /** Shows the controls if this server has a demo. */
  static async start(api: Api): Promise<DemoControls | null> {
    const can = await api.demoCapabilities();
    const state = can && (await api.demoState());
    return can && state ? new DemoControls(api, can, state) : null;
  }

  #build(): void {
    const scenes = make("div", { className: "scenes" });
    for (const { key, name, description, interactive } of this.#can.scenes) {
      scenes.append(option("scene", key, name, description, interactive ? "interactive" : null, true));
    }
    const encoders = make("div", { className: "encoders" });
    for (const { id, label, available, reason } of this.#can.encoders) {
      encoders.append(option("encoder", id, label, available ? "" : (reason ?? "not available here"), null, available));
    }
    this.#form.append(
      make("fieldset", {}, make("legend", {}, "Scene"), scenes),
      make("fieldset", {}, make("legend", {}, "Encoder"), encoders),
      make(
        "fieldset",
        {},
        make("legend", {}, "Quality"),
        this.#bitrate.element,
        this.#fps.element,
        make("label", { className: "size" }, "Size", this.#size),
      ),
    );
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("change", (event) => this.#chosen(event.target));
    const { bitrate: bits, fps: rates } = this.#can.limits;
    this.#bitrate.input.addEventListener("input", () => this.#change({ bitrate: fromLog(this.#bitrate.position, bits.min, bits.max) }));
    this.#fps.input.addEventListener("input", () => this.#change({ fps: toRate(this.#fps.position, rates.min, rates.max) }));
  }

  #chosen(target: EventTarget | null): void {
    if (target instanceof HTMLInputElement && target.name === "scene") this.#change({ scene: target.value });
    if (target instanceof HTMLInputElement && target.name === "encoder") this.#change({ encoder: target.value });
    if (target === this.#size) {
      const [width, height] = this.#size.value.split("x").map(Number);
      if (width !== undefined && height !== undefined) this.#change({ width, height });
    }
  }

  #change(settings: DemoSettings): void {
    this.#pending = { ...this.#pending, ...settings };
    clearTimeout(this.#timer);
    const slow = "bitrate" in settings || "fps" in settings;
    this.#timer = setTimeout(() => void this.#send(), slow ? SETTLE_MS : 0);
  }

  async #send(): Promise<void> {
    if (this.#busy) return;
    const settings = this.#pending;
    this.#pending = {};
    this.#busy = true;
    try {
      const state = await this.#api.change(settings);
      if (!this.#dirty) this.#show(state);
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), "warn");
      const state = await this.#api.demoState();
      if (state && !this.#dirty) this.#show(state);
    } finally {
      this.#busy = false;
      if (this.#dirty) void this.#send();
    }
  }

  async #poll(): Promise<void> {
    if (document.hidden || this.#busy || this.#dirty) return;
    const state = await this.#api.demoState();
    if (state && !this.#busy && !this.#dirty) this.#show(state);
  }

  get #dirty(): boolean {
    return Object.keys(this.#pending).length > 0;
  }

  #show(state: DemoState): void {
    check(this.#form, "scene", state.scene);
    check(this.#form, "encoder", state.encoder);
    const { bitrate: bits, fps: rates, width, height } = this.#can.limits;
    this.#bitrate.position = toLog(state.bitrate, bits.min, bits.max);
    this.#fps.position = fromRate(state.fps, rates.min, rates.max);
    const allowed = SIZES.filter(([w, h]) => w >= width.min && w <= width.max && h >= height.min && h <= height.max);
    const known = allowed.some(([w, h]) => w === state.width && h === state.height);
    const sizes = known ? allowed : [[state.width, state.height] as const, ...allowed];
    const value = `${state.width}x${state.height}`;
    if (this.#size.value === value && this.#size.length === sizes.length) return;
    this.#size.replaceChildren(...sizes.map(([w, h]) => make("option", { value: `${w}x${h}` }, `${w} × ${h}`)));
    this.#size.value = value;
  }
}

interface Slider {
  element: HTMLElement;
  input: HTMLInputElement;
  /** 0 to 1. */
  position: number;
}

const STEPS = 200;

function slider(label: string, describe: (position: number) => string): Slider {
  const input = make("input", { type: "range", min: "0", max: String(STEPS), step: "1" });
  const output = make("output");
  const tell = (): void => {
    output.textContent = describe(Number(input.value) / STEPS);
    input.ariaValueText = output.textContent;
  };
  input.addEventListener("input", tell);
  return {
    element: make("label", { className: "slider" }, make("span", {}, label), output, input),
    input,
    get position() {
      return Number(input.value) / STEPS;
    },
    set position(position: number) {
      const value = String(Math.round(position * STEPS));
      if (value !== input.value || output.textContent === "") input.value = value;
      tell();
    },
  };
}

function option(name: string, value: string, title: string, text: string, tag: string | null, enabled: boolean): HTMLElement {
  const input = make("input", { type: "radio", name, value, disabled: !enabled });
  const heading = make("b", {}, title);
  if (tag !== null) heading.append(make("em", {}, tag));
  const label = make("label", { className: "option" }, input, heading);
  if (text !== "") label.append(make("small", {}, text));
  return label;
}

function check(form: HTMLFormElement, name: string, value: string): void {
  for (const input of form.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`)) input.checked = input.value === value;
}

function toRate(position: number, min: number, max: number): number {
  return Math.round(min + position * (max - min));
}

function fromRate(rate: number, min: number, max: number): number {
  return (rate - min) / (max - min);
}
