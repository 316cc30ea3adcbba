import type { ModifierState } from "./buttons.ts";

export interface KeyStroke extends ModifierState {
  key: string;
  code: string;
}

const FUNCTION_KEYS = new Set(["F5", "F11", "F12"]);
const COMMANDS = new Set(["t", "w", "n", "r", "l", "q", "p", "+", "-", "=", "0", "Tab", "F4", "F5"]);
const DEVELOPER_COMMANDS = new Set(["i", "j", "c", "t", "n", "w", "r", "Tab"]);
const TABS = /^[1-9]$/;

/**
 * Whether a key belongs to the browser: reload, full screen, tabs and windows, zoom, the address bar, developer tools.
 * Those are neither sent nor suppressed.
 */
export function isBrowserKey(stroke: KeyStroke): boolean {
  const { key } = stroke;
  if (FUNCTION_KEYS.has(key)) return true;
  const letter = key.length === 1 ? key.toLowerCase() : key;
  if (stroke.altKey) return key === "F4" || key === "Tab" || (key === "ArrowLeft" && !stroke.ctrlKey) || (key === "ArrowRight" && !stroke.ctrlKey);
  if (!stroke.ctrlKey && !stroke.metaKey) return false;
  if (stroke.shiftKey && DEVELOPER_COMMANDS.has(letter)) return true;
  return COMMANDS.has(letter) || TABS.test(key);
}

/** Keys held down by their physical place, so that all can be let go when the page loses them. */
export class HeldKeys {
  #held = new Map<string, string>();

  /** Notes a press. */
  press(code: string, key: string): void {
    this.#held.set(code || key, key);
  }

  /** Notes a release; false if the key was not held (its press went to another window). */
  release(code: string, key: string): boolean {
    return this.#held.delete(code || key);
  }

  /** Lets go of everything; the caller sends a release for each. */
  releaseAll(): { code: string; key: string }[] {
    const all = [...this.#held].map(([code, key]) => ({ code, key }));
    this.#held.clear();
    return all;
  }
}
