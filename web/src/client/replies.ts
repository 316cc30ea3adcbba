interface Waiting {
  resolve(value: never): void;
  reject(error: Error): void;
}

/** Promises for answers that a worker gives by id. None is left unsettled: `rejectAll` ends those still waiting. */
export class Replies {
  #waiting = new Map<number, Waiting>();
  #next = 0;
  #closed: Error | null = null;

  /** Starts a request: `send` gets its id. */
  request<T>(send: (id: number) => void): Promise<T> {
    if (this.#closed) return Promise.reject(this.#closed);
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      send(id);
    });
  }

  resolve(id: number, value: unknown): void {
    (this.#waiting.get(id) as { resolve(value: unknown): void } | undefined)?.resolve(value);
    this.#waiting.delete(id);
  }

  reject(id: number, error: Error): void {
    this.#waiting.get(id)?.reject(error);
    this.#waiting.delete(id);
  }

  /** Rejects everything that waits, and whatever is asked later. */
  rejectAll(error: Error): void {
    this.#closed = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
