use super::*;
use crate::Event;
use proptest::prelude::*;

fn parse(text: &str) -> Result<ClientMessage, ParseError> {
    ClientMessage::parse(text)
}

#[test]
fn the_acks_of_the_reference_client_are_read() {
    assert_eq!(
        parse(r#"{"type":"ack","seq":7,"decode_queue_size":2,"displayed":true}"#),
        Ok(ClientMessage::Ack(Ack { seq: 7, decode_queue_size: 2, displayed: true, latency_us: None }))
    );
}

#[test]
fn an_ack_of_nothing_is_ignored() {
    for text in [
        r#"{"type":"ack"}"#,
        r#"{"type":"ack","seq":null}"#,
        r#"{"type":"ack","seq":-1}"#,
        r#"{"type":"ack","seq":1.5}"#,
        r#"{"type":"ack","seq":{"a":[]}}"#,
        r#"{"type":"ack","seq":1e400}"#,
        r#"{"type":"arrived","seq":"7"}"#,
    ] {
        assert_eq!(parse(text), Ok(ClientMessage::Ignored), "{text}");
    }
}

#[test]
fn numbers_that_are_whole_count_however_they_are_written() {
    assert!(matches!(
        parse(r#"{"type":"ack","seq":7,"displayed":false}"#),
        Ok(ClientMessage::Ack(Ack { displayed: false, .. }))
    ));
    let ack = |seq| Ok(ClientMessage::Ack(Ack { seq, displayed: true, ..Ack::default() }));
    assert_eq!(parse(r#"{"type":"ack","seq":3.0,"decode_queue_size":"x"}"#), ack(3));
    assert_eq!(parse(r#"{"seq":3e2,"type":"ack"}"#), ack(300));
    assert_eq!(parse(r#"{"seq":1,"type":"ack","seq":2}"#), ack(2), "the last of repeated fields counts");
}

#[test]
fn unknown_types_and_fields_are_ignored() {
    for text in [
        "{}",
        r#"{"type":"warp","seq":1}"#,
        r#"{"type":5}"#,
        r#"{"type":null}"#,
        r#"{"a":{"b":[1,2,{"c":null}]}}"#,
    ] {
        assert_eq!(parse(text), Ok(ClientMessage::Ignored), "{text}");
    }
    assert_eq!(parse(r#"{"x":[1],"type":"decoder_reset","y":"z"}"#), Ok(ClientMessage::DecoderReset));
    assert_eq!(parse(r#"{"type":"decoder\u005freset"}"#), Ok(ClientMessage::DecoderReset));
}

#[test]
fn what_is_not_an_object_closes_with_1007() {
    for text in ["", " ", "x", "{", r#"{"type":"ack""#, "[]", "1", "null", "\"ack\"", "{}{}", r#"{"a":01}"#] {
        assert_eq!(parse(text).unwrap_err().close().code.number(), 1007, "{text}");
    }
    let deep = format!("{{\"a\":{}", "[".repeat(60_000));
    assert_eq!(parse(&deep).unwrap_err().close().code.number(), 1007);
}

#[test]
fn a_missing_required_field_closes_with_1008() {
    for text in [
        r#"{"type":"event"}"#,
        r#"{"type":"event","event":[]}"#,
        r#"{"type":"event","event":"x"}"#,
        r#"{"type":"set_viewport","width":5}"#,
        r#"{"type":"set_viewport","width":5,"height":"7"}"#,
        r#"{"type":"set_viewport","width":5,"height":1e999}"#,
        r#"{"type":"ping"}"#,
    ] {
        assert_eq!(parse(text).unwrap_err().close().code.number(), 1008, "{text}");
    }
}

#[test]
fn a_viewport_has_the_defaults_of_the_reference() {
    let viewport = |text| match parse(text) {
        Ok(ClientMessage::SetViewport(viewport)) => viewport,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        viewport(r#"{"type":"set_viewport","width":640,"height":480}"#),
        Viewport { width: 640.0, height: 480.0, pwidth: 640.0, pheight: 480.0, ratio: 1.0 }
    );
    assert_eq!(
        viewport(r#"{"type":"set_viewport","width":4,"height":3,"pwidth":8,"pheight":6,"pixel_ratio":2}"#),
        Viewport { width: 4.0, height: 3.0, pwidth: 8.0, pheight: 6.0, ratio: 2.0 }
    );
}

#[test]
fn an_event_is_handed_on_as_it_was_written() {
    let Ok(ClientMessage::Event(message)) = parse(
        r#"{"type":"event","event":{"type":"key_down", "key":"a","code":"KeyA","modifiers":["Shift"],"custom":{"a":1}}}"#,
    ) else {
        panic!("no event")
    };
    assert!(message.event.as_json().contains(r#""custom":{"a":1}"#));
    assert!(matches!(message.event.event(), Event::KeyDown(key) if key.code == "KeyA"));
}

#[test]
fn a_reason_is_cut() {
    let text = format!(r#"{{"type":"request_keyframe","reason":"{}"}}"#, "é".repeat(5000));
    let Ok(ClientMessage::RequestKeyframe(request)) = parse(&text) else { panic!("no request") };
    assert_eq!(request.reason.chars().count(), 200);
}

proptest! {
    #[test]
    fn nothing_makes_the_parser_panic(text in ".{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_mixture_of_known_words_makes_the_parser_panic(
        words in proptest::collection::vec(prop_oneof![
            Just("{"), Just("}"), Just("["), Just("]"), Just(":"), Just(","), Just("\"type\""), Just("\"ack\""),
            Just("\"seq\""), Just("\"event\""), Just("\"set_viewport\""), Just("\"width\""), Just("1"), Just("-1.5e9"),
            Just("null"), Just("\"\\u0061ck\""), Just("\"ping\""), Just("\"hello\""), Just("\"supported\"")
        ], 0..30)
    ) {
        let text: String = words.concat();
        let _ = parse(&text);
        let _ = parse(&format!("{{\"type\":{text}}}"));
        let _ = Hello::parse(text.as_bytes());
    }

    #[test]
    fn what_a_client_writes_reads_back(seq: u32, queue: u32, latency in proptest::option::of(0..u64::from(u32::MAX)), client_us in 0.0..1e15f64) {
        for message in [
            ClientMessage::Ack(Ack { seq: seq.into(), decode_queue_size: queue, displayed: true, latency_us: latency }),
            ClientMessage::Arrived(Arrived { seq: seq.into() }),
            ClientMessage::DecoderReset,
            ClientMessage::Ping(Ping { id: seq.into(), client_us }),
            ClientMessage::SetViewport(Viewport { width: client_us, height: 2.0, pwidth: 3.0, pheight: 4.5, ratio: 1.25 }),
        ] {
            prop_assert_eq!(parse(&message.to_text()), Ok(message));
        }
    }
}
