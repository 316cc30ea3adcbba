// The client and the page in a real Chromium against the stand-in server: `node e2e/client.mjs`. Needs chromium and ffmpeg.
import assert from "node:assert/strict";
import { launch, open, shown } from "./browser.mjs";
import { startFakeServer } from "./fake-server.mjs";

const server = await startFakeServer();
const browser = await launch();
let failed = 0;

const last = (type) => server.seen.messages.findLast((message) => message.type === type);
const events = () => server.seen.messages.filter((message) => message.type === "event").map((message) => message.event);

async function check(name, path, body, options) {
  server.seen.messages.length = 0;
  const url = new URL(path, server.url);
  const session = await open(browser, url.href, options);
  try {
    await body(session);
    assert.deepEqual(session.problems, []);
    assert.deepEqual([...session.hosts], [url.host]);
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
  await session.context.close();
}

await check("shows video, acknowledges arrival and display, and knows the latency", "", async ({ page }) => {
  const stats = await shown(page, 120);
  assert.equal(stats.transport, "webcodecs");
  assert.equal(last("hello").supported.includes("webcodecs/h264-annexb"), true);
  assert.ok(last("arrived").seq >= 100);
  assert.ok(last("ack").seq >= 100);
  await page.waitForTimeout(1000);
  // A picture that another one has overtaken on a busy machine is acknowledged without a latency.
  const { latency_us: latency } = server.seen.messages.findLast(({ latency_us }) => latency_us !== undefined) ?? {};
  assert.ok(latency > 1000 && latency < 1_000_000, `${latency} µs`);
  const [red, green, blue] = await page.evaluate(() => window.framewire.readPixel(60, 400));
  assert.ok(red > 200 && green < 60 && blue < 60, `${[red, green, blue]}`);
});

await check("shows images in order where the server sends images", "images", async ({ page }) => {
  assert.equal((await shown(page, 20)).transport, "image");
  const seqs = server.seen.messages.filter(({ type, displayed }) => type === "ack" && displayed).map(({ seq }) => seq);
  assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
});

await check("shows images on an insecure page, and says why", server.url.replace("127.0.0.1", "framewire.test"), async ({ page }) => {
  assert.equal((await shown(page, 5)).transport, "image");
  assert.equal(await page.evaluate(() => window.framewire.video), "insecure-context");
  assert.match(await page.locator("#advice").innerText(), /--tls-self-signed/);
});

await check("sends a reference server nothing but the reference's messages", "reference", async ({ page }) => {
  await shown(page, 60);
  const types = new Set(server.seen.messages.map(({ type }) => type));
  assert.deepEqual([...types].sort(), ["ack", "hello", "set_viewport"]);
  assert.equal("latency_us" in last("ack"), false);
});

await check("maps input to frame pixels, at another pixel ratio too", "", async ({ page }) => {
  await shown(page, 10);
  const box = await page.locator("#view > div").boundingBox();
  const scale = box.width / 1280;
  const top = box.y + (box.height - 720 * scale) / 2;
  await page.mouse.move(box.x + 320 * scale, top + 180 * scale);
  await page.mouse.down();
  await page.mouse.down({ button: "right" });
  await page.mouse.up({ button: "right" });
  await page.mouse.up();
  await page.mouse.wheel(0, 30);
  await page.keyboard.press("a");
  await page.waitForTimeout(300);
  const down = events().find(({ type }) => type === "pointer_down");
  assert.ok(Math.abs(down.x - 320) < 1.5 && Math.abs(down.y - 180) < 1.5, JSON.stringify(down));
  assert.deepEqual([down.button, down.buttons, down.inside, down.pointer_type], [1, [1], true, "mouse"]);
  const clicks = events().filter(({ type }) => type === "pointer_down" || type === "pointer_up");
  assert.deepEqual(clicks.map(({ type, button, buttons }) => [type, button, buttons]), [
    ["pointer_down", 1, [1]],
    ["pointer_down", 2, [1, 2]],
    ["pointer_up", 2, [1]],
    ["pointer_up", 1, []],
  ]);
  assert.ok(events().find(({ type }) => type === "wheel").dy > 0);
  assert.deepEqual(events().filter(({ type }) => type.startsWith("key")).map(({ type, key }) => [type, key]), [["key_down", "a"], ["key_up", "a"]]);
  assert.equal(await page.evaluate(() => document.documentElement.scrollTop), 0);
}, { deviceScaleFactor: 1.5 });

await check("lets go of buttons and keys when the page loses the focus", "", async ({ page }) => {
  await shown(page, 10);
  await page.mouse.move(400, 400);
  await page.mouse.down();
  await page.keyboard.down("Shift");
  await page.evaluate(() => window.dispatchEvent(new Event("blur")));
  await page.waitForTimeout(200);
  assert.deepEqual(events().slice(-2).map(({ type }) => type), ["pointer_up", "key_up"]);
});

await check("coalesces moves", "", async ({ page }) => {
  await shown(page, 10);
  await page.evaluate(() => {
    const target = document.querySelector("#view > div");
    for (let x = 0; x < 500; x += 1) target.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: 300, button: -1, pointerId: 1 }));
  });
  await page.waitForTimeout(300);
  assert.equal(events().length, 1);
});

await check("replaces its decoder after broken data and goes on", "", async ({ page }) => {
  await shown(page, 60);
  server.seen.corrupt = true;
  await page.waitForFunction(() => window.framewire.stats.recoveries > 0, null, { timeout: 10_000 });
  server.seen.corrupt = false;
  assert.ok(last("decoder_reset"));
  const { displayed } = await page.evaluate(() => window.framewire.stats);
  await shown(page, displayed + 60);
});

await check("reconnects by itself, keeps the picture, and captures it", "", async ({ page }) => {
  await shown(page, 30);
  server.dropAll(1011, "");
  await page.waitForFunction(() => window.framewire.state.phase === "waiting");
  assert.equal(await page.locator("#banner").isVisible(), true);
  const size = await page.evaluate(async () => {
    const bitmap = await createImageBitmap(await window.framewire.capture());
    return [bitmap.width, bitmap.height];
  });
  assert.deepEqual(size, [1280, 720]);
  await page.waitForFunction(() => window.framewire.state.phase === "live" && window.framewire.stats.displayed > 30);
  assert.equal(await page.locator("#banner").isVisible(), false);
});

await check("follows a change of colour space on a live canvas", "p3", async ({ page }) => {
  await shown(page, 90);
  await page.waitForFunction(() => window.framewire.stats.colorSpace === "display-p3");
  assert.equal(await page.locator("#view canvas").count(), 1);
  const [red, green, blue] = await page.evaluate(() => window.framewire.readPixel(20, 150, "canvas"));
  const frame = await page.evaluate(() => window.framewire.readPixel(60, 200));
  assert.ok(frame[0] > 180, `${frame}`);
  assert.ok(red + green + blue > 150, `${[red, green, blue]}`);
});

await check("pinches without telling the stream, and pans what is magnified", "", async ({ page, context }) => {
  await shown(page, 10);
  const cdp = await context.newCDPSession(page);
  const touch = (type, ...points) => cdp.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  await touch("touchStart", [150, 300]);
  await touch("touchStart", [150, 300], [250, 300]);
  await touch("touchMove", [100, 300], [300, 300]);
  await touch("touchEnd");
  await page.waitForTimeout(300);
  const factor = await page.evaluate(() => window.framewire.zoom.factor);
  assert.ok(factor > 1.5 && factor < 2.5, `${factor}`);
  const told = events().filter(({ type }) => type !== "pointer_move").map(({ type }) => type);
  assert.deepEqual(told, ["pointer_down", "pointer_up"]);
  await page.click("#zoom-reset");
  assert.equal(await page.evaluate(() => window.framewire.zoom.factor), 1);
}, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

await check("asks for a token and opens with it", "locked", async ({ page }) => {
  await page.fill("#card input", "secret");
  await page.click("#card button");
  await shown(page, 10);
  assert.equal(new URL(page.url()).searchParams.get("token"), "secret");
});

await check("lists the streams where there is none of that name", "nowhere", async ({ page }) => {
  await page.click("#card a >> text=images");
  assert.equal((await shown(page, 3)).transport, "image");
});

await check("a capture under way settles when the view is disposed", "", async ({ page }) => {
  await shown(page, 5);
  const message = await page.evaluate(async () => {
    const capture = window.framewire.capture();
    window.framewire.dispose();
    return capture.then(() => "captured", (error) => error.message);
  });
  assert.equal(message, "the view is disposed");
});

await check("switches scene, encoder and size from the panel", "", async ({ page }) => {
  await shown(page, 5);
  await page.check("input[value=gradient]");
  await page.check("input[value='image:jpeg']");
  await page.selectOption("select[name=size]", "640x360");
  await page.waitForTimeout(500);
  const state = await page.evaluate(async () => (await fetch("demo/state")).json());
  assert.deepEqual([state.scene, state.encoder, state.width, state.height], ["gradient", "image:jpeg", 640, 360]);
});

await check("fits a phone without horizontal scrolling, with targets that fingers hit", "", async ({ page }) => {
  await shown(page, 5);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  const small = await page.evaluate(() => {
    const visible = [...document.querySelectorAll("button, select")].filter((element) => element.offsetParent !== null);
    return visible.filter((element) => element.offsetWidth < 44 || element.offsetHeight < 44).map((element) => element.id);
  });
  assert.deepEqual(small, []);
}, { viewport: { width: 360, height: 640 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true });

await browser.close();
server.close();
process.exit(failed === 0 ? 0 : 1);
