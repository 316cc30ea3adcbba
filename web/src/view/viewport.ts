import type { Viewport } from "../worker/messages.ts";

/** No canvas gets larger than this on a side; browsers fail silently beyond some limit of theirs. */
const MAX_SIDE = 8192;

/** The view's sizes, from its CSS size and, where the browser tells it, its exact size in device pixels. */
export function viewportOf(css: { width: number; height: number }, device: { width: number; height: number } | null, ratio: number): Viewport {
  const width = Math.max(1, css.width);
  const height = Math.max(1, css.height);
  const exact = device ?? { width: width * ratio, height: height * ratio };
  const cap = Math.min(1, MAX_SIDE / Math.max(exact.width, exact.height));
  return {
    width: Math.round(width),
    height: Math.round(height),
    pwidth: Math.max(1, Math.round(exact.width * cap)),
    pheight: Math.max(1, Math.round(exact.height * cap)),
    ratio: ratio * cap,
  };
}

/** Watches an element's size and the page's pixel ratio, which may change without the size. Returns a stop. */
export function watchViewport(element: HTMLElement, changed: (viewport: Viewport) => void): () => void {
  let current = "";
  let device: { width: number; height: number } | null = null;
  const report = (): void => {
    const viewport = viewportOf({ width: element.clientWidth, height: element.clientHeight }, device, devicePixelRatio);
    const key = JSON.stringify(viewport);
    if (key === current) return;
    current = key;
    changed(viewport);
  };
  const observer = new ResizeObserver((entries) => {
    const box = entries[0]?.devicePixelContentBoxSize?.[0];
    device = box ? { width: box.inlineSize, height: box.blockSize } : null;
    report();
  });
  try {
    observer.observe(element, { box: "device-pixel-content-box" });
  } catch {
    observer.observe(element);
  }
  const stop = new AbortController();
  const watchRatio = (): void => {
    if (stop.signal.aborted) return;
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    const ratioChanged = (): void => {
      device = null;
      report();
      watchRatio();
    };
    query.addEventListener("change", ratioChanged, { once: true, signal: stop.signal });
  };
  watchRatio();
  return () => {
    stop.abort();
    observer.disconnect();
  };
}
