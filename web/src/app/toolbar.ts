import type { Fit, FramewireView } from "framewire";
import { byId } from "./dom.ts";
import { toast } from "./toasts.ts";

const ZOOM_STEP = 1.25;

/** Wires the buttons around the picture to the view. */
export function wireToolbar(view: FramewireView, layoutChanged: () => void): void {
  const fit = byId<HTMLSelectElement>("fit");
  const reset = byId("zoom-reset");
  fit.addEventListener("change", () => view.setFit(fit.value as Fit));
  byId("zoom-in").addEventListener("click", () => view.zoomBy(ZOOM_STEP));
  byId("zoom-out").addEventListener("click", () => view.zoomBy(1 / ZOOM_STEP));
  reset.addEventListener("click", () => view.resetZoom());
  view.on("zoom", ({ zoom }) => (reset.textContent = `${Math.round(zoom.factor * 100)}%`));
  byId("capture").addEventListener("click", () => void save(view));
  wireFullscreen();
  wirePanel(layoutChanged);
}

async function save(view: FramewireView): Promise<void> {
  try {
    const url = URL.createObjectURL(await view.capture());
    const link = document.createElement("a");
    link.href = url;
    link.download = `framewire-${view.stats.lastSeq}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), "warn");
  }
}

function wireFullscreen(): void {
  const button = byId("fullscreen");
  const stage = byId("stage");
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", () => {
    const done = document.fullscreenElement ? document.exitFullscreen() : stage.requestFullscreen();
    done.catch((error: unknown) => toast(error instanceof Error ? error.message : String(error), "warn"));
  });
}

function wirePanel(layoutChanged: () => void): void {
  const app = byId("app");
  const toggle = byId("panel-toggle");
  const handle = byId("handle");
  toggle.addEventListener("click", () => {
    const open = app.dataset["panel"] === "closed";
    app.dataset["panel"] = open ? "open" : "closed";
    toggle.ariaExpanded = String(open);
    layoutChanged();
  });
  handle.addEventListener("click", () => {
    const open = app.dataset["sheet"] !== "open";
    app.dataset["sheet"] = open ? "open" : "closed";
    handle.ariaExpanded = String(open);
    layoutChanged();
  });
}
