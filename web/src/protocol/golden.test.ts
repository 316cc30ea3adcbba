// The vectors that crates/protocol writes and asserts too: both sides read and write the same bytes.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { packEnvelope, parseEnvelope } from "./envelope.ts";
import { TERMINAL_CLOSE_CODES } from "./generated.ts";
import { parseServerMessage } from "./messages.ts";
import { ack, hello } from "./outgoing.ts";

interface Message {
  name: string;
  message: Record<string, unknown>;
  text: string;
}

interface EnvelopeVector {
  name: string;
  hex: string;
  header?: Record<string, unknown>;
  payload_hex?: string;
  error?: boolean;
}

const read = <T>(name: string): T[] =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/protocol/${name}.json`, import.meta.url), "utf8")) as T[];

const bytes = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, "hex"));

describe("envelopes", () => {
  for (const { name, hex, header, payload_hex, error } of read<EnvelopeVector>("envelopes")) {
    it(`${error ? "refuses" : "reads"} ${name}`, () => {
      const message = bytes(hex).buffer;
      if (error) {
        expect(() => parseEnvelope(message)).toThrow();
        return;
      }
      const envelope = parseEnvelope(message);
      expect(envelope?.header).toEqual(header);
      expect(Buffer.from(envelope?.payload ?? []).toString("hex")).toBe(payload_hex);
      const again = parseEnvelope(packEnvelope(envelope?.header ?? {}, bytes(payload_hex ?? "")).buffer);
      expect(again).toEqual(envelope);
    });
  }
});

describe("server messages", () => {
  for (const { name, message, text } of read<Message>("server_messages")) {
    it(`reads ${name}`, () => expect(parseServerMessage(text)).toEqual(message));
  }
});

describe("client messages", () => {
  const golden = new Map(read<Message>("client_messages").map((vector) => [vector.name, vector.message]));

  it("are the ones that the server expects", () => {
    const supported = ["image/jpeg", "image/png", "webcodecs/h264-annexb"];
    expect(hello(supported, "secret é", 2)).toEqual(golden.get("hello of framewire"));
    expect(ack(7, 2, true, null)).toEqual(golden.get("ack"));
    expect(ack(7, 2, true, 12345.4)).toEqual(golden.get("ack with latency"));
  });

  it("leave no field undefined and no number that JSON cannot write", () => {
    expect(JSON.stringify(hello([], null, 1))).not.toContain("token");
    expect(JSON.stringify(ack(0, 0, false, null))).toBe('{"type":"ack","seq":0,"decode_queue_size":0,"displayed":false}');
  });
});

it("close codes that are final agree", () => {
  const final = read<{ code: number; terminal: boolean }>("close_codes").filter(({ terminal }) => terminal);
  expect(final.map(({ code }) => code)).toEqual([...TERMINAL_CLOSE_CODES]);
});
