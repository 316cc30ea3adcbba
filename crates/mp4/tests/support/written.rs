//! What was written, read back by the reader of this crate.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::{io::Cursor, num::NonZeroU32, ops::Range};

use framewire_bitstream::{DecoderConfig, avcc::AvcDecoderConfig, h264::Sps};
use framewire_mp4::*;

use super::{PPS, SPS};

/// A sample as tests keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) data: Vec<u8>,
    pub(crate) dts: i64,
    pub(crate) composition_offset: i32,
    pub(crate) duration: u32,
    pub(crate) sync: bool,
    pub(crate) description: u16,
}

pub(crate) fn scale(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap()
}

/// An entry for pictures of so many macroblocks.
pub(crate) fn entry(width_in_mbs: u32) -> SampleEntry {
    let mut sps = Sps::parse(&SPS).unwrap();
    sps.width_in_mbs = width_in_mbs;
    let config = AvcDecoderConfig::from_parameter_sets(&[&sps.to_nal()], &[&PPS]).unwrap();
    SampleEntry::video(&DecoderConfig::Avc(config)).unwrap()
}

pub(crate) fn read(file: &[u8]) -> Vec<(TrackSettings, Vec<Kept>)> {
    let mut reader = Mp4Reader::open(Cursor::new(file)).unwrap();
    assert!(!reader.is_truncated());
    let tracks = reader.tracks().to_vec();
    let mut read = Vec::new();
    for track in tracks {
        let mut samples = Vec::new();
        let mut data = Vec::new();
        for index in 0..track.samples().len() {
            let sample = reader.read_sample(track.id(), index, &mut data).unwrap();
            let copy = track.copy(&sample, &data);
            samples.push(Kept {
                data: data.clone(),
                dts: copy.dts,
                composition_offset: copy.composition_offset,
                duration: copy.duration.unwrap(),
                sync: copy.sync,
                description: copy.description.0,
            });
        }
        read.push((track.settings(), samples));
    }
    read
}

/// The names of the boxes at the top of a file.
pub(crate) fn boxes(file: &[u8]) -> Vec<String> {
    top_boxes(file).into_iter().map(|top| top.0).collect()
}

/// The boxes at the top of a file, and where they lie.
pub(crate) fn top_boxes(file: &[u8]) -> Vec<(String, Range<usize>)> {
    let (mut tops, mut at) = (Vec::new(), 0);
    while at < file.len() {
        let word = |at: usize| u64::from(u32::from_be_bytes(file[at..at + 4].try_into().unwrap()));
        let name = String::from_utf8(file[at + 4..at + 8].to_vec()).unwrap();
        let size = match word(at) {
            1 => (word(at + 8) << 32 | word(at + 12)) as usize,
            size => size as usize,
        };
        tops.push((name, at..at + size));
        at += size;
    }
    assert_eq!(at, file.len());
    tops
}

/// A file that became seekable, as it was before the last write made it that.
pub(crate) fn before_the_last_write(mut file: Vec<u8>) -> Vec<u8> {
    let at = file.windows(4).position(|w| w == b"mdat").unwrap();
    file[at - 4..at + 12].copy_from_slice(&[0, 0, 0, 16, b'f', b'r', b'e', b'e', 0, 0, 0, 0, 0, 0, 0, 0]);
    file
}
