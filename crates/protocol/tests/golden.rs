//! The golden vectors in `fixtures/protocol`, asserted by the TypeScript client too.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use framewire_protocol::{
    Capabilities, ClientMessage, CloseCode, Envelope, Event, ImageFormat, InputEvent, ServerMessage,
    Transport, TransportPolicy, VideoCodec, select_transport, stream_from_path,
};
use serde_json::Value;

fn vectors(name: &str) -> Vec<Value> {
    let path = format!("{}/../../fixtures/protocol/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(vectors.len() >= 8, "{name} is not empty");
    vectors
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap_or_else(|| panic!("{field} in {vector}"))
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn capabilities(list: &Value) -> Capabilities {
    Capabilities::from_strings(list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()))
}

#[test]
fn client_messages_read_and_write_as_the_vectors_say() {
    for vector in vectors("client_messages") {
        let message = ClientMessage::parse(text(&vector, "text")).unwrap();
        assert_ne!(message, ClientMessage::Ignored, "{vector}");
        assert_eq!(message.to_text(), text(&vector, "text"));
        assert_eq!(value(&message.to_text()), vector["message"]);
    }
}

#[test]
fn bad_client_messages_close_or_are_ignored_as_the_vectors_say() {
    for vector in vectors("bad_client_messages") {
        match ClientMessage::parse(text(&vector, "text")) {
            Ok(message) => {
                assert_eq!((message, &vector["close"]), (ClientMessage::Ignored, &Value::Null), "{vector}");
            }
            Err(error) => {
                assert_eq!(error.close().code.number(), vector["close"].as_u64().unwrap() as u16, "{vector}");
            }
        }
    }
}

#[test]
fn server_messages_read_and_write_as_the_vectors_say() {
    for vector in vectors("server_messages") {
        let message = ServerMessage::parse(text(&vector, "text"));
        assert_ne!(message, ServerMessage::Ignored, "{vector}");
        assert_eq!(message.to_text(), text(&vector, "text"));
        assert_eq!(value(&message.to_text()), vector["message"]);
    }
}

#[test]
fn envelopes_come_apart_as_the_vectors_say() {
    for vector in vectors("envelopes") {
        let message = bytes(text(&vector, "hex"));
        let parsed = Envelope::parse(&message);
        if vector["error"] == true {
            assert!(parsed.is_err(), "{vector}");
            continue;
        }
        let parsed = parsed.unwrap();
        assert_eq!(serde_json::to_value(&parsed.header).unwrap(), vector["header"]);
        assert_eq!(parsed.payload, bytes(text(&vector, "payload_hex")));
    }
}

#[test]
fn events_are_typed_as_the_vectors_say() {
    for vector in vectors("events") {
        let event = InputEvent::parse(text(&vector, "text")).unwrap();
        assert_eq!(event.as_json(), text(&vector, "text"));
        match &vector["event"] {
            Value::Null => assert_eq!(event.event(), &Event::Other),
            typed => assert_eq!(&serde_json::to_value(event.event()).unwrap(), typed),
        }
    }
}

#[test]
fn transports_routes_and_codes_are_as_the_vectors_say() {
    for vector in vectors("negotiation") {
        let can = capabilities(&vector["server"]);
        let transport = |name: &str| match ImageFormat::of_mime(name) {
            Some(format) => Transport::Image(format),
            None => Transport::Video(
                VideoCodec::ALL.into_iter().find(|codec| codec.capability() == name).unwrap(),
            ),
        };
        let policy =
            TransportPolicy { video: can, images: can, preferred: transport(text(&vector, "preferred")) };
        let chosen = select_transport(capabilities(&vector["client"]), &policy);
        assert_eq!(chosen, vector["chosen"].as_str().map(transport), "{vector}");
    }
    for vector in vectors("routes") {
        assert_eq!(stream_from_path(text(&vector, "path")), text(&vector, "stream"));
    }
    for vector in vectors("close_codes") {
        let code = CloseCode::from_number(vector["code"].as_u64().unwrap() as u16).unwrap();
        assert_eq!(code.is_terminal(), vector["terminal"].as_bool().unwrap());
    }
}

#[cfg(feature = "generate")]
#[test]
fn the_generated_files_are_what_the_sources_give() {
    for output in framewire_protocol::generate::outputs() {
        let path = format!("{}/../../{}", env!("CARGO_MANIFEST_DIR"), output.path.display());
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(there == output.contents, "{path} has drifted: run `cargo xtask protocol`");
    }
}
