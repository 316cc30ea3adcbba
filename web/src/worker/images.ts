import type { ImageFrameHeader } from "../protocol/types.ts";
import type { FrameMeta } from "./messages.ts";
import { Sequence } from "./sequence.ts";

/** Where decoded images go. */
export interface ImageHandlers {
  /** Hands the image over; the receiver closes it. */
  picture(image: ImageBitmap, meta: FrameMeta): void;
  skipped(meta: FrameMeta): void;
}

interface Job {
  meta: FrameMeta;
  blob: Blob;
}

/** Decodes image frames in order; while paused it keeps the newest as it came. */
export class ImagePipeline {
  readonly #handlers: ImageHandlers;
  readonly #sequence: Sequence<Job, ImageBitmap>;
  #paused = false;
  #unseen: Job | null = null;

  constructor(handlers: ImageHandlers) {
    this.#handlers = handlers;
    this.#sequence = new Sequence<Job, ImageBitmap>({
      decode: ({ blob }) => createImageBitmap(blob),
      done: ({ meta }, image) => handlers.picture(image, meta),
      skipped: ({ meta }) => handlers.skipped(meta),
      discard: (image) => image.close(),
    });
  }

  /** Images that are not decoded yet. */
  get depth(): number {
    return this.#sequence.depth;
  }

  decode(header: ImageFrameHeader, payload: Uint8Array<ArrayBuffer>, meta: FrameMeta): void {
    const job = { meta, blob: new Blob([payload], { type: header.mime }) };
    if (!this.#paused) {
      this.#sequence.push(job);
      return;
    }
    this.#unseen = job;
    this.#handlers.skipped(meta);
  }

  /** Stops decoding while nobody looks. Afterwards the newest image is decoded. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (paused || !this.#unseen) return;
    this.#sequence.push(this.#unseen);
    this.#unseen = null;
  }

  /** Forgets everything, without a word about it: the connection is gone. */
  reset(): void {
    this.#sequence.clear();
    this.#unseen = null;
  }
}
