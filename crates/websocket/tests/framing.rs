//! What a reader takes, what it refuses and with which close code, and how much it holds.

mod common;

use common::{KEY, Seen, Way, frame, read_all};
use framewire_websocket::{
    Error, Limits, Reader, Role, binary_header, close_frame, mask_in_place, ping_frame, pong_frame,
    text_header,
};

const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = FIN | 0x8;
const PING: u8 = FIN | 0x9;
const PONG: u8 = FIN | 0xA;

const LIMIT: usize = 1000;

fn server() -> Reader {
    Reader::new(Role::Server, Limits { max_message: LIMIT })
}

fn client() -> Reader {
    Reader::new(Role::Client, Limits { max_message: LIMIT })
}

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    frame(first, payload, Some(KEY))
}

/// What a server sees, after checking that the size of the pieces and the way in make no difference.
fn read(bytes: &[u8]) -> (Vec<Seen>, Option<Error>) {
    let whole = read_all(&mut server(), Way::NextFrom, bytes, &[usize::MAX]);
    for way in [Way::Spare, Way::NextFrom] {
        for size in [1, 2, 7, usize::MAX] {
            assert_eq!(read_all(&mut server(), way, bytes, &[size]), whole, "{way:?} in pieces of {size}");
        }
    }
    whole
}

fn refusal(bytes: &[u8]) -> (u16, Error) {
    let (seen, error) = read(bytes);
    assert_eq!(seen, [], "nothing comes before the error");
    let error = error.expect("the stream is refused");
    (error.close_code(), error)
}

#[test]
fn messages_and_control_frames_come_in_their_order_also_between_fragments() {
    let bytes = [
        masked(FIN | TEXT, "héllo".as_bytes()),
        masked(BINARY, b"one "),
        masked(PING, b"p"),
        masked(CONTINUATION, b""),
        masked(CONTINUATION, b"two "),
        masked(PONG, b""),
        masked(FIN | CONTINUATION, b"three"),
        masked(TEXT, &"é".as_bytes()[..1]),
        masked(FIN | CONTINUATION, &"é".as_bytes()[1..]),
        masked(FIN | BINARY, &[7; 126]),
        masked(FIN | TEXT, b""),
        masked(CLOSE, b"\x03\xe8bye"),
        masked(FIN | TEXT, b"after the end"),
        b"no frame at all".to_vec(),
    ]
    .concat();
    let expected = [
        Seen::Text("héllo".into()),
        Seen::Ping(b"p".into()),
        Seen::Pong(b"".into()),
        Seen::Binary(b"one two three".into()),
        Seen::Text("é".into()),
        Seen::Binary(vec![7; 126]),
        Seen::Text(String::new()),
        Seen::Close(Some((1000, "bye".into()))),
    ];
    assert_eq!(read(&bytes), (expected.to_vec(), None));
}

#[test]
fn a_close_without_a_body_has_no_code() {
    assert_eq!(read(&masked(CLOSE, b"")), (vec![Seen::Close(None)], None));
}

#[test]
fn every_violation_of_the_framing_is_a_protocol_error() {
    for (bits, first) in [(0b100, 0xC1), (0b010, 0xA1), (0b001, 0x91)] {
        assert_eq!(refusal(&masked(first, b"x")), (1002, Error::ReservedBits(bits)));
    }
    for opcode in [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        assert_eq!(refusal(&masked(FIN | opcode, b"")), (1002, Error::ReservedOpcode(opcode)));
    }
    assert_eq!(refusal(&frame(FIN | TEXT, b"x", None)), (1002, Error::NotMasked));
    let (seen, error) = read_all(&mut client(), Way::Spare, &masked(FIN | TEXT, b"x"), &[1]);
    assert_eq!((seen, error), (vec![], Some(Error::Masked)));
    assert_eq!(Error::Masked.close_code(), 1002);
    for control in [CLOSE, PING, PONG] {
        assert_eq!(refusal(&masked(control, &[b'x'; 126])), (1002, Error::ControlTooLong));
        assert_eq!(refusal(&masked(control & !FIN, b"")), (1002, Error::ControlFragmented));
    }
    for first in [CONTINUATION, FIN | CONTINUATION] {
        assert_eq!(refusal(&masked(first, b"x")), (1002, Error::NothingToContinue));
    }
    for (first, second) in [(TEXT, TEXT), (TEXT, FIN | BINARY), (BINARY, FIN | TEXT)] {
        let bytes = [masked(first, b"x"), masked(second, b"y")].concat();
        assert_eq!(refusal(&bytes), (1002, Error::MessageInsideMessage));
    }
}

#[test]
fn a_length_that_is_not_in_its_shortest_form_or_out_of_range_is_a_protocol_error() {
    let short = |len: u16| [&[FIN | BINARY, 0x80 | 126][..], &len.to_be_bytes()].concat();
    let long = |len: u64| [&[FIN | BINARY, 0x80 | 127][..], &len.to_be_bytes()].concat();
    assert_eq!(refusal(&short(125)), (1002, Error::LengthNotMinimal(125)));
    assert_eq!(refusal(&long(0xffff)), (1002, Error::LengthNotMinimal(0xffff)));
    assert_eq!(refusal(&long(1 << 63)), (1002, Error::LengthOutOfRange(1 << 63)));
}

#[test]
fn a_close_frame_with_half_a_code_or_a_code_that_may_not_be_sent_is_a_protocol_error() {
    assert_eq!(refusal(&masked(CLOSE, b"\x03")), (1002, Error::CloseTooShort));
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, u16::MAX] {
        let bytes = masked(CLOSE, &code.to_be_bytes());
        assert_eq!(refusal(&bytes), (1002, Error::InvalidCloseCode(code)));
    }
    for code in [1000_u16, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4404, 4999]
    {
        let bytes = masked(CLOSE, &code.to_be_bytes());
        assert_eq!(read(&bytes), (vec![Seen::Close(Some((code, String::new())))], None));
    }
}

#[test]
fn text_and_close_reasons_that_are_not_utf8_are_refused_with_1007() {
    for bad in [&b"ab\xff"[..], b"ab\xc3", b"ab\xed\xa0\x80", b"ab\xc0\xaf", b"ab\xf4\x90\x80\x80"] {
        assert_eq!(refusal(&masked(FIN | TEXT, bad)), (1007, Error::InvalidUtf8 { at: 2 }));
        let fragments = [masked(TEXT, &bad[..1]), masked(FIN | CONTINUATION, &bad[1..])].concat();
        assert_eq!(refusal(&fragments), (1007, Error::InvalidUtf8 { at: 2 }));
        let close = masked(CLOSE, &[b"\x03\xe8", bad].concat());
        assert_eq!(refusal(&close), (1007, Error::InvalidUtf8 { at: 2 }));
    }
}

#[test]
fn a_message_over_the_limit_is_refused_with_1009_by_its_header_alone() {
    assert_eq!(read(&masked(FIN | BINARY, &[1; LIMIT])).0, [Seen::Binary(vec![1; LIMIT])]);
    let header = &masked(FIN | BINARY, &[1; LIMIT + 1])[..8];
    assert_eq!(refusal(header), (1009, Error::TooBig { len: LIMIT as u64 + 1, limit: LIMIT }));
    let huge = [&[FIN | TEXT, 0x80 | 127][..], &(u64::MAX >> 1).to_be_bytes(), &KEY].concat();
    assert_eq!(refusal(&huge), (1009, Error::TooBig { len: u64::MAX >> 1, limit: LIMIT }));
    let fragments =
        [masked(BINARY, &[1; LIMIT]), masked(CONTINUATION, b""), masked(CONTINUATION, b"x")].concat();
    assert_eq!(refusal(&fragments).0, 1009);
}

#[test]
fn an_error_stays_and_whatever_follows_is_discarded() {
    let mut reader = server();
    let (_, error) = read_all(&mut reader, Way::Spare, &frame(FIN | TEXT, b"x", None), &[usize::MAX]);
    assert_eq!(error, Some(Error::NotMasked));
    for _ in 0..100 {
        let n = reader.spare().len();
        assert!(n > 0);
        reader.filled(n);
        assert_eq!(reader.next(), Err(Error::NotMasked));
        assert_eq!(reader.next_from(&mut &[0; 5000][..]), Err(Error::NotMasked));
    }
    assert!(reader.capacity() <= LIMIT + 256);
}

#[test]
fn the_buffer_grows_with_what_arrives_and_shrinks_when_it_is_drained() {
    let limit = Limits::default().max_message;
    for way in [Way::Spare, Way::NextFrom] {
        let mut reader = Reader::new(Role::Server, Limits::default());
        assert_eq!(reader.capacity(), 0);
        let message = masked(FIN | BINARY, &vec![3; limit]);
        read_all(&mut reader, way, &message[..100], &[10]);
        assert!(reader.capacity() <= 2048, "a header alone makes no room: {}", reader.capacity());
        read_all(&mut reader, way, &message[100..message.len() - 1], &[1000]);
        assert!((limit..=limit + 256).contains(&reader.capacity()), "{}", reader.capacity());
        let (seen, _) = read_all(&mut reader, way, &message[message.len() - 1..], &[1]);
        assert_eq!(seen, [Seen::Binary(vec![3; limit])]);
        assert!(reader.capacity() <= 2048, "{}", reader.capacity());
    }
}

#[test]
fn a_streaming_reader_gives_the_head_at_once_and_holds_none_of_the_rest() {
    let mut reader = Reader::for_client_streaming(4);
    let payload: Vec<u8> = (0..=255).cycle().take(3 << 20).collect();
    let len = payload.len() as u64;
    let bytes = [frame(FIN | BINARY, &payload, None), frame(FIN | TEXT, b"{}", None)].concat();
    let (seen, _) = read_all(&mut reader, Way::NextFrom, &bytes[..14], &[1]);
    assert_eq!(seen, [Seen::Head(Some(len), vec![0, 1, 2, 3])]);
    let (seen, error) = read_all(&mut reader, Way::NextFrom, &bytes[14..], &[64 << 10]);
    assert_eq!((seen, error), (vec![Seen::End(len), Seen::Text("{}".into())], None));
    assert!(reader.capacity() <= 2048, "{}", reader.capacity());
}

#[test]
fn a_streaming_reader_follows_fragments_short_messages_and_control_frames() {
    let bytes = [
        frame(FIN | BINARY, b"", None),
        frame(FIN | BINARY, b"abc", None),
        frame(BINARY, b"ab", None),
        frame(PING, b"!", None),
        frame(CONTINUATION, b"cdef", None),
        frame(PONG, b"?", None),
        frame(FIN | CONTINUATION, b"gh", None),
        frame(FIN | TEXT, b"text", None),
        frame(TEXT, b"te", None),
        frame(FIN | CONTINUATION, b"xt", None),
    ]
    .concat();
    let text = || Seen::Text("text".into());
    let expected = vec![
        Seen::Head(Some(0), vec![]),
        Seen::End(0),
        Seen::Head(Some(3), b"abc".into()),
        Seen::End(3),
        Seen::Ping(b"!".into()),
        Seen::Head(None, b"abcd".into()),
        Seen::Pong(b"?".into()),
        Seen::End(8),
        text(),
        text(),
    ];
    for way in [Way::Spare, Way::NextFrom] {
        for size in [1, 3, usize::MAX] {
            let mut reader = Reader::for_client_streaming(4);
            assert_eq!(read_all(&mut reader, way, &bytes, &[size]), (expected.clone(), None));
        }
    }
}

#[test]
fn headers_are_those_of_the_standard_in_both_roles() {
    for len in [0, 1, 125, 126, 127, 65535, 65536, 100_000] {
        let mut payload = vec![9; len];
        let expected = frame(FIN | BINARY, &payload, None);
        assert_eq!([&*binary_header(Role::Server, len), &payload].concat(), expected);
        let expected = frame(FIN | TEXT, &payload, Some([0; 4]));
        assert_eq!([&*text_header(Role::Client, len), &payload].concat(), expected);
        let expected = frame(FIN | TEXT, &payload, Some(KEY));
        mask_in_place(&mut payload, KEY);
        for role in [Role::Server, Role::Client] {
            assert_eq!([&*text_header(role, len).masked(KEY), &payload].concat(), expected);
        }
    }
}

#[test]
fn control_frames_are_those_of_the_standard_in_both_roles() {
    for payload in [&b""[..], b"x", &[1; 125], &[1; 200]] {
        let cut = &payload[..payload.len().min(125)];
        assert_eq!(*ping_frame(payload), frame(PING, cut, None));
        assert_eq!(*pong_frame(payload), frame(PONG, cut, None));
        assert_eq!(*ping_frame(payload).masked(KEY), masked(PING, cut));
        assert_eq!(*pong_frame(payload).masked(KEY).masked([9; 4]), masked(PONG, cut));
    }
    assert_eq!(*close_frame(4404, "unknown"), frame(CLOSE, b"\x11\x34unknown", None));
    let long = format!("{}é", "x".repeat(122));
    let cut = [b"\x03\xe8", &long.as_bytes()[..122]].concat();
    assert_eq!(*close_frame(1000, &long), frame(CLOSE, &cut, None), "the reason ends between characters");
    assert_eq!(*close_frame(1005, "no code"), frame(CLOSE, b"", None));
}
