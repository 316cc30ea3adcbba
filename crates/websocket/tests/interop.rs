//! Both directions against tungstenite, and streams that nobody meant.

mod common;

use std::io::{self, Cursor, Read, Write};

use common::{Seen, Way, read_all};
use framewire_websocket::{
    Error, Limits, MaskKey, Reader, Role, binary_header, close_frame, mask_in_place, ping_frame, pong_frame,
    text_header,
};
use proptest::collection::vec;
use proptest::prelude::*;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};
use tungstenite::protocol::{Role as TheirRole, WebSocket};
use tungstenite::{Bytes, Message};

const LIMIT: usize = 150_000;
const HEAD: usize = 24;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_tungstenite_writes_is_read(
        script in script(), sizes in sizes(), way in way(), role in role(),
    ) {
        let mut reader = Reader::new(role, Limits { max_message: LIMIT });
        let bytes = written_by_tungstenite(&script, peer_of(role));
        let (seen, error) = read_all(&mut reader, way, &bytes, &sizes);
        prop_assert_eq!(error, None);
        prop_assert_eq!(seen, expected(&script));
        prop_assert!(reader.capacity() <= 2048);
    }

    #[test]
    fn what_is_written_is_read_by_tungstenite(script in script(), role in role(), key: MaskKey) {
        let mut bytes = Vec::new();
        for item in &script {
            write_whole(&mut bytes, item, role, key);
        }
        prop_assert_eq!(read_by_tungstenite(bytes, peer_of(role)), whole_messages(&script));
    }

    #[test]
    fn a_streaming_reader_sees_the_head_and_the_length_of_each_binary_message(
        script in script(), sizes in sizes(), way in way(),
    ) {
        let mut reader = Reader::for_client_streaming(HEAD);
        let bytes = written_by_tungstenite(&script, TheirRole::Server);
        let (seen, error) = read_all(&mut reader, way, &bytes, &sizes);
        prop_assert_eq!(error, None);
        let all_binary = whole_messages(&script).into_iter().filter_map(|seen| match seen {
            Seen::Binary(bytes) => Some((bytes[..HEAD.min(bytes.len())].to_vec(), bytes.len() as u64)),
            _ => None,
        });
        let heads = seen.iter().filter_map(|seen| if let Seen::Head(_, head) = seen { Some(head.clone()) } else { None });
        let ends = seen.iter().filter_map(|seen| if let Seen::End(len) = seen { Some(*len) } else { None });
        prop_assert_eq!(heads.zip(ends).collect::<Vec<_>>(), all_binary.collect::<Vec<_>>());
        let others = |all: Vec<Seen>| -> Vec<Seen> {
            all.into_iter().filter(|s| !matches!(s, Seen::Binary(_) | Seen::Head(..) | Seen::End(_))).collect()
        };
        prop_assert_eq!(others(seen), others(expected(&script)));
        prop_assert!(reader.capacity() <= 2048);
    }

    #[test]
    fn a_damaged_stream_never_panics_and_the_pieces_it_comes_in_make_no_difference(
        script in script(), sizes in sizes(), role in role(), damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = written_by_tungstenite(&script, peer_of(role));
        for (at, byte) in damage {
            // Damage close to the start is damage to a header.
            let near = at.index(bytes.len().clamp(1, 64));
            if let Some(place) = bytes.get_mut(near) {
                *place = byte;
            }
        }
        survives(role, &bytes, &sizes)?;
    }

    #[test]
    fn what_is_read_of_a_damaged_stream_is_what_tungstenite_reads(
        script in script(), role in role(), at: prop::sample::Index, byte: u8,
    ) {
        let mut bytes = written_by_tungstenite(&script, peer_of(role));
        let at = at.index(bytes.len().clamp(1, 64));
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        let mut reader = Reader::new(role, Limits { max_message: LIMIT });
        let (seen, error) = read_all(&mut reader, Way::Spare, &bytes, &[usize::MAX]);
        let theirs = read_by_tungstenite(bytes, own(role));
        match error {
            // It looks at the text of a fragment before the message is whole, and at fewer rules for lengths and codes.
            Some(Error::InvalidUtf8 { .. }) => prop_assert!(seen.starts_with(&theirs)),
            Some(Error::LengthNotMinimal(_) | Error::InvalidCloseCode(_)) => prop_assert!(theirs.starts_with(&seen)),
            _ => prop_assert_eq!(seen, theirs),
        }
    }

    #[test]
    fn random_bytes_never_panic_and_never_fill_more_than_the_limit(
        bytes in vec(any::<u8>(), 0..600), first in 0_usize..3, sizes in sizes(), role in role(),
    ) {
        // A valid first byte leads further in than a random one.
        let start = [&[][..], &[0x82], &[0x01]][first];
        survives(role, &[start, &bytes].concat(), &sizes)?;
    }
}

/// Reads the stream whole and in pieces, in both modes, within a limit of 300 bytes.
fn survives(role: Role, bytes: &[u8], sizes: &[usize]) -> Result<(), TestCaseError> {
    let whole = || Reader::new(role, Limits { max_message: 300 });
    let streaming = || Reader::for_client_streaming(HEAD);
    for (make, most) in [(&whole as &dyn Fn() -> Reader, 300 + 256), (&streaming, (64 << 10) + 256)] {
        let all_at_once = read_all(&mut make(), Way::NextFrom, bytes, &[usize::MAX]);
        for way in [Way::Spare, Way::NextFrom] {
            let mut reader = make();
            prop_assert_eq!(&read_all(&mut reader, way, bytes, sizes), &all_at_once);
            prop_assert!(reader.capacity() <= most);
        }
    }
    Ok(())
}

/// A data message in fragments, with pings between them, or a control frame.
#[derive(Clone, Debug)]
enum Item {
    Data { text: bool, fragments: Vec<Vec<u8>>, pings: bool },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

fn script() -> impl Strategy<Value = Vec<Item>> {
    let control = || vec(any::<u8>(), 0..=125);
    let binary = prop_oneof![
        6 => vec(any::<u8>(), 0..400),
        1 => (65_500_usize..66_000, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
        1 => (100_000_usize..LIMIT, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
    ];
    let text = "\\PC{0,300}".prop_map(String::into_bytes);
    let data = prop_oneof![(Just(true), text), (Just(false), binary)];
    let cuts = vec(any::<prop::sample::Index>(), 0..4);
    let item = prop_oneof![
        4 => (data, cuts, any::<bool>()).prop_map(|((text, data), cuts, pings)| {
            Item::Data { text, fragments: cut(&data, &cuts), pings }
        }),
        1 => control().prop_map(Item::Ping),
        1 => control().prop_map(Item::Pong),
    ];
    let close = prop_oneof![
        Just(None),
        Just(Some(None)),
        (prop_oneof![1000_u16..=1003, 1007_u16..=1013, 3000_u16..=4999], "\\PC{0,20}")
            .prop_map(|body| Some(Some(body))),
    ];
    (vec(item, 0..8), close).prop_map(|(mut items, close)| {
        items.extend(close.map(Item::Close));
        items
    })
}

fn cut(data: &[u8], cuts: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(data.len() + 1)).collect();
    ends.sort_unstable();
    ends.push(data.len());
    let mut start = 0;
    ends.into_iter().map(|end| data[std::mem::replace(&mut start, end)..end].to_vec()).collect()
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![1_usize..20, 1_usize..70_000], 1..8)
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![Just(Way::Spare), Just(Way::NextFrom)]
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Server), Just(Role::Client)]
}

fn peer_of(role: Role) -> TheirRole {
    match role {
        Role::Server => TheirRole::Client,
        Role::Client => TheirRole::Server,
    }
}

fn own(role: Role) -> TheirRole {
    match role {
        Role::Server => TheirRole::Server,
        Role::Client => TheirRole::Client,
    }
}

/// What a reader of the whole script sees.
fn expected(script: &[Item]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for item in script {
        if let Item::Data { fragments, pings: true, .. } = item {
            seen.extend((1..fragments.len()).map(|i| Seen::Ping(vec![i as u8])));
        }
        seen.push(whole(item));
    }
    seen
}

fn whole_messages(script: &[Item]) -> Vec<Seen> {
    script.iter().map(whole).collect()
}

fn whole(item: &Item) -> Seen {
    match item {
        Item::Data { text: true, fragments, .. } => {
            Seen::Text(String::from_utf8(fragments.concat()).expect("the script's text is UTF-8"))
        }
        Item::Data { text: false, fragments, .. } => Seen::Binary(fragments.concat()),
        Item::Ping(bytes) => Seen::Ping(bytes.clone()),
        Item::Pong(bytes) => Seen::Pong(bytes.clone()),
        Item::Close(body) => Seen::Close(body.clone()),
    }
}

fn written_by_tungstenite(script: &[Item], role: TheirRole) -> Vec<u8> {
    let mut socket = WebSocket::from_raw_socket(Pipe::default(), role, None);
    for item in script {
        match item {
            Item::Data { text, fragments, pings } => {
                for (i, fragment) in fragments.iter().enumerate() {
                    if i > 0 && *pings {
                        socket.send(Message::Ping(vec![i as u8].into())).expect("memory takes all");
                    }
                    let kind = match (i, text) {
                        (0, true) => Data::Text,
                        (0, false) => Data::Binary,
                        _ => Data::Continue,
                    };
                    let last = i + 1 == fragments.len();
                    let frame = Frame::message(fragment.clone(), OpCode::Data(kind), last);
                    socket.send(Message::Frame(frame)).expect("memory takes all");
                }
            }
            Item::Ping(bytes) => socket.send(Message::Ping(bytes.clone().into())).expect("memory takes all"),
            Item::Pong(bytes) => socket.send(Message::Pong(bytes.clone().into())).expect("memory takes all"),
            Item::Close(body) => {
                let frame = body
                    .clone()
                    .map(|(code, reason)| CloseFrame { code: CloseCode::from(code), reason: reason.into() });
                socket.close(frame).expect("memory takes all");
            }
        }
    }
    std::mem::take(&mut socket.get_mut().output)
}

fn write_whole(bytes: &mut Vec<u8>, item: &Item, role: Role, key: MaskKey) {
    let control = match item {
        Item::Data { text, fragments, .. } => {
            let mut payload = fragments.concat();
            let header =
                if *text { text_header(role, payload.len()) } else { binary_header(role, payload.len()) };
            if role == Role::Client {
                mask_in_place(&mut payload, key);
                bytes.extend(&*header.masked(key));
            } else {
                bytes.extend(&*header);
            }
            bytes.extend(payload);
            return;
        }
        Item::Ping(payload) => ping_frame(payload),
        Item::Pong(payload) => pong_frame(payload),
        Item::Close(Some((code, reason))) => close_frame(*code, reason),
        Item::Close(None) => close_frame(1005, ""),
    };
    bytes.extend(&*if role == Role::Client { control.masked(key) } else { control });
}

fn read_by_tungstenite(bytes: Vec<u8>, role: TheirRole) -> Vec<Seen> {
    let mut socket =
        WebSocket::from_raw_socket(Pipe { input: Cursor::new(bytes), output: vec![] }, role, None);
    let mut seen = Vec::new();
    loop {
        let bytes = |bytes: Bytes| bytes.to_vec();
        seen.push(match socket.read() {
            Ok(Message::Text(text)) => Seen::Text(text.to_string()),
            Ok(Message::Binary(payload)) => Seen::Binary(bytes(payload)),
            Ok(Message::Ping(payload)) => Seen::Ping(bytes(payload)),
            Ok(Message::Pong(payload)) => Seen::Pong(bytes(payload)),
            Ok(Message::Close(body)) => {
                Seen::Close(body.map(|body| (body.code.into(), body.reason.to_string())))
            }
            Ok(Message::Frame(_)) => unreachable!("read gives whole messages"),
            Err(_) => return seen,
        });
    }
}

/// A stream in memory.
#[derive(Default)]
struct Pipe {
    input: Cursor<Vec<u8>>,
    output: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
