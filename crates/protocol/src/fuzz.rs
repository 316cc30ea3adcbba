//! The bodies of the fuzz targets. Each takes any bytes, must not panic, and asserts what holds for all input.

use crate::{ClientMessage, Envelope, Hello, InputEvent, ServerMessage, stream_from_path};

/// A message of a client: what is read is written and read again as the same.
pub fn client_message(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = (Hello::parse(bytes), InputEvent::parse(text), stream_from_path(text));
    let Ok(message) = ClientMessage::parse(text) else { return };
    if let ClientMessage::SetViewport(viewport) = &message {
        let _ = viewport.to_event();
    }
    if message != ClientMessage::Ignored {
        let again = ClientMessage::parse(&message.to_text()).map(without_text);
        assert_eq!(again, Ok(without_text(message)));
    }
}

/// A hello keeps the bytes that it came in, of which only what is known is written.
fn without_text(message: ClientMessage) -> ClientMessage {
    match message {
        ClientMessage::Hello(hello) => ClientMessage::Hello(Hello { json: Default::default(), ..hello }),
        other => other,
    }
}

/// A message of a server: what is read can be written, and is read again as one of the same kind.
pub fn server_message(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let message = ServerMessage::parse(text);
    let again = ServerMessage::parse(&message.to_text());
    assert_eq!(std::mem::discriminant(&again), std::mem::discriminant(&message));
}

/// A binary message: header and payload lie within it, in this order.
pub fn envelope(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::parse(bytes) {
        assert!(bytes.ends_with(envelope.payload));
        let _ = envelope.header.is_key();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [fn(&[u8]); 3] = [client_message, server_message, envelope];

    /// Pieces of messages, which a mixture of them often is one of.
    const WORDS: [&str; 18] = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"type\"",
        "\"ack\"",
        "\"seq\"",
        "\"hello\"",
        "\"event\"",
        "\"config\"",
        "\"stats\"",
        "\"width\"",
        "1",
        "-1e999",
        "null",
        "\"\\u005f\"",
    ];

    #[test]
    fn a_hello_with_unknown_names_is_read_again_as_the_same() {
        client_message(br#"{"type":"hello","supported":["image/jpeg","imcge/png"],"x":1,"framewire":{"features":["y"]}}"#);
    }

    proptest! {
        #[test]
        fn no_body_fails_on_random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..150)) {
            ALL.iter().for_each(|body| body(&bytes));
        }

        #[test]
        fn no_body_fails_on_a_mixture_of_words(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..30)) {
            let text = words.concat();
            let framed = [&(text.len() as u32).to_le_bytes()[..], text.as_bytes(), b"payload"].concat();
            ALL.iter().for_each(|body| {
                body(text.as_bytes());
                body(format!("{{{text}}}").as_bytes());
                body(&framed);
            });
        }
    }

    #[test]
    fn a_number_of_many_digits_is_read_again_as_the_same() {
        let ratio = "3".repeat(87);
        let hello = format!("{{\"type\":\"hello\",\"supported\":[],\"device_pixel_ratio\":{ratio}2.0}}");
        client_message(hello.as_bytes());
    }
}
