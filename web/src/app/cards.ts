import type { ConnectionState } from "framewire";
import { lossReason } from "./advice.ts";
import type { Api } from "./api.ts";
import { byId, make } from "./dom.ts";

/** What the cards need to act. */
export interface CardActions {
  /** Whether a token was given already. */
  hasToken: boolean;
  useToken(token: string): void;
  retry(): void;
  streamUrl(name: string): string;
  api: Api;
}

/** Quick connections need no card. */
const PATIENCE_MS = 500;

/** Says over the picture what keeps it away: a card where there is none yet, a banner where an old one is still shown. */
export class Cards {
  readonly #card = byId("card");
  readonly #banner = byId("banner");
  readonly #stage = byId("stage");
  readonly #actions: CardActions;
  #hasPicture = false;
  #state: ConnectionState = { phase: "connecting" };
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(actions: CardActions) {
    this.#actions = actions;
  }

  picture(): void {
    this.#hasPicture = true;
    if (this.#state.phase === "live") this.#clear();
  }

  state(state: ConnectionState): void {
    this.#state = state;
    clearTimeout(this.#timer);
    switch (state.phase) {
      case "connecting":
      case "negotiating":
        if (!this.#hasPicture) this.#soon("Connecting", "Opening the stream.");
        break;
      case "live":
        if (this.#hasPicture) this.#clear();
        else this.#soon("Waiting for the first frame", "The stream is connected and has shown nothing yet.");
        break;
      case "waiting":
        this.#waiting(state);
        break;
      case "closed":
        if (state.why === "unauthorized") this.#unauthorized();
        else if (state.why === "unknown-stream") void this.#unknown(state.reason);
        else if (state.why === "ended") this.#final("The stream has ended", state.reason);
        else if (state.why === "failed") this.#final("The player could not start", state.reason);
        else if (state.why === "unsupported") this.#final("No format that this browser shows", state.reason);
        break;
    }
  }

  #waiting({ code, reason, retryInMs }: Extract<ConnectionState, { phase: "waiting" }>): void {
    const seconds = Math.max(1, Math.round(retryInMs / 1000));
    const next = `Trying again in ${seconds} s`;
    if (this.#hasPicture) {
      this.#stage.dataset["stale"] = "";
      this.#banner.textContent = `${lossReason(code, reason)}. ${next}.`;
      this.#banner.hidden = false;
      return;
    }
    this.#show(spinner(), make("h2", {}, lossReason(code, reason)), make("p", {}, `${next}.`), this.#retryButton("Try now"));
  }

  #unauthorized(): void {
    this.#hasPicture = false;
    const input = make("input", { type: "password", name: "token", autocomplete: "current-password", ariaLabel: "Token", required: true });
    const form = make("form", {}, input, make("button", { className: "button", type: "submit" }, "Open"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#actions.useToken(input.value.trim());
    });
    const why = this.#actions.hasToken
      ? "The token was not accepted. The server prints the right one when it starts."
      : "This stream asks for a token. The server prints it, in a link, when it starts.";
    this.#show(make("h2", {}, "Locked"), make("p", {}, why), form);
    input.focus();
  }

  async #unknown(reason: string): Promise<void> {
    this.#hasPicture = false;
    this.#show(make("h2", {}, "No such stream"), make("p", {}, sentence(reason)), this.#retryButton("Try again"));
    const names = await this.#actions.api.streams();
    if (this.#state.phase !== "closed" || names.length === 0) return;
    const links = names.map((name) => make("li", {}, make("a", { href: this.#actions.streamUrl(name) }, name)));
    this.#show(
      make("h2", {}, "No such stream"),
      make("p", {}, `${sentence(reason)} These are live:`),
      make("ul", {}, ...links),
      this.#retryButton("Try again"),
    );
  }

  #final(title: string, reason: string): void {
    if (this.#hasPicture) {
      this.#stage.dataset["stale"] = "";
      this.#banner.textContent = title;
      this.#banner.hidden = false;
      return;
    }
    const words = reason === "" ? "" : sentence(reason);
    this.#show(make("h2", {}, title), make("p", {}, words), this.#retryButton("Try again"));
  }

  #soon(title: string, text: string): void {
    this.#timer = setTimeout(() => this.#show(spinner(), make("h2", {}, title), make("p", {}, text)), PATIENCE_MS);
  }

  #retryButton(text: string): HTMLElement {
    const button = make("button", { className: "button", type: "button" }, text);
    button.addEventListener("click", () => this.#actions.retry());
    return button;
  }

  #show(...content: Node[]): void {
    this.#banner.hidden = true;
    delete this.#stage.dataset["stale"];
    this.#card.replaceChildren(...content);
    this.#card.hidden = false;
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.#card.hidden = true;
    this.#banner.hidden = true;
    delete this.#stage.dataset["stale"];
  }
}

function spinner(): HTMLElement {
  return make("div", { className: "spinner" });
}

/** A close reason as a sentence. */
function sentence(reason: string): string {
  if (reason === "") return "The stream is not there or has ended.";
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}
