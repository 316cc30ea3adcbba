/** One of the demo's scenes. */
export interface Scene {
  key: string;
  name: string;
  description: string;
  interactive: boolean;
}

export interface EncoderOption {
  id: string;
  label: string;
  available: boolean;
  reason: string | null;
}

export interface Range {
  min: number;
  max: number;
}

export interface DemoCapabilities {
  scenes: Scene[];
  encoders: EncoderOption[];
  limits: { fps: Range; bitrate: Range; width: Range; height: Range };
}

export interface DemoState {
  scene: string;
  encoder: string;
  bitrate: number;
  fps: number;
  width: number;
  height: number;
  viewers: number;
}

export type DemoSettings = Partial<Omit<DemoState, "viewers">>;

/** The server's side channel, beside the page, with the page's token. */
export class Api {
  readonly #base: string;
  readonly #token: string | null;

  constructor(base: string, token: string | null) {
    this.#base = base;
    this.#token = token;
  }

  /** What the demo offers, or null where this server has no demo. */
  async demoCapabilities(): Promise<DemoCapabilities | null> {
    return this.#get<DemoCapabilities>("demo/capabilities");
  }

  async demoState(): Promise<DemoState | null> {
    return this.#get<DemoState>("demo/state");
  }

  /** Changes settings; rejects with the server's own sentence. */
  async change(settings: DemoSettings): Promise<DemoState> {
    const response = await fetch(this.#url("demo/settings"), {
      method: "POST",
      headers: { ...this.#headers(), "content-type": "application/json" },
      body: JSON.stringify(settings),
    });
    const body = (await response.json().catch(() => ({}))) as DemoState & { error?: string };
    if (!response.ok) throw new Error(body.error ?? `the server answered ${response.status}`);
    return body;
  }

  /** Names of the streams that this server has. */
  async streams(): Promise<string[]> {
    const list = await this.#get<unknown>("streams");
    if (!Array.isArray(list)) return [];
    return list.flatMap((entry: unknown) => {
      const name = typeof entry === "string" ? entry : (entry as { name?: unknown } | null)?.name;
      return typeof name === "string" ? [name] : [];
    });
  }

  async #get<T>(path: string): Promise<T | null> {
    try {
      const response = await fetch(this.#url(path), { headers: this.#headers(), cache: "no-store" });
      if (response.status !== 200) return null;
      return (await response.json()) as T;
    } catch {
      return null;
    }
  }

  #url(path: string): string {
    return new URL(path, this.#base).href;
  }

  #headers(): Record<string, string> {
    return this.#token === null ? {} : { authorization: `Bearer ${this.#token}` };
  }
}
