use super::{
    Features,
    features::{self, Gatherer, PpsFacts},
};
use crate::Codec;
use framewire_bitstream::{
    Dimensions, Error,
    annexb::{self, Nal},
    h264::{self, VideoSignal},
    hevc,
    limits::MAX_NALS_PER_UNIT,
};
use framewire_frame::{Color, Matrix, Primaries, Range, Size, Transfer};
use std::collections::BTreeMap;

/// The parameter sets of a stream, to know what each of its pictures looks like and uses.
#[derive(Default)]
pub(super) struct ParameterSets {
    /// By `seq_parameter_set_id`, which the syntax holds below 32.
    sps: BTreeMap<u8, KnownSps>,
    /// By `pic_parameter_set_id`, which is one byte.
    pps: BTreeMap<u8, KnownPps>,
}

struct KnownSps {
    /// `None` where no picture here can have the size.
    look: Option<Look>,
    /// What all its pictures use.
    features: Features,
    /// To read what refers to it; `None` in HEVC, where nothing needs it.
    h264: Option<h264::Sps>,
}

#[derive(Clone, Copy)]
struct KnownPps {
    sps_id: u8,
    facts: PpsFacts,
}

/// What a parameter set says about pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) size: Size,
    pub(super) color: Color,
}

/// What one access unit has taught.
#[derive(Default)]
pub(super) struct Lesson {
    /// What its picture looks like; `None` without a picture, or where its parameter sets are not known.
    pub(super) look: Option<Look>,
    /// What its picture uses; none without a picture, and where its parameter sets are not known.
    pub(super) features: Features,
    /// A parameter set that could not be read. Others may do, so that the unit is not lost for it.
    pub(super) fault: Option<Error>,
    /// NAL units of any kind.
    pub(super) nals: usize,
    /// Whether a session can begin with it: parameter sets and a slice of a picture that decoding can begin
    /// with (IDR in H.264, IRAP in HEVC).
    pub(super) key: bool,
}

/// What a NAL unit is to a decoder.
enum Role {
    Sps,
    Pps,
    Slice {
        /// Decoding can begin with its picture.
        key: bool,
    },
    Other,
}

impl ParameterSets {
    /// Learns the parameter sets of `unit`.
    pub(super) fn read(&mut self, codec: Codec, unit: &[u8]) -> Lesson {
        let mut lesson = Lesson::default();
        let mut gatherer = Gatherer::default();
        let (mut sps, mut key) = (false, false);
        for nal in annexb::nals(unit).take(MAX_NALS_PER_UNIT) {
            lesson.nals += 1;
            let learned = match role(codec, nal) {
                Role::Sps => {
                    sps = true;
                    self.learn_sps(codec, nal.bytes())
                }
                Role::Pps => self.learn_pps(codec, nal.bytes()),
                Role::Slice { key: begins } => {
                    key |= begins;
                    let look = self.read_slice(codec, nal, &mut gatherer);
                    lesson.look = lesson.look.or(look);
                    Ok(())
                }
                Role::Other => Ok(()),
            };
            lesson.fault = lesson.fault.or(learned.err());
        }
        lesson.features = gatherer.features;
        lesson.key = sps && key;
        lesson
    }

    fn learn_sps(&mut self, codec: Codec, nal: &[u8]) -> Result<(), Error> {
        let look = |display: Dimensions, signal| {
            let size = Size::new(display.width, display.height).ok()?;
            Some(Look { size, color: color_of(signal) })
        };
        let (id, known) = match codec {
            Codec::H264 => {
                let sps = h264::Sps::parse(nal)?;
                let signal = sps.vui.as_ref().and_then(|vui| vui.video_signal);
                let (look, features) = (look(sps.display(), signal), features::of_h264(&sps));
                (sps.id, KnownSps { look, features, h264: Some(sps) })
            }
            Codec::Hevc => {
                let sps = hevc::Sps::parse(nal)?;
                let signal = sps.vui.as_ref().and_then(|vui| vui.video_signal);
                let (look, features) = (look(sps.display(), signal), features::of_hevc(&sps));
                (sps.id, KnownSps { look, features, h264: None })
            }
        };
        self.sps.insert(id, known);
        Ok(())
    }

    fn learn_pps(&mut self, codec: Codec, nal: &[u8]) -> Result<(), Error> {
        let (id, sps_id) = match codec {
            Codec::H264 => h264::Pps::ids(nal)?,
            Codec::Hevc => hevc::Pps::ids(nal)?,
        };
        let facts = match codec {
            Codec::H264 => {
                let sps = self.sps.get(&sps_id).and_then(|known| known.h264.as_ref());
                sps.and_then(|sps| h264::Pps::parse(nal, sps).ok()).map(PpsFacts::from)
            }
            Codec::Hevc => hevc::Pps::parse(nal).ok().map(PpsFacts::from),
        };
        let facts = facts.unwrap_or_default();
        self.pps.insert(id, KnownPps { sps_id, facts });
        Ok(())
    }

    /// What the picture of a slice looks like. A slice that cannot be read is the backend's to judge: others of the picture
    /// may be whole.
    fn read_slice(&self, codec: Codec, nal: Nal<'_>, gatherer: &mut Gatherer) -> Option<Look> {
        let known = |pps_id| {
            let pps: &KnownPps = self.pps.get(&pps_id)?;
            Some((self.sps.get(&pps.sps_id)?, pps.facts))
        };
        let (sps, pps) = match codec {
            Codec::H264 => {
                let start = h264::SliceStart::parse(nal.bytes()).ok()?;
                let (sps, pps) = known(start.pps_id)?;
                if let Some(sps) = &sps.h264 {
                    gatherer.add_slice(nal.h264_type(), start, sps, pps);
                }
                (sps, pps)
            }
            Codec::Hevc => known(hevc::SliceStart::parse(nal.bytes()).ok()?.pps_id)?,
        };
        gatherer.add(&sps.features, pps);
        sps.look
    }
}

fn role(codec: Codec, nal: Nal<'_>) -> Role {
    match codec {
        Codec::H264 => match nal.h264_type() {
            h264::NalType::Sps => Role::Sps,
            h264::NalType::Pps => Role::Pps,
            kind if kind.starts_slice() => Role::Slice { key: kind == h264::NalType::IdrSlice },
            _ => Role::Other,
        },
        // What belongs to further layers has another syntax, and decoders pass over it.
        Codec::Hevc if nal.hevc_layer() > 0 => Role::Other,
        Codec::Hevc => match nal.hevc_type() {
            hevc::NalType::Sps => Role::Sps,
            hevc::NalType::Pps => Role::Pps,
            kind if kind.is_slice() => Role::Slice { key: kind.is_irap() },
            _ => Role::Other,
        },
    }
}

/// The colour that the VUI states; what it leaves open, or what has no name here, is the default.
fn color_of(signal: Option<VideoSignal>) -> Color {
    let Some(signal) = signal else { return Color::default() };
    let range = if signal.full_range { Range::Full } else { Range::Limited };
    let Some(codes) = signal.color else { return Color { range, ..Color::default() } };
    let all = [Primaries::Bt709, Primaries::DisplayP3, Primaries::Bt2020];
    let primaries = all.into_iter().find(|known| known.code_point() == codes.primaries).unwrap_or_default();
    let transfers = [Transfer::Srgb, Transfer::Bt709, Transfer::Linear, Transfer::Pq, Transfer::Hlg];
    let transfer =
        transfers.into_iter().find(|known| known.code_point() == codes.transfer).unwrap_or_default();
    // 5 and 6 are the same matrix (H.273, table 4).
    let matrix = if codes.matrix == Matrix::Bt709.code_point() { Matrix::Bt709 } else { Matrix::Bt601 };
    Color { primaries, transfer, matrix, range }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What x265 writes for 60x44 pixels of full-range BT.709: an SPS, a PPS, and the beginnings of an IDR slice and of
    /// a trailing one.
    const HEVC: [&[u8]; 4] = [
        &[
            0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03,
            0x00, 0x1e, 0xa0, 0x20, 0x83, 0x1d, 0xde, 0x59, 0x2a, 0xe4, 0xca, 0xf0, 0x16, 0xe0, 0x20, 0x20,
            0x20, 0x80, 0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x0c, 0x84,
        ],
        &[0x44, 0x01, 0xc1, 0x73, 0xd0, 0x89],
        &[0x28, 0x01, 0xaf, 0x1d, 0x80, 0xbf, 0x71, 0xd5, 0x3b, 0x73, 0x4f, 0xbd],
        &[0x02, 0x01, 0xd0, 0x09, 0x7e, 0x10, 0xc6, 0x3b, 0x2f, 0xbf, 0xf4, 0x69],
    ];

    #[test]
    fn a_stream_of_hevc_tells_its_look() {
        let mut sets = ParameterSets::default();
        let unit = |nals: &[&[u8]]| {
            let mut bytes = Vec::new();
            nals.iter().for_each(|nal| annexb::push_nal(&mut bytes, nal));
            bytes
        };
        let [sps, pps, idr, trailing] = HEVC;
        assert_eq!(sets.read(Codec::Hevc, &unit(&[idr])).look, None);
        let lesson = sets.read(Codec::Hevc, &unit(&[sps, pps, idr]));
        let look = lesson.look.expect("a look");
        assert_eq!(look.size, Size::new(60, 44).unwrap());
        assert_eq!((look.color.range, look.color.matrix), (Range::Full, Matrix::Bt709));
        assert!(lesson.key && lesson.nals == 3 && lesson.fault.is_none());
        let lesson = sets.read(Codec::Hevc, &unit(&[trailing]));
        assert_eq!(lesson.look, Some(look));
        assert!(!lesson.key);
        let broken = sets.read(Codec::Hevc, &unit(&[&sps[..12], idr]));
        assert!(broken.fault.is_some());
    }

    #[test]
    fn what_parameter_sets_of_hevc_say_is_named() {
        let [sps, pps, idr, _] = HEVC;
        let (plain, picture) =
            (hevc::Sps::parse(sps).expect("an SPS"), hevc::Pps::parse(pps).expect("a PPS"));
        let read = |sps: &hevc::Sps, pps: &hevc::Pps| {
            let mut unit = Vec::new();
            [&sps.to_nal()[..], &pps.to_nal(), idr].iter().for_each(|nal| annexb::push_nal(&mut unit, nal));
            ParameterSets::default().read(Codec::Hevc, &unit).features.to_string()
        };
        let of = |change: &dyn Fn(&mut hevc::Sps)| {
            let mut sps = plain.clone();
            change(&mut sps);
            read(&sps, &picture)
        };
        // The flags of the extensions: range, layers, 3D, screen content, and four that are reserved.
        let extension = |flag| Some((0..8).map(|index| index == flag).collect::<hevc::RawBits>());
        let sized =
            |width, height| of(&|sps| (sps.coded, sps.window) = (Dimensions::new(width, height), None));
        assert_eq!(of(&|_| ()), "");
        assert_eq!(of(&|sps| sps.bit_depth_luma = 10), "10 bits a sample");
        assert_eq!(of(&|sps| sps.bit_depth_chroma = 12), "12 bits a sample");
        assert_eq!(of(&|sps| sps.chroma_format_idc = 0), "no chroma");
        assert_eq!(of(&|sps| sps.chroma_format_idc = 2), "4:2:2 chroma");
        assert_eq!(of(&|sps| sps.chroma_format_idc = 3), "4:4:4 chroma");
        let fields = |sps: &mut hevc::Sps| sps.vui.as_mut().expect("a VUI").field_seq = true;
        assert_eq!(of(&fields), "interlaced coding");
        assert_eq!(of(&|sps| sps.profile.level_idc = 156), "");
        assert_eq!(of(&|sps| sps.profile.level_idc = 180), "level 6.0");
        assert_eq!(of(&|sps| sps.profile.level_idc = 100), "level 3.4");
        assert_eq!(sized(4096, 2176), "");
        assert_eq!(sized(7680, 4320), "pictures beyond level 5.2");
        assert_eq!(sized(8448, 64), "pictures beyond level 5.2");
        for (flag, expected) in
            [(0, "coding tools of an extension"), (1, ""), (3, "coding tools of an extension")]
        {
            assert_eq!(of(&|sps| sps.extension = extension(flag)), expected, "{flag}");
            let pps = hevc::Pps { extension: extension(flag), ..picture.clone() };
            assert_eq!(read(&plain, &pps), expected, "{flag}");
        }
        let sets: [&[u8]; 2] = [&plain.to_nal(), &picture.to_nal()];
        assert_eq!(sets, [sps, pps], "what is changed here is what x265 wrote");
    }
}
