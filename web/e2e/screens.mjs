// Takes screenshots of the page against the stand-in server: `node e2e/screens.mjs [OUT_DIR]`.
import { mkdir } from "node:fs/promises";
import { launch, open, shown } from "./browser.mjs";
import { startFakeServer } from "./fake-server.mjs";

const out = process.argv[2] ?? "e2e/out";
await mkdir(out, { recursive: true });
const server = await startFakeServer();
const browser = await launch();
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const small = { ...phone, viewport: { width: 360, height: 640 } };

for (const colorScheme of ["dark", "light"]) {
  for (const [name, options] of [["desktop", {}], ["phone", phone], ["small", small]]) {
    const { page, context, problems, hosts } = await open(browser, server.url, { colorScheme, ...options });
    const stats = await shown(page, 200).catch((error) => String(error));
    console.log(name, colorScheme, JSON.stringify(stats), problems, [...hosts]);
    await page.waitForTimeout(3000);
    console.log("  fps", await page.evaluate(() => window.framewire.stats.fps), "scroll", await page.evaluate(() => document.documentElement.scrollWidth - innerWidth));
    await page.screenshot({ path: `${out}/${name}-${colorScheme}.png` });
    if (name !== "desktop") {
      await page.click("#handle");
      await page.waitForTimeout(600);
      await page.screenshot({ path: `${out}/${name}-sheet-${colorScheme}.png` });
    }
    await context.close();
  }
}
for (const path of ["locked", "nowhere", "silent", "images", "reference"]) {
  const { page, context, problems } = await open(browser, server.url + path, { colorScheme: "dark" });
  await page.waitForTimeout(2500);
  await page.screenshot({ path: `${out}/${path}.png` });
  console.log(path, problems);
  if (path === "images") {
    server.dropAll(1011, "");
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${out}/reconnecting.png` });
  }
  await context.close();
}
await browser.close();
server.close();
