use crate::{Error, MaskKey, Role};

/// What a frame is for (RFC 6455, 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

impl Opcode {
    pub(crate) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    fn from_bits(bits: u8) -> Result<Self, Error> {
        Ok(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            other => return Err(Error::ReservedOpcode(other)),
        })
    }
}

/// The header of a received frame, with all that can be checked without knowing the frames before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) fin: bool,
    pub(crate) opcode: Opcode,
    pub(crate) key: Option<MaskKey>,
    /// Bytes of the header itself.
    pub(crate) size: usize,
    /// Bytes of the payload behind it, at most 2^63 - 1.
    pub(crate) payload: u64,
}

impl Incoming {
    /// Reads the header at the start of `bytes`, received by `role`; `None` when it is not there in full.
    pub(crate) fn decode(bytes: &[u8], role: Role) -> Result<Option<Self>, Error> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (reserved, short) = ((first >> 4) & 0b111, second & 0x7f);
        if reserved != 0 {
            return Err(Error::ReservedBits(reserved));
        }
        let (fin, opcode) = (first & 0x80 != 0, Opcode::from_bits(first & 0x0f)?);
        match (role, second & 0x80 != 0) {
            (Role::Server, false) => return Err(Error::NotMasked),
            (Role::Client, true) => return Err(Error::Masked),
            _ => {}
        }
        if opcode.is_control() {
            if short > 125 {
                return Err(Error::ControlTooLong);
            }
            if !fin {
                return Err(Error::ControlFragmented);
            }
        }
        let Some((payload, rest)) = read_length(short, rest)? else { return Ok(None) };
        let (key, rest) = match (role, rest.split_first_chunk::<4>()) {
            (Role::Client, _) => (None, rest),
            (Role::Server, Some((key, rest))) => (Some(*key), rest),
            (Role::Server, None) => return Ok(None),
        };
        Ok(Some(Self { fin, opcode, key, size: bytes.len() - rest.len(), payload }))
    }
}

/// The payload length that the 7 bits `short` start, and the bytes behind it.
fn read_length(short: u8, bytes: &[u8]) -> Result<Option<(u64, &[u8])>, Error> {
    let (length, rest, least) = match short {
        126 => match bytes.split_first_chunk() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest, 126),
            None => return Ok(None),
        },
        127 => match bytes.split_first_chunk() {
            Some((length, rest)) => (u64::from_be_bytes(*length), rest, 1 << 16),
            None => return Ok(None),
        },
        short => (u64::from(short), bytes, 0),
    };
    if length >> 63 != 0 {
        return Err(Error::LengthOutOfRange(length));
    }
    if length < least {
        return Err(Error::LengthNotMinimal(length));
    }
    Ok(Some((length, rest)))
}
