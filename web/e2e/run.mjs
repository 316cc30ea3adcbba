// Opens a page of a running server in Chromium and checks what reaches the canvas.
//   node e2e/run.mjs URL [--frames 60] [--seconds 3] [--min-fps 0] [--pixel X,Y,R,G,B,TOLERANCE]... [--canvas-changes]
//                        [--transport webcodecs|image] [--size WxH] [--screenshot FILE] [--json]
// Exit code 0: everything held. 1: something did not; each is named on standard error.
import { parseArgs } from "node:util";
import { launch, open, shown } from "./browser.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    frames: { type: "string", default: "60" },
    seconds: { type: "string", default: "3" },
    "min-fps": { type: "string", default: "0" },
    pixel: { type: "string", multiple: true, default: [] },
    "canvas-changes": { type: "boolean", default: false },
    transport: { type: "string" },
    size: { type: "string" },
    screenshot: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [url] = positionals;
if (!url) {
  console.error("usage: node e2e/run.mjs URL [options]");
  process.exit(2);
}

const failures = [];
const browser = await launch();
const { page, problems, hosts } = await open(browser, url);
let report = {};
try {
  await shown(page, Number(values.frames), 30_000);
  const before = await sample();
  await page.waitForTimeout(Number(values.seconds) * 1000);
  const after = await sample();
  const seconds = (after.at - before.at) / 1000;
  const { stats } = after;
  report = {
    ...stats,
    measuredFps: (stats.displayed - before.stats.displayed) / seconds,
    droppedPerSecond: (stats.dropped - before.stats.dropped) / seconds,
    state: after.state,
    video: after.video,
  };
  if (report.measuredFps < Number(values["min-fps"])) failures.push(`${report.measuredFps.toFixed(1)} fps shown, ${values["min-fps"]} wanted`);
  if (values.transport && stats.transport !== values.transport) failures.push(`transport ${stats.transport}, ${values.transport} wanted`);
  if (values.size && `${stats.width}x${stats.height}` !== values.size) failures.push(`size ${stats.width}x${stats.height}, ${values.size} wanted`);
  for (const text of values.pixel) await checkPixel(text);
  await checkCanvas();
  await checkCapture(stats);
  if (values["canvas-changes"] && before.hash === after.hash) failures.push("the canvas did not change");
} catch (error) {
  const state = await page.evaluate(() => JSON.stringify([window.framewire?.state, window.framewire?.stats])).catch(() => "no view");
  failures.push(`${error.message} (${state})`);
}
if (values.screenshot) await page.screenshot({ path: values.screenshot });
for (const problem of problems) failures.push(`in the page: ${problem}`);
for (const host of hosts) if (host !== new URL(url).host) failures.push(`a request went to ${host}`);
await browser.close();

if (values.json) console.log(JSON.stringify({ ...report, failures }));
else console.log(`${report.measuredFps?.toFixed(1)} fps, ${report.latencyMs?.toFixed(1) ?? "–"} ms, ${report.transport} ${report.codec} ${report.width}x${report.height}, ${report.dropped} dropped`);
for (const failure of failures) console.error(`FAILED ${failure}`);
process.exit(failures.length === 0 ? 0 : 1);

/** Figures and a digest of the canvas as it is on the screen. */
function sample() {
  return page.evaluate(async () => {
    const view = window.framewire;
    const { data } = await view.capturePixels("canvas");
    let hash = 0;
    for (let at = 0; at < data.length; at += 4001) hash = (hash * 31 + data[at]) | 0;
    return { at: performance.now(), stats: view.stats, state: view.state.phase, video: view.video, hash };
  });
}

async function checkPixel(text) {
  const [x, y, r, g, b, tolerance = 12] = text.split(",").map(Number);
  const got = await page.evaluate(([x, y]) => window.framewire.readPixel(x, y), [x, y]);
  const off = Math.max(Math.abs(got[0] - r), Math.abs(got[1] - g), Math.abs(got[2] - b));
  if (off > tolerance) failures.push(`pixel (${x}, ${y}) is ${got.slice(0, 3)}, wanted ${[r, g, b]} within ${tolerance}`);
}

/** The middle of the canvas shows the middle of the frame. */
async function checkCanvas() {
  const [frame, canvas] = await page.evaluate(async () => {
    const view = window.framewire;
    const middle = ({ data, width, height }) => [...data.slice(((height >> 1) * width + (width >> 1)) * 4).slice(0, 3)];
    const both = await Promise.all([view.capturePixels("frame"), view.capturePixels("canvas")]);
    return both.map(middle);
  });
  const off = Math.max(...frame.map((value, channel) => Math.abs(value - canvas[channel])));
  if (off > 40) failures.push(`the middle of the canvas is ${canvas}, that of the frame ${frame}`);
}

async function checkCapture({ width, height }) {
  const size = await page.evaluate(async () => {
    const bitmap = await createImageBitmap(await window.framewire.capture());
    return [bitmap.width, bitmap.height];
  });
  if (size[0] !== width || size[1] !== height) failures.push(`the capture is ${size.join("x")}, the frame ${width}x${height}`);
}
