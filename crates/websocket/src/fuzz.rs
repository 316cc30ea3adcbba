//! The body of the fuzz target. It takes any bytes and must not panic.

use crate::{Error, Event, Limits, Reader, Role};

const LIMITS: Limits = Limits { max_message: 1000 };
/// What a reader may hold beside the largest message.
const BESIDE_MESSAGE: usize = 256;

/// What a reader gives is the same whether the bytes come whole or in pieces of a size that the first byte says, and by
/// whichever way in; what it holds stays within its bound.
pub fn reader(bytes: &[u8]) {
    let Some((&size, stream)) = bytes.split_first() else { return };
    let size = usize::from(size).max(1);
    for open in [server, client, streaming] {
        let whole = lent(open(), stream, usize::MAX);
        assert_eq!(lent(open(), stream, size), whole);
        assert_eq!(filled(open(), stream, size), whole);
    }
}

fn server() -> Reader {
    Reader::new(Role::Server, LIMITS)
}

fn client() -> Reader {
    Reader::new(Role::Client, LIMITS)
}

fn streaming() -> Reader {
    Reader::for_client_streaming(8)
}

/// The events in words, and the error behind them.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    events: Vec<String>,
    error: Option<Error>,
}

impl Seen {
    /// Notes what a call gave; `false` where nothing more will come of the bytes that are there.
    fn note(&mut self, next: Result<Option<Event<'_>>, Error>) -> bool {
        match next {
            Ok(Some(event)) => self.events.push(format!("{event:?}")),
            Ok(None) => return false,
            Err(error) => self.error = Some(error),
        }
        self.error.is_none()
    }
}

/// By way of [`Reader::next_from`].
fn lent(mut reader: Reader, stream: &[u8], size: usize) -> Seen {
    let mut seen = Seen::default();
    for mut piece in stream.chunks(size) {
        while seen.note(reader.next_from(&mut piece)) {}
        check(&reader);
    }
    seen
}

/// By way of [`Reader::spare`] and [`Reader::filled`].
fn filled(mut reader: Reader, stream: &[u8], size: usize) -> Seen {
    let mut seen = Seen::default();
    let mut rest = stream;
    while !rest.is_empty() {
        let spare = reader.spare();
        let len = size.min(spare.len()).min(rest.len());
        assert!(len > 0, "a drained reader has room");
        spare[..len].copy_from_slice(&rest[..len]);
        rest = &rest[len..];
        reader.filled(len);
        while seen.note(reader.next()) {}
        check(&reader);
    }
    seen
}

fn check(reader: &Reader) {
    let most = Limits::default().max_message + BESIDE_MESSAGE;
    assert!(reader.capacity() <= most, "{} bytes are held", reader.capacity());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> impl Strategy<Value = (u8, u8)> {
        let opcodes = prop::sample::select(vec![0_u8, 1, 2, 8, 9, 10, 3]);
        let first = (opcodes, any::<bool>()).prop_map(|(opcode, fin)| opcode | if fin { 0x80 } else { 0 });
        let length = prop_oneof![8 => 0_u8..20, 1 => Just(126), 1 => Just(127)];
        (first, (length, any::<bool>()).prop_map(|(length, mask)| length | if mask { 0x80 } else { 0 }))
    }

    proptest! {
        #[test]
        fn the_body_does_not_fail_on_random_frames(
            size in any::<u8>(),
            frames in prop::collection::vec((header(), prop::collection::vec(any::<u8>(), 0..24)), 0..8),
        ) {
            let mut bytes = vec![size];
            for ((first, second), payload) in frames {
                bytes.extend([first, second]);
                bytes.extend(payload);
            }
            reader(&bytes);
        }
    }
}
