import type { ConnectionState, VideoSupport } from "framewire";

/** Why images are shown instead of video and what helps, or null where video works. */
export function videoAdvice(video: VideoSupport): string | null {
  switch (video) {
    case "supported":
    case "disabled":
      return null;
    case "insecure-context":
      return (
        "Showing single images: browsers keep their video decoder for secure pages, and this one came over plain http. " +
        "Start the server with --tls-self-signed (or --tls-cert and --tls-key) and open the https address, or use localhost."
      );
    case "no-webcodecs":
      return "Showing single images: this browser has no WebCodecs. A current Chrome, Edge, Safari or Firefox shows video.";
    case "no-h264":
      return "Showing single images: this browser cannot decode H.264.";
    case "decoder-failed":
      return "Showing single images: the browser's decoder failed on this stream several times. Reload the page to try video again.";
  }
}

/** A state in a word, with its tone. */
export function statusOf(state: ConnectionState): { text: string; tone: "good" | "busy" | "bad" } {
  switch (state.phase) {
    case "connecting":
    case "negotiating":
      return { text: "connecting", tone: "busy" };
    case "live":
      return { text: "live", tone: "good" };
    case "waiting":
      return { text: "reconnecting", tone: "busy" };
    case "closed":
      return { text: state.why === "unauthorized" ? "locked" : state.why === "ended" ? "ended" : "closed", tone: "bad" };
  }
}

/** Why the connection went away, for people. */
export function lossReason(code: number, reason: string): string {
  switch (code) {
    case 1001:
      return "The server is shutting down";
    case 1008:
      return reason === "" ? "The server refused the connection" : `The server refused: ${reason}`;
    case 1011:
      return "The server had an internal error";
    case 1013:
      return "The server has too many viewers at the moment";
    default:
      return "The connection was lost";
  }
}
