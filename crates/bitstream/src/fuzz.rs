//! The bodies of the fuzz targets. Each takes any bytes, must not panic, and asserts what holds for all input.

use crate::{
    Codec, StreamFacts,
    annexb::{self, AccessUnitSplitter},
    avcc::{self, AvcDecoderConfig, LengthSize},
    guard::{Guard, GuardConfig},
    h264::{Pps, SliceHeader, Sps},
    hevc,
    hvcc::HevcDecoderConfig,
    rbsp,
};

/// Parameter sets and slice headers: what is read is written and read again as the same.
pub fn parameter_sets(bytes: &[u8]) {
    let nal = |header| [&[header], bytes].concat();
    let Ok(sps) = Sps::parse(&nal(0x67)) else { return };
    assert_eq!(Sps::parse(&sps.to_nal()).as_ref(), Ok(&sps));
    if let Ok(pps) = Pps::parse(&nal(0x68), &sps) {
        assert_eq!(Pps::parse(&pps.to_nal(&sps), &sps), Ok(pps));
    }
    let _ = SliceHeader::parse(&nal(0x65), &sps);
    assert!(StreamFacts::from_sps(Codec::H264, &nal(0x67)).is_ok());
}

/// The same for the three parameter sets of HEVC, each from the same bytes.
pub fn hevc_parameter_sets(bytes: &[u8]) {
    let nal = |kind: hevc::NalType| [&[kind.code() << 1, 1], bytes].concat();
    if let Ok(vps) = hevc::Vps::parse(&nal(hevc::NalType::Vps)) {
        assert_eq!(hevc::Vps::parse(&vps.to_nal()), Ok(vps));
    }
    if let Ok(pps) = hevc::Pps::parse(&nal(hevc::NalType::Pps)) {
        assert_eq!(hevc::Pps::parse(&pps.to_nal()), Ok(pps));
    }
    if let Ok(sps) = hevc::Sps::parse(&nal(hevc::NalType::Sps)) {
        assert_eq!(hevc::Sps::parse(&sps.to_nal()), Ok(sps));
        assert!(StreamFacts::from_sps(Codec::Hevc, &nal(hevc::NalType::Sps)).is_ok());
    }
}

/// Slice headers of HEVC: the bytes are an SPS, a PPS and a slice in Annex B, or fewer of them.
pub fn hevc_slices(bytes: &[u8]) {
    let (mut sps, mut pps) = (None, None);
    let mut order = hevc::PicOrder::default();
    for nal in annexb::nals(bytes).map(annexb::Nal::bytes) {
        sps = hevc::Sps::parse(nal).ok().or(sps);
        pps = hevc::Pps::parse(nal).ok().or(pps);
        let start = hevc::SliceStart::parse(nal);
        let Some((sps, pps)) = sps.as_ref().zip(pps.as_ref()) else { continue };
        if let Ok(header) = hevc::SliceHeader::parse(nal, sps, pps) {
            assert_eq!(start, Ok(header.start));
            assert!(header.address == 0 || header.address < sps.tree_blocks());
            if let Some(slice) = header.independent {
                let place = order.next(header.start.nal, slice, sps.log2_max_poc_lsb);
                assert_eq!(place.count as u32 & ((1 << sps.log2_max_poc_lsb) - 1), slice.poc_lsb);
            }
        }
    }
}

/// An `avcC` record: what is read is written and read again as the same.
pub fn decoder_config(bytes: &[u8]) {
    if let Ok(config) = AvcDecoderConfig::parse(bytes) {
        let mut written = Vec::new();
        config.write(&mut written);
        assert_eq!(AvcDecoderConfig::parse(&written), Ok(config));
    }
}

/// The same for an `hvcC` record.
pub fn hevc_decoder_config(bytes: &[u8]) {
    if let Ok(config) = HevcDecoderConfig::parse(bytes) {
        let mut written = Vec::new();
        config.write(&mut written);
        assert_eq!(HevcDecoderConfig::parse(&written).as_ref(), Ok(&config));
        let string = config.codec_string();
        assert_eq!(string.as_str().parse(), Ok(string));
        config.to_annexb(&mut written);
    }
}

/// Emulation prevention, start codes and lengths: nothing is lost on the way there and back. The codec that is detected
/// has its parameter sets in the stream.
pub fn framing(bytes: &[u8]) {
    if let Some(codec) = annexb::detect(bytes) {
        let sets = crate::parameter_sets(codec, bytes);
        assert!(!sets.sps.is_empty() && !sets.pps.is_empty());
    }
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
    split(Codec::H264, bytes);
}

/// The same for HEVC.
pub fn hevc_access_units(bytes: &[u8]) {
    split(Codec::Hevc, bytes);
}

fn split(codec: Codec, bytes: &[u8]) {
    let Some((&size, stream)) = bytes.split_first() else { return };
    let mut splitter = AccessUnitSplitter::of(codec);
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
    assert!(annexb::access_units_of(codec, stream).eq(units.iter().map(Vec::as_slice)));
}

/// The guard: errors leave the output alone, and what it wrote can be guarded again.
pub fn guard(bytes: &[u8]) {
    guard_stream(Codec::H264, bytes);
}

/// The same for HEVC.
pub fn hevc_guard(bytes: &[u8]) {
    guard_stream(Codec::Hevc, bytes);
}

fn guard_stream(codec: Codec, bytes: &[u8]) {
    let new = || Guard::new(codec, GuardConfig::default());
    let (mut first, mut second) = (new(), new());
    let mut out = Vec::new();
    for unit in annexb::access_units_of(codec, bytes) {
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

    const ALL: [fn(&[u8]); 10] = [
        parameter_sets,
        decoder_config,
        framing,
        access_units,
        guard,
        hevc_parameter_sets,
        hevc_slices,
        hevc_decoder_config,
        hevc_access_units,
        hevc_guard,
    ];

    /// Runs every body on a stream with one byte changed, for each of its first bytes.
    fn change_bytes(mut stream: Vec<u8>, first: usize) {
        for at in 0..first.min(stream.len()) {
            for value in [0, 1, 3, 0x80, 0xff] {
                let kept = std::mem::replace(&mut stream[at], value);
                ALL.iter().for_each(|body| body(&stream));
                stream[at] = kept;
            }
        }
    }

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
        change_bytes(stream, 80);
    }

    #[test]
    fn no_body_fails_on_a_stream_of_hevc_with_changed_bytes() {
        use hevc::testing::{plain_pps, plain_sps, plain_vps, slice};
        let idr = slice(hevc::NalType::IdrWRadl, 0, 0, 2, 0);
        let trailing = slice(hevc::NalType::TrailR, 0, 0, 0, 4);
        let leading = slice(hevc::NalType::RadlN, 0, 0, 1, 2);
        let sets = [plain_vps(0).to_nal(), plain_sps(64, 64).to_nal(), plain_pps(0, 0).to_nal()];
        let mut stream = Vec::new();
        for nal in sets.iter().chain([&idr, &trailing, &leading]) {
            annexb::push_nal(&mut stream, nal);
        }
        let mut record = Vec::new();
        let [vps, sps, pps] = &sets;
        HevcDecoderConfig::from_parameter_sets(&[vps], &[sps], &[pps]).unwrap().write(&mut record);
        for bytes in [stream, record, sets[1][2..].to_vec(), sets[0][2..].to_vec(), sets[2][2..].to_vec()] {
            let len = bytes.len();
            change_bytes(bytes, len);
        }
    }
}
