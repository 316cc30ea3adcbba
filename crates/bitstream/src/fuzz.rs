//! The bodies of the fuzz targets. Each takes any bytes, must not panic, and asserts what holds for all input.

use crate::{
    Codec,
    annexb::{self, AccessUnitSplitter},
    avcc::{self, AvcDecoderConfig, LengthSize},
    guard::{Guard, GuardConfig},
    h264::{Pps, SliceHeader, Sps},
    hevc, rbsp,
};

/// Parameter sets and slice headers: what is read is written and read again as the same.
pub fn parameter_sets(bytes: &[u8]) {
    let nal = |header| [&[header], bytes].concat();
    if let Ok(pair) = hevc::Sps::parse(&[&[0x42, 0x01], bytes].concat()) {
        let _ = pair.codec_string();
    }
    let Ok(sps) = Sps::parse(&nal(0x67)) else { return };
    assert_eq!(Sps::parse(&sps.to_nal()).as_ref(), Ok(&sps));
    if let Ok(pps) = Pps::parse(&nal(0x68), &sps) {
        assert_eq!(Pps::parse(&pps.to_nal(&sps), &sps), Ok(pps));
    }
    let _ = SliceHeader::parse(&nal(0x65), &sps);
    let _ = (sps.level(), sps.codec_string(), sps.display());
}

/// An `avcC` record: what is read is written and read again as the same.
pub fn decoder_config(bytes: &[u8]) {
    if let Ok(config) = AvcDecoderConfig::parse(bytes) {
        let mut written = Vec::new();
        config.write(&mut written);
        assert_eq!(AvcDecoderConfig::parse(&written), Ok(config));
    }
}

/// Emulation prevention, start codes and lengths: nothing is lost on the way there and back.
pub fn framing(bytes: &[u8]) {
    let mut escaped = Vec::new();
    rbsp::escape_into(&[bytes, &[0x80]].concat(), &mut escaped);
    assert_eq!(rbsp::unescape(&escaped).as_ref(), [bytes, &[0x80]].concat());
    for size in [LengthSize::One, LengthSize::Two, LengthSize::Four] {
        let _ = avcc::nals(bytes, size).count();
        let (mut sample, mut back) = (Vec::new(), Vec::new());
        if avcc::annexb_to_avcc(bytes, size, &mut sample).is_ok() {
            assert_eq!(avcc::avcc_to_annexb(&sample, size, &mut back), Ok(()));
            assert!(annexb::nals(&back).eq(annexb::nals(bytes)));
        }
    }
}

/// Access units are the same whether they come whole or in pieces of a size that the first byte says.
pub fn access_units(bytes: &[u8]) {
    let Some((&size, stream)) = bytes.split_first() else { return };
    let mut splitter = AccessUnitSplitter::new();
    let mut units = Vec::new();
    for piece in stream.chunks(usize::from(size).max(1)) {
        if splitter.push(piece).is_err() {
            return;
        }
        while let Some(unit) = splitter.next_unit() {
            units.push(unit.to_vec());
        }
    }
    while let Some(unit) = splitter.finish() {
        units.push(unit.to_vec());
    }
    assert!(annexb::access_units(stream).eq(units.iter().map(Vec::as_slice)));
}

/// The guard: errors leave the output alone, and what it wrote needs nothing more.
pub fn guard(bytes: &[u8]) {
    let new = || Guard::new(Codec::H264, GuardConfig::default());
    let (mut first, mut second) = (new(), new());
    let mut out = Vec::new();
    for unit in annexb::access_units(bytes) {
        let before = out.len();
        match first.process(unit, &mut out) {
            Ok(facts) if facts.slices > 0 => {
                let mut again = Vec::new();
                let _ = second.process(&out[before..], &mut again);
            }
            Ok(_) => {}
            Err(_) => assert_eq!(out.len(), before),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [fn(&[u8]); 5] = [parameter_sets, decoder_config, framing, access_units, guard];

    proptest! {
        #[test]
        fn no_body_fails_on_random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..150)) {
            ALL.iter().for_each(|body| body(&bytes));
        }
    }

    #[test]
    fn no_body_fails_on_a_stream_with_changed_bytes() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/h264/SarVui.264");
        let Ok(mut stream) = std::fs::read(path) else {
            println!("SKIPPED no_body_fails_on_a_stream_with_changed_bytes: {path} is missing");
            return;
        };
        stream.truncate(2000);
        for at in 0..80 {
            for value in [0, 1, 3, 0x80, 0xff] {
                let kept = std::mem::replace(&mut stream[at], value);
                ALL.iter().for_each(|body| body(&stream));
                stream[at] = kept;
            }
        }
    }
}
