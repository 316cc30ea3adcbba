import { byId, make } from "./dom.ts";

const MAX_TOASTS = 4;
const SHOWN_MS = { info: 6000, warn: 12_000 };

/** Shows a sentence for a while. One that is already there is not repeated. */
export function toast(text: string, level: "info" | "warn" = "info"): void {
  const list = byId("toasts");
  if ([...list.children].some((child) => child.textContent === text)) return;
  while (list.childElementCount >= MAX_TOASTS) list.firstElementChild?.remove();
  const element = make("div", { className: "toast" }, text);
  element.dataset["level"] = level;
  list.append(element);
  setTimeout(() => element.remove(), SHOWN_MS[level]);
}
