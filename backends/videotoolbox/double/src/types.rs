//! The plain types of C.

use framewire_codec::Codec;

pub(crate) type OSStatus = i32;
pub(crate) type Boolean = u8;
pub(crate) type CFIndex = isize;

/// No error.
pub(crate) const OK: OSStatus = 0;

/// A range of indices.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct CFRange {
    pub(crate) location: CFIndex,
    pub(crate) length: CFIndex,
}

/// Four characters as a number.
pub(crate) const fn four_cc(text: [u8; 4]) -> u32 {
    u32::from_be_bytes(text)
}

pub(crate) const H264: u32 = four_cc(*b"avc1");
pub(crate) const HEVC: u32 = four_cc(*b"hvc1");

/// The codec that a format's number stands for.
pub(crate) const fn codec_of(kind: u32) -> Option<Codec> {
    match kind {
        H264 => Some(Codec::H264),
        HEVC => Some(Codec::Hevc),
        _ => None,
    }
}
