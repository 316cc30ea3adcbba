import type { FrameMeta } from "./messages.ts";
import { Pacing } from "./pacing.ts";
import type { Picture, Renderer } from "./renderer.ts";

/** What became of a picture. */
export interface PresenterHandlers {
  shown(meta: FrameMeta): void;
  skipped(meta: FrameMeta): void;
}

/** Calls back before the next screen refresh, or soon where there is none to wait for. Returns a cancellation. */
export type Schedule = (callback: () => void) => () => void;

/** Puts decoded pictures on the canvas at screen refreshes: in order, the newest soon, none while the page is hidden. */
export class Presenter {
  #queue: Picture[] = [];
  #cancel: (() => void) | null = null;
  #newestSeq = -1;
  #visible = true;
  readonly #pacing = new Pacing();
  readonly #renderer: Pick<Renderer, "keep" | "show" | "draw">;
  readonly #handlers: PresenterHandlers;
  readonly #schedule: Schedule;

  constructor(renderer: Pick<Renderer, "keep" | "show" | "draw">, handlers: PresenterHandlers, schedule: Schedule) {
    this.#renderer = renderer;
    this.#handlers = handlers;
    this.#schedule = schedule;
  }

  /** Takes a picture over. One that is older than what came before it (a change of transport) is passed over. */
  push(picture: Picture): void {
    if (picture.meta.seq <= this.#newestSeq) {
      picture.image.close();
      this.#handlers.skipped(picture.meta);
      return;
    }
    this.#newestSeq = picture.meta.seq;
    if (!this.#visible) {
      this.#renderer.keep(picture);
      this.#handlers.skipped(picture.meta);
      return;
    }
    this.#queue.push(picture);
    this.#cancel ??= this.#schedule(() => this.#refresh());
  }

  setVisible(visible: boolean): void {
    if (visible === this.#visible) return;
    this.#visible = visible;
    if (visible) {
      this.#renderer.draw();
      return;
    }
    this.#stop();
    const newest = this.#queue.pop();
    this.#skipOldest(this.#queue.length);
    if (newest) {
      this.#renderer.keep(newest);
      this.#handlers.skipped(newest.meta);
    }
  }

  /** Forgets what waits, without a word about it: its connection is gone. Sequence numbers start over. */
  reset(): void {
    this.#stop();
    for (const picture of this.#queue) picture.image.close();
    this.#queue = [];
    this.#newestSeq = -1;
  }

  #refresh(): void {
    this.#cancel = null;
    this.#skipOldest(this.#pacing.skip(this.#queue.length));
    const picture = this.#queue.shift();
    if (picture) {
      this.#renderer.show(picture);
      this.#handlers.shown(picture.meta);
    }
    if (this.#queue.length > 0) this.#cancel = this.#schedule(() => this.#refresh());
  }

  #skipOldest(count: number): void {
    for (const picture of this.#queue.splice(0, count)) {
      picture.image.close();
      this.#handlers.skipped(picture.meta);
    }
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
