use std::fmt;
use std::ops::Deref;

use crate::frame::Opcode;
use crate::{MaskKey, Role, close, mask_in_place};

/// The most bytes that a control frame carries (RFC 6455, 5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

const KEY: usize = 4;
const MAX_HEADER: usize = 10 + KEY;
const MAX_CONTROL: usize = 2 + KEY + MAX_CONTROL_PAYLOAD;

/// The header of an unfragmented binary message, to be sent straight before its payload.
///
/// For a client the header carries the zero key, under which a payload goes out as it is. That is valid framing and
/// copies nothing; [`FrameHeader::masked`] puts a real key in its place.
pub fn binary_header(role: Role, payload_len: usize) -> FrameHeader {
    header(Opcode::Binary, role, payload_len)
}

/// The header of an unfragmented text message, whose payload is UTF-8; otherwise as [`binary_header`].
pub fn text_header(role: Role, payload_len: usize) -> FrameHeader {
    header(Opcode::Text, role, payload_len)
}

/// A server's close frame; [`ControlFrame::masked`] makes it a client's.
///
/// The reason is cut at 123 bytes, between characters. A code that may not be sent ([`close::is_sendable`]), such as
/// 1005 for "no code", gives a close frame without a body.
pub fn close_frame(code: u16, reason: &str) -> ControlFrame {
    if !close::is_sendable(code) {
        return control(Opcode::Close, &[&[]]);
    }
    let mut end = reason.len().min(MAX_CONTROL_PAYLOAD - 2);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    control(Opcode::Close, &[&code.to_be_bytes(), &reason.as_bytes()[..end]])
}

/// A server's ping; [`ControlFrame::masked`] makes it a client's. The payload is cut at 125 bytes.
pub fn ping_frame(payload: &[u8]) -> ControlFrame {
    control(Opcode::Ping, &[payload])
}

/// A server's answer to a ping, with the ping's payload; otherwise as [`ping_frame`].
pub fn pong_frame(payload: &[u8]) -> ControlFrame {
    control(Opcode::Pong, &[payload])
}

/// The bytes before a payload: 2 to 14, held inline.
#[derive(Clone, Copy)]
pub struct FrameHeader {
    bytes: [u8; MAX_HEADER],
    len: u8,
}

impl FrameHeader {
    /// The same header for a client that masks the payload with `key` ([`mask_in_place`]).
    #[must_use]
    pub fn masked(mut self, key: MaskKey) -> Self {
        let start = usize::from(self.len) - if self.is_masked() { KEY } else { 0 };
        self.bytes[1] |= 0x80;
        self.bytes[start..start + KEY].copy_from_slice(&key);
        self.len = (start + KEY) as u8;
        self
    }

    fn is_masked(&self) -> bool {
        self.bytes[1] & 0x80 != 0
    }
}

impl Deref for FrameHeader {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// A whole close, ping or pong frame: at most 131 bytes, held inline.
#[derive(Clone, Copy)]
pub struct ControlFrame {
    bytes: [u8; MAX_CONTROL],
    len: u8,
}

impl ControlFrame {
    /// A client's form of this frame, masked with `key`. A frame that is masked already stays as it is.
    #[must_use]
    pub fn masked(mut self, key: MaskKey) -> Self {
        if self.bytes[1] & 0x80 == 0 {
            let end = usize::from(self.len);
            self.bytes[1] |= 0x80;
            self.bytes.copy_within(2..end, 2 + KEY);
            self.bytes[2..2 + KEY].copy_from_slice(&key);
            mask_in_place(&mut self.bytes[2 + KEY..end + KEY], key);
            self.len += KEY as u8;
        }
        self
    }
}

impl Deref for ControlFrame {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl AsRef<[u8]> for FrameHeader {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsRef<[u8]> for ControlFrame {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for FrameHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrameHeader({:02x?})", &**self)
    }
}

impl fmt::Debug for ControlFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ControlFrame({:02x?})", &**self)
    }
}

fn header(opcode: Opcode, role: Role, payload_len: usize) -> FrameHeader {
    let mut bytes = [0; MAX_HEADER];
    bytes[0] = 0x80 | opcode as u8;
    let len = match payload_len {
        0..=125 => {
            bytes[1] = payload_len as u8;
            2
        }
        126..=0xffff => {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&(payload_len as u16).to_be_bytes());
            4
        }
        _ => {
            bytes[1] = 127;
            bytes[2..10].copy_from_slice(&(payload_len as u64).to_be_bytes());
            10
        }
    };
    let header = FrameHeader { bytes, len };
    match role {
        Role::Server => header,
        Role::Client => header.masked([0; KEY]),
    }
}

fn control(opcode: Opcode, parts: &[&[u8]]) -> ControlFrame {
    let mut bytes = [0; MAX_CONTROL];
    let mut payload = 0;
    for part in parts {
        let take = part.len().min(MAX_CONTROL_PAYLOAD - payload);
        bytes[2 + payload..][..take].copy_from_slice(&part[..take]);
        payload += take;
    }
    bytes[..2].copy_from_slice(&[0x80 | opcode as u8, payload as u8]);
    ControlFrame { bytes, len: 2 + payload as u8 }
}
