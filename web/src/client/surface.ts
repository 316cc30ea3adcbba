/** The element that takes focus and input. Styled through the object model, which a strict style policy allows. */
export function surfaceElement(label: string): HTMLElement {
  const element = document.createElement("div");
  element.tabIndex = 0;
  element.setAttribute("role", "application");
  element.setAttribute("aria-label", label);
  Object.assign(element.style, {
    position: "relative",
    width: "100%",
    height: "100%",
    overflow: "hidden",
    touchAction: "none",
    userSelect: "none",
  });
  element.style.setProperty("-webkit-user-select", "none");
  return element;
}

/** Puts a canvas that fills it behind everything else in an element. */
export function prependCanvas(element: HTMLElement): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  Object.assign(canvas.style, { position: "absolute", inset: "0", width: "100%", height: "100%", display: "block" });
  element.prepend(canvas);
  return canvas;
}
