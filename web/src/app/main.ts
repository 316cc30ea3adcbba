import { FramewireView } from "framewire";
import { statusOf, videoAdvice } from "./advice.ts";
import { Api } from "./api.ts";
import { Cards } from "./cards.ts";
import { DemoControls } from "./demo.ts";
import { byId } from "./dom.ts";
import { Panel } from "./panel.ts";
import { toast } from "./toasts.ts";
import { wireToolbar } from "./toolbar.ts";

declare global {
  interface Window {
    /** The page's view, for tests and the curious. */
    framewire: FramewireView;
  }
}

const page = new URL(location.href);
const token = page.searchParams.get("token");
const api = new Api(document.baseURI, token);
const view = new FramewireView(byId("view"), {
  url: page,
  background: stageColor(),
  label: "Live picture",
  imagesOnly: page.searchParams.has("images"),
  ...(token === null ? {} : { token }),
});
window.framewire = view;

const panel = new Panel();
const cards = new Cards({
  hasToken: token !== null,
  useToken: (value) => location.assign(withToken(page, value)),
  retry: () => view.reconnect(),
  streamUrl: (name) => withToken(new URL(encodeURIComponent(name), document.baseURI), token),
  api,
});

view.on("state", (state) => {
  const { text, tone } = statusOf(state);
  const pill = byId("status");
  if (pill.textContent !== text) pill.textContent = text;
  pill.dataset["tone"] = tone;
  cards.state(state);
});
const stopWaiting = view.on("config", () => {
  stopWaiting();
  void DemoControls.start(api);
});
view.on("config", (config) => {
  panel.setConfig(config);
  const name = config.framewire?.stream ?? "";
  byId("stream").textContent = name === "" || name === "default" ? "framewire" : name;
  document.title = name === "" || name === "default" ? "framewire" : `${name} · framewire`;
  byId("role").hidden = config.framewire?.role !== "view";
});
view.on("frame", () => cards.picture());
view.on("stats", (stats) => panel.update(stats));
view.on("notice", ({ text, level }) => toast(text, level));
view.on("video", (video) => {
  const advice = videoAdvice(video);
  const element = byId("advice");
  element.hidden = advice === null;
  element.textContent = advice;
  if (advice !== null) toast(advice, "warn");
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.setBackground(stageColor()));

cards.state(view.state);
wireToolbar(view, () => panel.draw());

function stageColor(): string {
  return getComputedStyle(document.documentElement).getPropertyValue("--stage").trim();
}

function withToken(url: URL, value: string | null): string {
  const result = new URL(url);
  if (value === null) result.searchParams.delete("token");
  else result.searchParams.set("token", value);
  return result.href;
}
