import type { Button, Modifier } from "../protocol/types.ts";

/** The order in which the wire lists buttons, with the bit that the DOM gives each. */
const BUTTON_BITS: readonly (readonly [Button, number])[] = [
  [1, 1],
  [2, 2],
  [3, 4],
  [4, 8],
  [5, 16],
];

/** DOM button bits as the wire's list: left, right, middle, back, forward. */
export function buttonList(bits: number): Button[] {
  return BUTTON_BITS.filter(([, bit]) => bits & bit).map(([button]) => button);
}

/** Which buttons went down and up between two sets of DOM bits. Browsers report a second button only as such a change. */
export function buttonChanges(before: number, after: number): { down: Button[]; up: Button[] } {
  return { down: buttonList(after & ~before), up: buttonList(before & ~after) };
}

/** The DOM bit of a wire button. */
export function buttonBit(button: Button): number {
  return BUTTON_BITS.find(([known]) => known === button)?.[1] ?? 0;
}

export interface ModifierState {
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

export function modifierList(event: ModifierState): Modifier[] {
  const list: Modifier[] = [];
  if (event.shiftKey) list.push("Shift");
  if (event.ctrlKey) list.push("Control");
  if (event.altKey) list.push("Alt");
  if (event.metaKey) list.push("Meta");
  return list;
}

const LINE_PX = 16;

/** A wheel event's distance in pixels, whatever unit the browser counts in. */
export function wheelPixels(
  event: { deltaX: number; deltaY: number; deltaMode: number },
  view: { width: number; height: number },
): { dx: number; dy: number } {
  if (event.deltaMode === 1) return { dx: event.deltaX * LINE_PX, dy: event.deltaY * LINE_PX };
  if (event.deltaMode === 2) return { dx: event.deltaX * view.width, dy: event.deltaY * view.height };
  return { dx: event.deltaX, dy: event.deltaY };
}
