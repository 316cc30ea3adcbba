// `npm run e2e`: the client against the stand-in server, then the program that FRAMEWIRE names, in a real Chromium.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
let failed = false;

function run(script) {
  const { status } = spawnSync(process.execPath, [join(here, script)], { stdio: "inherit" });
  failed ||= status !== 0;
}

const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(chromium)) {
  console.log(`SKIPPED end to end: ${chromium} is missing (apt-get install chromium)`);
  process.exit(0);
}
if (spawnSync("ffmpeg", ["-version"]).status === 0) run("client.mjs");
else console.log("SKIPPED client end to end: ffmpeg is missing (apt-get install ffmpeg)");
if (process.env.FRAMEWIRE) run("program.mjs");
else console.log("SKIPPED program end to end: FRAMEWIRE names no program");
process.exit(failed ? 1 : 0);
