use super::{Subject, film, size, skip};
use crate::{AccessUnit, Codec, EncoderConfig};
use framewire_bitstream::{
    Dimensions, StreamFacts,
    annexb::{self, Nal},
    h264::{Demand, NalType, Pps, SliceKind, SliceStart, Sps},
    hevc,
};
use framewire_frame::{Color, Matrix, Range, Size};

/// The parameter sets come before the slices of every key frame, behind start codes of four bytes.
pub fn parameter_sets_precede_every_key_frame(subject: &Subject) {
    let size = size(320, 180);
    for unit in encode_with_keys(subject, subject.config(size)) {
        let nals: Vec<_> = annexb::nals(&unit.data).collect();
        let start_codes = nals.iter().map(|nal| nal.bytes().len() + annexb::START_CODE.len()).sum::<usize>();
        assert_eq!(start_codes, unit.data.len(), "every start code has four bytes");
        assert!(unit.data.starts_with(&annexb::START_CODE));
        let roles: Vec<_> = nals.iter().map(|nal| Role::of(subject.codec, *nal)).collect();
        let first = |role| roles.iter().position(|other| *other == role);
        let key = first(Role::KeySlice);
        assert_eq!(unit.key, key.is_some(), "the key flag of frame {} is that of its bytes", unit.id);
        if let Some(key) = key {
            let (sps, pps) = (first(Role::Sps).expect("an SPS"), first(Role::Pps).expect("a PPS"));
            assert!(sps < pps && pps < key);
            assert!(subject.codec == Codec::H264 || first(Role::Vps).expect("a VPS") < sps);
            assert_eq!(unit.codec, facts_of(subject, &unit).codec_string);
            match subject.codec {
                Codec::H264 => drop(Pps::parse(nals[pps].bytes(), &h264_sps_of(&unit)).expect("a valid PPS")),
                Codec::Hevc => drop(hevc::Pps::parse(nals[pps].bytes()).expect("a valid PPS")),
            }
        }
    }
}

/// What a NAL unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Vps,
    Sps,
    Pps,
    /// Of a picture that decoding can begin with.
    KeySlice,
    Other,
}

impl Role {
    fn of(codec: Codec, nal: Nal<'_>) -> Self {
        match codec {
            Codec::H264 => match nal.h264_type() {
                NalType::Sps => Self::Sps,
                NalType::Pps => Self::Pps,
                NalType::IdrSlice => Self::KeySlice,
                _ => Self::Other,
            },
            Codec::Hevc => match nal.hevc_type() {
                hevc::NalType::Vps => Self::Vps,
                hevc::NalType::Sps => Self::Sps,
                hevc::NalType::Pps => Self::Pps,
                kind if kind.is_irap() => Self::KeySlice,
                _ => Self::Other,
            },
        }
    }
}

/// The level of 1920x1080 is one that allows it, and the codec string says so.
pub fn the_level_is_enough_for_1080p(subject: &Subject) {
    let size = size(1920, 1080);
    let mut encoder = subject.open(subject.config(size));
    let mut units = Vec::new();
    film(&mut encoder, size, 0..1, &mut units);
    units.extend(encoder.flush());
    let facts = facts_of(subject, &units[0]);
    assert_eq!(facts.display, Dimensions::new(1920, 1080));
    assert_eq!((units[0].size, &units[0].codec), (size, &facts.codec_string));
    // Level 4.0 in both codecs.
    let least = match subject.codec {
        Codec::H264 => 40,
        Codec::Hevc => 120,
    };
    assert!(facts.level_idc >= least, "1080p needs level 4.0 at least, not {:?}", facts.level);
    if subject.codec == Codec::H264 {
        let sps = h264_sps_of(&units[0]);
        let demand = Demand {
            size: sps.coded(),
            frames_per_second: 0.0,
            bits_per_second: 0,
            dpb_frames: sps.max_num_ref_frames.into(),
            profile_idc: sps.profile_idc,
        };
        let level = sps.level().expect("a level of the standard");
        assert!(level.allows(&demand), "level {} is too low", level.name());
    }
}

/// Range and code points of each colour are written into the VUI and read by the decoder; another colour in
/// mid-stream begins with a key frame.
pub fn the_colour_is_in_the_parameter_sets(subject: &Subject) {
    let size = size(64, 48);
    let full_709 = Color { matrix: Matrix::Bt709, range: Range::Full, ..Color::default() };
    let colors = [Color::default(), full_709, Color { range: Range::Full, ..Color::default() }];
    let mut encoder = subject.open(subject.config(size));
    let mut units = Vec::new();
    for (index, &color) in (0..).zip(&colors) {
        let mut frame = crate::testing::pictures::frame(framewire_frame::PixelFormat::I420, size, index);
        frame.color = color;
        units.extend(super::encode(&mut encoder, &frame, index));
    }
    units.extend(encoder.flush());
    for ((unit, shown), color) in units.iter().zip(subject.decode(&units)).zip(colors) {
        assert!(unit.key);
        assert_eq!((unit.color, shown.color), (color, color));
        let signal = facts_of(subject, unit).video_signal.expect("a video signal in the VUI");
        let codes = signal.color.expect("code points in the VUI");
        assert_eq!(signal.full_range, color.range.is_full());
        assert_eq!(
            (codes.primaries, codes.transfer, codes.matrix),
            (color.primaries.code_point(), color.transfer.code_point(), color.matrix.code_point())
        );
    }
}

/// The SPS says that no picture is reordered and, in H.264, how many are held, and that no slice is bidirectional. Slices of
/// HEVC may be so, from two pictures of the past.
pub fn nothing_is_reordered(subject: &Subject) {
    for unit in encode_with_keys(subject, subject.config(size(320, 180))) {
        if unit.key {
            assert_eq!(facts_of(subject, &unit).reorder_frames, 0);
        }
        if subject.codec == Codec::H264 {
            check_h264_order(&unit);
        }
    }
}

fn check_h264_order(unit: &AccessUnit) {
    if unit.key {
        let sps = h264_sps_of(unit);
        let restriction = sps.vui.and_then(|vui| vui.bitstream_restriction).expect("a bitstream restriction");
        assert_eq!(restriction.max_num_reorder_frames, 0);
        assert_eq!(restriction.max_dec_frame_buffering, sps.max_num_ref_frames.max(1));
    }
    for nal in annexb::nals(&unit.data).filter(|nal| nal.h264_type().starts_slice()) {
        let kind = SliceStart::parse(nal.bytes()).expect("a slice header").kind;
        assert!(matches!(kind, SliceKind::I | SliceKind::P), "frame {} has a {kind:?} slice", unit.id);
    }
}

/// With two temporal layers the units that say so can be left out, and all others still decode.
pub fn disposable_units_can_be_dropped(subject: &Subject) {
    let size = size(320, 180);
    let config = subject.config(size).with_temporal_layers(2);
    if subject.capabilities(&config).temporal_layers < 2 {
        return skip("disposable_units_can_be_dropped", "the backend has one temporal layer");
    }
    let mut units = encode_with_keys(subject, config);
    let all = units.len();
    units.retain(|unit| !unit.disposable);
    assert!(units.len() <= all * 2 / 3, "only {} of {all} units are disposable", all - units.len());
    assert!(units.iter().all(|unit| unit.temporal_layer == 0));
    for shown in subject.decode(&units) {
        let index =
            units.iter().find(|unit| unit.timestamp == shown.timestamp).expect("a unit of the stream").id.0;
        let source = crate::testing::pictures::picture(framewire_frame::PixelFormat::I420, size, index);
        subject.check_picture(&shown, source.as_ref(), &format!("frame {index}"));
    }
}

/// Twelve frames, of which 0, 5 and 9 are key frames.
fn encode_with_keys(subject: &Subject, config: EncoderConfig) -> Vec<AccessUnit> {
    let size: Size = config.size;
    let mut encoder = subject.open(config);
    let mut units = Vec::new();
    for range in [0..5, 5..9, 9..12] {
        encoder.request_keyframe();
        film(&mut encoder, size, range, &mut units);
        units.extend(encoder.flush());
    }
    let keys: Vec<_> = units.iter().filter(|unit| unit.key).map(|unit| unit.id.0).collect();
    assert_eq!(keys, [0, 5, 9]);
    units
}

/// What the parameter sets of a key frame say.
fn facts_of(subject: &Subject, unit: &AccessUnit) -> StreamFacts {
    StreamFacts::from_annexb(subject.codec, &unit.data).expect("valid parameter sets")
}

fn h264_sps_of(unit: &AccessUnit) -> Sps {
    let sps = annexb::nals(&unit.data).find(|nal| nal.h264_type() == NalType::Sps).expect("an SPS");
    Sps::parse(sps.bytes()).expect("a valid SPS")
}
