/** The sequence's view of the outside: how to decode, and where results go. */
export interface SequenceHandlers<In, Out> {
  decode(input: In): Promise<Out>;
  /** Called in the order of `push`, also for results that were ready earlier. */
  done(input: In, output: Out): void;
  /** Called in order for what failed or was passed over. */
  skipped(input: In, error: unknown): void;
  /** Frees a result that nobody wants any more. */
  discard(output: Out): void;
}

interface Slot<In, Out> {
  input: In;
  state: "waiting" | "running" | "done" | "failed";
  output?: Out;
  error?: unknown;
}

const CONCURRENCY = 2;
/** More than this many waiting: the oldest are passed over, since every image is complete in itself. */
const MAX_WAITING = 3;

/** Decodes a few at a time and delivers strictly in order. */
export class Sequence<In, Out> {
  #slots: Slot<In, Out>[] = [];
  #generation = 0;
  readonly #handlers: SequenceHandlers<In, Out>;

  constructor(handlers: SequenceHandlers<In, Out>) {
    this.#handlers = handlers;
  }

  /** How many have been pushed and not yet delivered. */
  get depth(): number {
    return this.#slots.length;
  }

  push(input: In): void {
    this.#slots.push({ input, state: "waiting" });
    const waiting = this.#slots.filter((slot) => slot.state === "waiting");
    for (const slot of waiting.slice(0, Math.max(0, waiting.length - MAX_WAITING))) {
      slot.state = "failed";
      slot.error = new Error("passed over for a newer image");
    }
    this.#deliver();
    this.#start();
  }

  /** Forgets everything; results that are still to come are discarded. Returns the inputs that were not delivered. */
  clear(): In[] {
    this.#generation += 1;
    const slots = this.#slots;
    this.#slots = [];
    for (const slot of slots) {
      if (slot.state === "done") this.#handlers.discard(slot.output as Out);
    }
    return slots.map((slot) => slot.input);
  }

  #start(): void {
    let running = this.#slots.filter((slot) => slot.state === "running").length;
    for (const slot of this.#slots) {
      if (running >= CONCURRENCY) return;
      if (slot.state !== "waiting") continue;
      slot.state = "running";
      running += 1;
      void this.#run(slot, this.#generation);
    }
  }

  async #run(slot: Slot<In, Out>, generation: number): Promise<void> {
    try {
      const output = await this.#handlers.decode(slot.input);
      if (generation !== this.#generation) {
        this.#handlers.discard(output);
        return;
      }
      slot.output = output;
      slot.state = "done";
    } catch (error) {
      if (generation !== this.#generation) return;
      slot.error = error;
      slot.state = "failed";
    }
    this.#deliver();
    this.#start();
  }

  #deliver(): void {
    for (;;) {
      const first = this.#slots[0];
      if (!first || first.state === "waiting" || first.state === "running") return;
      this.#slots.shift();
      if (first.state === "done") this.#handlers.done(first.input, first.output as Out);
      else this.#handlers.skipped(first.input, first.error);
    }
  }
}
