// Debian's Chromium under Playwright's core library; CHROMIUM names another one.
import { chromium } from "playwright-core";

/** `framewire.test` is this machine under a name that browsers do not trust as they trust localhost. */
export function launch() {
  const args = ["--no-sandbox", "--host-resolver-rules=MAP framewire.test 127.0.0.1"];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
}

/** Opens a page that notes everything that goes wrong in it. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const problems = [];
  const hosts = new Set();
  page.on("console", (message) => {
    // A server without a demo has no demo API, and one that has ended takes no connection: the browser says so.
    const expected = message.location().url.endsWith("/demo/capabilities") || message.text().includes("WebSocket connection to");
    if (message.type() === "error" && !expected) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => request.url().startsWith("http") && hosts.add(new URL(request.url()).host));
  await page.goto(url);
  return { page, context, problems, hosts };
}

/** Waits until the view has shown that many frames; returns its figures. */
export async function shown(page, frames, timeout = 15_000) {
  await page.waitForFunction((least) => window.framewire?.stats.displayed >= least, frames, { timeout });
  return page.evaluate(() => window.framewire.stats);
}
