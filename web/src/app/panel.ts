import type { ConfigMessage, ViewStats } from "framewire";
import { byId, make } from "./dom.ts";
import { bitrate, count, fps, milliseconds, plain, type Figure } from "./format.ts";
import { History } from "./history.ts";
import { drawSparkline } from "./sparkline.ts";

/** A minute at four samples a second. */
const SAMPLES = 240;

interface Plot {
  history: History;
  canvas: HTMLCanvasElement;
  output: HTMLOutputElement;
  peak: HTMLElement;
  /** Top of the scale at least. */
  least: number;
  read(stats: ViewStats, before: ViewStats | null): { sample: number | null; figure: Figure };
  /** Words for a sample. */
  describe(sample: number): Figure;
}

type Reading = Plot["read"];

/** The live figures: five small plots, a summary and the facts of the connection. */
export class Panel {
  readonly #plots: Plot[];
  readonly #facts = byId("facts");
  readonly #summary = byId("summary");
  readonly #meta = byId("meta");
  #config: ConfigMessage | null = null;
  #before: ViewStats | null = null;

  constructor() {
    this.#plots = [
      plot("Frame rate", 30, fps, (now) => ({ sample: now.fps, figure: fps(now.fps) })),
      plot("Bitrate", 1e5, bitrate, (now) => ({ sample: now.bitrate, figure: bitrate(now.bitrate) })),
      plot("Encode", 5, milliseconds, (now) => ({ sample: now.encodeMs, figure: milliseconds(now.encodeMs) })),
      plot("Latency", 20, milliseconds, (now) => ({ sample: now.latencyMs, figure: milliseconds(now.latencyMs) })),
      plot("Drops", 4, count, (now, before) => ({
        sample: Math.max(0, now.dropped - (before?.dropped ?? now.dropped)),
        figure: count(now.dropped),
      })),
    ];
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  setConfig(config: ConfigMessage): void {
    this.#config = config;
  }

  update(stats: ViewStats): void {
    for (const plot of this.#plots) {
      const { sample, figure } = plot.read(stats, this.#before);
      plot.history.push(sample);
      plot.output.replaceChildren(figure.value, make("small", {}, figure.unit));
    }
    this.#before = stats;
    const figures = [fps(stats.fps), bitrate(stats.bitrate)];
    if (stats.latencyMs !== null) figures.push(milliseconds(stats.latencyMs));
    this.#summary.textContent = stats.displayed === 0 ? "Waiting for frames" : figures.map(plain).join(" · ");
    const size = stats.width === 0 ? "" : `${stats.width} × ${stats.height}`;
    this.#meta.textContent = [this.#config?.framewire?.encoder ?? "", size].filter((part) => part !== "").join(" · ");
    this.#update(stats);
    this.draw();
  }

  /** Draws the plots anew, after a change of size or colours. */
  draw(): void {
    if (this.#facts.offsetParent === null) return;
    for (const { canvas, history, least, peak, describe } of this.#plots) {
      drawSparkline(canvas, history, least);
      peak.textContent = history.max > 0 ? `max ${plain(describe(history.max))}` : "";
    }
  }

  #update(stats: ViewStats): void {
    if (this.#facts.offsetParent === null) return;
    const rows: [string, string][] = [
      ["Transport", stats.transport === "none" ? "–" : stats.transport === "image" ? "images" : "video"],
      ["Format", stats.codec || "–"],
      ["Encoder", this.#config?.framewire?.encoder || "–"],
      ["Picture", stats.width === 0 ? "–" : `${stats.width} × ${stats.height}${ratio(stats.pixelRatio)}`],
      ["Colour", stats.colorSpace === "display-p3" ? "Display P3" : "sRGB"],
      ["Round trip", plain(milliseconds(stats.rttMs))],
      ["Decode queue", String(stats.decodeQueue)],
      ["Frames shown", stats.displayed.toLocaleString("en")],
      ["Decoder restarts", String(stats.recoveries)],
    ];
    if (stats.targetBitrate !== null) rows.push(["Target", plain(bitrate(stats.targetBitrate))]);
    const cells = this.#facts.children;
    rows.forEach(([name, value], row) => {
      const dt = cells[row * 2] ?? this.#facts.appendChild(make("dt"));
      const dd = cells[row * 2 + 1] ?? this.#facts.appendChild(make("dd"));
      if (dt.textContent !== name) dt.textContent = name;
      if (dd.textContent !== value) dd.textContent = value;
    });
  }
}

function plot(label: string, least: number, describe: Plot["describe"], read: Reading): Plot {
  const canvas = make("canvas", { ariaHidden: "true" });
  const output = make("output", {}, "–");
  const peak = make("small", { className: "peak", ariaHidden: "true" });
  const words = make("div", {}, make("span", {}, label), output);
  byId("plots").append(make("div", { className: "plot" }, words, canvas, peak));
  return { history: new History(SAMPLES), canvas, output, peak, least, read, describe };
}

function ratio(pixelRatio: number): string {
  return pixelRatio === 1 ? "" : ` @ ${pixelRatio}`;
}
