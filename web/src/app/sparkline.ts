import { niceCeiling, type History } from "./history.ts";

/** Room above for the words that stand there, and below. */
const ABOVE = 20;
const BELOW = 5;

/** Draws a history as a line over a soft area, newest at the right edge, in the colour `--plot` of the canvas. */
export function drawSparkline(canvas: HTMLCanvasElement, history: History, least: number): void {
  const width = Math.round(canvas.clientWidth * devicePixelRatio);
  const height = Math.round(canvas.clientHeight * devicePixelRatio);
  const context = canvas.getContext("2d");
  if (!context || width === 0 || height === 0) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.clearRect(0, 0, width, height);

  const top = niceCeiling(history.max, least);
  const [above, below] = [ABOVE * devicePixelRatio, BELOW * devicePixelRatio];
  const step = width / (history.capacity - 1);
  const start = history.capacity - history.samples.length;
  const yOf = (value: number): number => height - below - (value / top) * (height - above - below);
  context.lineWidth = 1.6 * devicePixelRatio;
  context.lineJoin = "round";
  const color = getComputedStyle(canvas).getPropertyValue("--plot");
  context.strokeStyle = color;

  for (const run of runs(history.samples)) {
    const first = (start + run.from) * step;
    const last = (start + run.from + run.values.length - 1) * step;
    context.beginPath();
    run.values.forEach((value, index) => context.lineTo(first + index * step, yOf(value)));
    context.stroke();
    context.lineTo(last, height);
    context.lineTo(first, height);
    context.closePath();
    context.globalAlpha = 0.14;
    context.fillStyle = color;
    context.fill();
    context.globalAlpha = 1;
  }
}

/** The stretches without a gap. */
export function runs(samples: readonly (number | null)[]): { from: number; values: number[] }[] {
  const found: { from: number; values: number[] }[] = [];
  let current: { from: number; values: number[] } | null = null;
  samples.forEach((sample, index) => {
    if (sample === null) {
      current = null;
      return;
    }
    if (!current) {
      current = { from: index, values: [] };
      found.push(current);
    }
    current.values.push(sample);
  });
  return found;
}
