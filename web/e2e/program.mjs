// The real program in a real Chromium: FRAMEWIRE=path/to/framewire node e2e/program.mjs
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { launch, open, shown } from "./browser.mjs";

const program = process.env.FRAMEWIRE;
if (!program) {
  console.error("FRAMEWIRE names no program");
  process.exit(2);
}
const browser = await launch();
let failed = 0;

/** Starts the program; resolves to the first address that it prints. */
function start(args) {
  const child = spawn(program, [...args, "--port", "0"], { stdio: ["ignore", "pipe", "pipe"] });
  const address = new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => reject(new Error(`no address within 30 s: ${output}`)), 30_000);
    const listen = (data) => {
      output += data;
      const found = /https?:\/\/[^\s"]+/.exec(output);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("exit", (code) => reject(new Error(`the program ended with ${code}: ${output}`)));
  });
  return { child, address };
}

async function check(name, args, body, options) {
  const { child, address } = start(args);
  let session;
  try {
    const url = await address;
    session = await open(browser, url, options);
    await body({ ...session, url, child });
    assert.deepEqual(session.problems, []);
    assert.deepEqual([...session.hosts], [new URL(url).host]);
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
  await session?.context.close();
  child.removeAllListeners("exit");
  child.kill("SIGTERM");
  await new Promise((resolve) => (child.exitCode === null ? child.once("exit", resolve) : resolve()));
}

const pixel = (page, x, y, from) => page.evaluate(([x, y, from]) => window.framewire.readPixel(x, y, from), [x, y, from]);

const PALETTE = [[220, 40, 40], [40, 200, 40], [40, 40, 220], [220, 200, 40]];
const isPalette = (got) => PALETTE.some((color) => color.every((value, channel) => Math.abs(value - got[channel]) <= 14));

await check("a test card reaches the canvas in its colours", ["serve", "pattern:test-card", "--size", "640x360", "--fps", "2"], async ({ page }) => {
  await shown(page, 2);
  for (const [x, y] of [[80, 60], [560, 60], [560, 300], [80, 300]]) {
    const got = await pixel(page, x, y);
    assert.ok(isPalette(got), `(${x}, ${y}) is ${got}`);
  }
});

await check("sixty frames per second are shown, with their latency", ["serve", "pattern:bouncing-box", "--size", "1280x720", "--fps", "60"], async ({ page }) => {
  await shown(page, 120);
  await page.waitForTimeout(3000);
  const { fps, latencyMs, transport } = await page.evaluate(() => window.framewire.stats);
  console.log(`        ${fps.toFixed(1)} fps, ${latencyMs?.toFixed(1)} ms`);
  assert.equal(transport, "webcodecs");
  assert.ok(fps > 0 && latencyMs > 0);
});

await check("a resting scene is shown at once and after a reload", ["serve", "pattern:solid", "--size", "320x240", "--fps", "0.2"], async ({ page }) => {
  await shown(page, 1);
  await page.reload();
  await shown(page, 1, 4000);
  assert.ok(isPalette(await pixel(page, 160, 120)));
});

await check("an odd size is shown whole", ["serve", "pattern:test-card", "--size", "641x359"], async ({ page }) => {
  const stats = await shown(page, 5);
  assert.deepEqual([stats.width, stats.height], [641, 359]);
  assert.ok(isPalette(await pixel(page, 640, 358)));
});

await check("images are shown where they are asked for", ["serve", "pattern:test-card", "--encoder", "image:png", "--fps", "5"], async ({ page }) => {
  assert.equal((await shown(page, 3)).transport, "image");
});

await check("the demo is painted in, switches its encoder live, and comes back after a restart of the picture's size", ["demo", "--scene", "paint"], async ({ page }) => {
  await shown(page, 3);
  const box = await page.locator("#view > div").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const [width, height] = await page.evaluate(() => [window.framewire.frameSize.width, window.framewire.frameSize.height]);
  const before = await pixel(page, width / 2, height / 2);
  await page.mouse.move(x - 60, y);
  await page.mouse.down();
  await page.mouse.move(x + 60, y, { steps: 20 });
  await page.mouse.up();
  await page.waitForTimeout(700);
  assert.notDeepEqual(await pixel(page, width / 2, height / 2), before);
  await page.check("input[value='image:jpeg']");
  await page.waitForFunction(() => window.framewire.stats.transport === "image", null, { timeout: 10_000 });
  await page.check("input[value=auto]");
  await page.waitForFunction(() => window.framewire.stats.transport === "webcodecs", null, { timeout: 10_000 });
  await page.selectOption("select[name=size]", "640x360");
  await page.waitForFunction(() => window.framewire.stats.width === 640, null, { timeout: 10_000 });
});

await check("an end by signal is announced", ["serve", "pattern:counter"], async ({ page, child }) => {
  await shown(page, 5);
  child.removeAllListeners("exit");
  child.kill("SIGINT");
  await page.waitForFunction(() => window.framewire.state.phase === "waiting" && window.framewire.state.code === 1001);
});

await browser.close();
process.exit(failed === 0 ? 0 : 1);
