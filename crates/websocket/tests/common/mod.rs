//! What the tests of this crate share.
#![allow(dead_code, reason = "each test binary uses its own part")]

use framewire_websocket::{Error, Event, MaskKey, Reader, mask_in_place};

pub(crate) const KEY: MaskKey = [0x12, 0x34, 0x56, 0x78];

/// An event that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Head(Option<u64>, Vec<u8>),
    End(u64),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

impl From<Event<'_>> for Seen {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Text(text) => Self::Text(text.into()),
            Event::Binary(bytes) => Self::Binary(bytes.into()),
            Event::BinaryHead { len, head } => Self::Head(len, head.into()),
            Event::BinaryEnd { len } => Self::End(len),
            Event::Ping(bytes) => Self::Ping(bytes.into()),
            Event::Pong(bytes) => Self::Pong(bytes.into()),
            Event::Close(frame) => Self::Close(frame.map(|frame| (frame.code, frame.reason.into()))),
        }
    }
}

/// A frame as the first two bytes say, built without the crate's own writer. `first` is FIN, RSV and the opcode.
pub(crate) fn frame(first: u8, payload: &[u8], key: Option<MaskKey>) -> Vec<u8> {
    let mask = if key.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(mask | len as u8),
        len @ 126..=0xffff => {
            bytes.push(mask | 126);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(mask | 127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    let mut payload = payload.to_vec();
    if let Some(key) = key {
        bytes.extend(key);
        mask_in_place(&mut payload, key);
    }
    bytes.extend(payload);
    bytes
}

/// How bytes reach the reader.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Spare,
    NextFrom,
}

/// Feeds one chunk and collects what it completes.
pub(crate) fn feed(
    reader: &mut Reader,
    way: Way,
    mut chunk: &[u8],
    seen: &mut Vec<Seen>,
) -> Result<(), Error> {
    match way {
        Way::NextFrom => {
            while let Some(event) = reader.next_from(&mut chunk)? {
                seen.push(event.into());
            }
            assert!(chunk.is_empty(), "all of the input is taken");
        }
        Way::Spare => {
            while !chunk.is_empty() {
                let spare = reader.spare();
                assert!(!spare.is_empty(), "a drained reader has room");
                let n = spare.len().min(chunk.len());
                spare[..n].copy_from_slice(&chunk[..n]);
                reader.filled(n);
                chunk = &chunk[n..];
                while let Some(event) = reader.next()? {
                    seen.push(event.into());
                }
            }
        }
    }
    Ok(())
}

/// Feeds all bytes in pieces of the given sizes, over and over.
pub(crate) fn read_all(
    reader: &mut Reader,
    way: Way,
    bytes: &[u8],
    sizes: &[usize],
) -> (Vec<Seen>, Option<Error>) {
    let (mut seen, mut rest) = (Vec::new(), bytes);
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, after) = rest.split_at((*size).min(rest.len()));
        rest = after;
        if let Err(error) = feed(reader, way, chunk, &mut seen) {
            return (seen, Some(error));
        }
    }
    (seen, None)
}
