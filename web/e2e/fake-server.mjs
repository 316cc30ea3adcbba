// A stand-in for the real server, for work on the page alone: `node e2e/fake-server.mjs [PORT]`.
// Streams a clip that FFmpeg encodes at the start, serves the built assets under the real page's policy, and plays a demo API.
// ws://…/default video · /images JPEG · /reference a server without framewire's additions · anything else is unknown (4404).
// /p3 changes to Display P3 in mid-stream.
// A token other than "secret" where `?token=` is given, or none at /locked, is refused with 4401.
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const assets = join(dirname(fileURLToPath(import.meta.url)), "../../crates/server/assets");
const CSP =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'";
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css" };
const WIDTH = 1280;
const HEIGHT = 720;
const FPS = 60;
const SOURCE = ["-f", "lavfi", "-i", `testsrc2=size=${WIDTH}x${HEIGHT}:rate=${FPS}:duration=4`];

export async function startFakeServer(port = 0) {
  const units = splitAt(ffmpeg([...SOURCE, "-c:v", "libx264", "-profile:v", "baseline", "-tune", "zerolatency", "-preset", "ultrafast", "-g", "9999", "-pix_fmt", "yuv420p", "-bsf:v", "h264_metadata=aud=insert", "-f", "h264", "-"]), [0, 0, 0, 1, 9]);
  const images = splitAt(ffmpeg([...SOURCE, "-vf", "fps=10", "-c:v", "mjpeg", "-q:v", "4", "-f", "mjpeg", "-"]), [0xff, 0xd8, 0xff]);
  const state = { scene: "paint", encoder: "openh264", bitrate: 8_000_000, fps: 60, width: WIDTH, height: HEIGHT, viewers: 1 };
  const seen = { messages: [], corrupt: false };
  const http = createServer((request, response) => void answer(request, response, state));
  const sockets = new WebSocketServer({ server: http });
  sockets.on("connection", (socket, request) => serve(socket, new URL(request.url, "http://x"), { units, images, seen }));
  await new Promise((resolve) => http.listen(port, "127.0.0.1", resolve));
  const dropAll = (code, reason) => sockets.clients.forEach((socket) => socket.close(code, reason));
  const close = () => {
    sockets.clients.forEach((socket) => socket.terminate());
    http.close();
  };
  return { url: `http://127.0.0.1:${http.address().port}/`, seen, dropAll, close };
}

function serve(socket, url, { units, images, seen }) {
  const name = url.pathname.split("/")[1] || "default";
  const began = performance.now();
  const now = () => Math.round((performance.now() - began) * 1000);
  const send = (message) => socket.send(JSON.stringify(message));
  let timer;
  let seq = 0;
  let started = 0;
  socket.on("close", () => clearInterval(timer));
  socket.on("message", (data) => {
    const message = JSON.parse(String(data));
    seen.messages.push(message);
    // A key frame on request: the clip starts over.
    if (message.type === "decoder_reset") seq += (units.length - (seq % units.length)) % units.length;
    if (message.type === "ping") send({ type: "pong", id: message.id, client_us: message.client_us, server_us: now() });
    if (message.type !== "hello") return;
    if (name === "locked" && message.token !== "secret") return socket.close(4401, "unauthorized");
    if (!["default", "images", "reference", "locked", "silent", "p3"].includes(name)) return socket.close(4404, `unknown stream '${name}'`);
    const video = name !== "images" && message.supported.includes("webcodecs/h264-annexb");
    const ours = name !== "reference";
    const config = { type: "config", transport: video ? "webcodecs" : "image", width: WIDTH, height: HEIGHT, coords: "frame-pixels" };
    if (ours) config.framewire = { version: 1, features: message.framewire.features, role: "control", stream: name, encoder: video ? "openh264" : "image:jpeg", server_us: now() };
    send(config);
    if (name === "silent") return;
    if (ours) setTimeout(() => send({ type: "notice", level: "info", text: "This is the stand-in server." }), 500);
    const step = () => {
      let unit = video ? units[seq % units.length] : images[seq % images.length];
      const common = { seq, timestamp_us: now(), width: WIDTH, height: HEIGHT };
      if (name === "p3" && seq > 30) common.color = { primaries: "display-p3", transfer: "srgb", matrix: "rgb", full_range: true, bit_depth: 8 };
      const extra = ours ? { publish_us: now() - 4000 - Math.round(Math.random() * 2000), encode_us: 3000 + Math.round(Math.random() * 1500) } : {};
      const header = video
        ? { type: "video_chunk", ...common, codec: "avc1.42C01F", bitstream: "annexb", keyframe: seq % units.length === 0, duration_us: Math.round(1e6 / FPS), ...extra }
        : { type: "image_frame", ...common, mime: "image/jpeg", ...extra };
      if (seen.corrupt && !header.keyframe) unit = Buffer.concat([unit.subarray(0, 7), Buffer.alloc(900, 0xe5)]);
      const json = Buffer.from(JSON.stringify(header));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(json.length);
      socket.send(Buffer.concat([length, json, unit]));
      seq += 1;
      started += 1;
    };
    const rate = video ? FPS : 10;
    timer = setInterval(() => {
      while (started <= ((performance.now() - began) * rate) / 1000 && socket.readyState === 1) step();
    }, 4);
  });
}

async function answer(request, response, state) {
  const url = new URL(request.url, "http://x");
  const json = (value, code = 200) => response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(value));
  if (url.pathname === "/streams") return json([{ name: "default" }, { name: "images" }, { name: "reference" }]);
  if (url.pathname === "/demo/capabilities") return json(CAPABILITIES);
  if (url.pathname === "/demo/state") return json(state);
  if (url.pathname === "/demo/settings") {
    let body = "";
    for await (const chunk of request) body += chunk;
    return json(Object.assign(state, JSON.parse(body)));
  }
  const path = url.pathname.startsWith("/assets/") ? url.pathname.slice(1) : "index.html";
  try {
    const bytes = await readFile(join(assets, path));
    response.writeHead(200, { "content-type": TYPES[path.split(".").pop()], "content-security-policy": CSP }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

function ffmpeg(args) {
  return execFileSync("ffmpeg", ["-v", "error", ...args], { maxBuffer: 256 << 20 });
}

/** Cuts before every occurrence of `mark`. */
function splitAt(bytes, mark) {
  const parts = [];
  let from = 0;
  for (let at = bytes.indexOf(Buffer.from(mark), 1); at >= 0; at = bytes.indexOf(Buffer.from(mark), at + 1)) {
    parts.push(bytes.subarray(from, at));
    from = at;
  }
  parts.push(bytes.subarray(from));
  return parts;
}

const CAPABILITIES = {
  scenes: [
    { key: "paint", name: "Paint", description: "Drag to draw, a key clears the canvas", interactive: true },
    { key: "bouncing-box", name: "Bouncing box", description: "A box that crosses the frame", interactive: false },
    { key: "test-card", name: "Test card", description: "Four quadrants that take turns", interactive: false },
    { key: "gradient", name: "Gradient", description: "Colours that run through the frame", interactive: false },
    { key: "plasma", name: "Plasma", description: "Sums of sines, every pixel moves", interactive: false },
  ],
  encoders: [
    { id: "auto", label: "Automatic", available: true, reason: null },
    { id: "openh264", label: "OpenH264", available: true, reason: null },
    { id: "image:jpeg", label: "JPEG", available: true, reason: null },
    { id: "image:png", label: "PNG", available: true, reason: null },
    { id: "nvenc", label: "NVENC", available: false, reason: "libnvidia-encode.so.1 was not found" },
  ],
  limits: { fps: { min: 1, max: 120 }, bitrate: { min: 100000, max: 50000000 }, width: { min: 64, max: 3840 }, height: { min: 64, max: 2160 } },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startFakeServer(Number(process.argv[2] ?? 8099));
  console.log(url);
}
