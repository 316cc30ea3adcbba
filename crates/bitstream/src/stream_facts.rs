use std::fmt;

use crate::{
    Codec, CodecString, DecoderConfig, Dimensions, Error, h264, hevc, parameter_sets,
    vui::{PixelAspect, VideoSignal},
};

/// What the parameter sets say about a stream, in one shape for both codecs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StreamFacts {
    /// The codec.
    pub codec: Codec,
    /// The codec string.
    pub codec_string: CodecString,
    /// The profile in words: `High`, `Main 10`; `None` for one without a name here.
    pub profile: Option<&'static str>,
    /// `profile_idc`, `general_profile_idc`.
    pub profile_idc: u8,
    /// The level: `4.1`, `1b`; `None` for one that the standard does not have.
    pub level: Option<&'static str>,
    /// `level_idc`, `general_level_idc`.
    pub level_idc: u8,
    /// HEVC's high tier.
    pub high_tier: bool,
    /// The coded size.
    pub coded: Dimensions,
    /// The size to show, after cropping; pixel shape not applied.
    pub display: Dimensions,
    /// The shape of a pixel, where it is stated.
    pub pixel_aspect: Option<PixelAspect>,
    /// How chroma is sampled.
    pub chroma: ChromaFormat,
    /// Bits per luma sample.
    pub bit_depth_luma: u8,
    /// Bits per chroma sample.
    pub bit_depth_chroma: u8,
    /// Range and colour, where they are stated.
    pub video_signal: Option<VideoSignal>,
    /// The frame rate, where it is stated; files have their own clock.
    pub frame_rate: Option<FrameRate>,
    /// Pictures may be fields.
    pub interlaced: bool,
    /// The most frames that precede another in decoding order and follow it in output order. Where the stream does not say
    /// it, it follows from profile and buffer, and may be fewer.
    pub reorder_frames: u8,
}

/// How chroma is sampled (`chroma_format_idc`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChromaFormat {
    /// No chroma.
    Monochrome,
    /// Half as wide and half as high as luma.
    Yuv420,
    /// Half as wide.
    Yuv422,
    /// As wide and as high.
    Yuv444,
}

/// Frames per second as a fraction in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameRate {
    /// Frames in so many seconds as the denominator says.
    pub numerator: u64,
    /// Never zero.
    pub denominator: u64,
}

impl StreamFacts {
    /// Of an SPS, a NAL unit.
    pub fn from_sps(codec: Codec, sps: &[u8]) -> Result<Self, Error> {
        Self::from_sets(codec, None, sps)
    }

    /// Of the first parameter sets of an access unit in Annex B.
    pub fn from_annexb(codec: Codec, unit: &[u8]) -> Result<Self, Error> {
        let sets = parameter_sets(codec, unit);
        Self::from_sets(codec, sets.vps.first().copied(), sets.sps.first().ok_or(Error::NoParameterSets)?)
    }

    /// Of the first parameter sets of a decoder configuration, and with its codec string.
    pub fn from_config(config: &DecoderConfig) -> Result<Self, Error> {
        let sps = config.sps().ok_or(Error::NoParameterSets)?;
        let vps = match config {
            DecoderConfig::Avc(_) => None,
            DecoderConfig::Hevc(config) => config.nals(hevc::NalType::Vps).next(),
        };
        let facts = Self::from_sets(config.codec(), vps, sps)?;
        Ok(Self { codec_string: config.codec_string(), ..facts })
    }

    fn from_sets(codec: Codec, vps: Option<&[u8]>, sps: &[u8]) -> Result<Self, Error> {
        Ok(match codec {
            Codec::H264 => Self::of_h264(&h264::Sps::parse(sps)?),
            Codec::Hevc => {
                // The clock may stand in the VPS alone; nothing else of it is needed.
                let clock = vps.and_then(|vps| hevc::Vps::parse(vps).ok()?.timing).map(|timing| timing.clock);
                Self::of_hevc(&hevc::Sps::parse(sps)?, clock)
            }
        })
    }

    fn of_h264(sps: &h264::Sps) -> Self {
        let vui = sps.vui.as_ref();
        let rate = vui.and_then(|vui| vui.timing).and_then(h264::Timing::frame_rate);
        Self {
            codec: Codec::H264,
            codec_string: sps.codec_string(),
            profile: sps.profile_name(),
            profile_idc: sps.profile_idc,
            level: sps.level().map(h264::Level::name),
            level_idc: sps.level_idc,
            high_tier: false,
            coded: sps.coded(),
            display: sps.display(),
            pixel_aspect: vui.and_then(|vui| vui.aspect_ratio?.pixel()),
            chroma: ChromaFormat::from_idc(sps.chroma.format_idc),
            bit_depth_luma: sps.chroma.bit_depth_luma,
            bit_depth_chroma: sps.chroma.bit_depth_chroma,
            video_signal: vui.and_then(|vui| vui.video_signal),
            frame_rate: rate
                .and_then(|(numerator, denominator)| FrameRate::new(numerator.into(), denominator)),
            interlaced: !sps.frame_mbs_only,
            reorder_frames: sps.max_reorder_frames(),
        }
    }

    fn of_hevc(sps: &hevc::Sps, clock: Option<hevc::Timing>) -> Self {
        let vui = sps.vui.as_ref();
        let fields = vui.is_some_and(|vui| vui.field_seq);
        let rate = vui.and_then(|vui| vui.timing).or(clock).and_then(hevc::Timing::picture_rate);
        let pictures_per_frame = if fields { 2 } else { 1 };
        Self {
            codec: Codec::Hevc,
            codec_string: sps.codec_string(),
            profile: sps.profile.profile_name(),
            profile_idc: sps.profile.profile_idc,
            level: sps.level().map(hevc::Level::name),
            level_idc: sps.profile.level_idc,
            high_tier: sps.profile.high_tier,
            coded: sps.coded,
            display: sps.display(),
            pixel_aspect: vui.and_then(|vui| vui.aspect_ratio?.pixel()),
            chroma: ChromaFormat::from_idc(sps.chroma_format_idc),
            bit_depth_luma: sps.bit_depth_luma,
            bit_depth_chroma: sps.bit_depth_chroma,
            video_signal: vui.and_then(|vui| vui.video_signal),
            frame_rate: rate.and_then(|(numerator, denominator)| {
                FrameRate::new(numerator.into(), u64::from(denominator) * pictures_per_frame)
            }),
            interlaced: fields || sps.profile.is_interlaced(),
            reorder_frames: sps.ordering.highest().max_num_reorder_pics,
        }
    }
}

impl ChromaFormat {
    /// From the lower two bits of `chroma_format_idc`.
    pub const fn from_idc(idc: u8) -> Self {
        match idc & 3 {
            0 => Self::Monochrome,
            1 => Self::Yuv420,
            2 => Self::Yuv422,
            _ => Self::Yuv444,
        }
    }

    /// `4:2:0` and so on.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Monochrome => "4:0:0",
            Self::Yuv420 => "4:2:0",
            Self::Yuv422 => "4:2:2",
            Self::Yuv444 => "4:4:4",
        }
    }
}

impl fmt::Display for ChromaFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FrameRate {
    /// In lowest terms; `None` where one of both is zero.
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        let (mut divisor, mut rest) = (numerator, denominator);
        while rest > 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        (numerator > 0 && denominator > 0)
            .then(|| Self { numerator: numerator / divisor, denominator: denominator / divisor })
    }

    /// Frames per second.
    pub fn per_second(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

impl fmt::Display for FrameRate {
    /// `30`, `30000/1001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vui::AspectRatio;

    #[test]
    fn an_sps_of_either_codec_gives_the_same_shape() {
        let timing = h264::Timing { units_in_tick: 1001, time_scale: 60_000, fixed_frame_rate: true };
        let vui = h264::Vui {
            timing: Some(timing),
            aspect_ratio: Some(AspectRatio::Indexed(2)),
            ..h264::Vui::default()
        };
        let sps = h264::Sps { vui: Some(vui), ..h264::testing::plain_sps(64, 64) };
        let facts = StreamFacts::from_sps(Codec::H264, &sps.to_nal()).unwrap();
        assert_eq!(facts.frame_rate.unwrap().to_string(), "30000/1001");
        assert_eq!(facts.pixel_aspect, Some(PixelAspect { width: 12, height: 11 }));
        assert_eq!((facts.profile, facts.level), (Some("Constrained Baseline"), Some("4.0")));
        assert_eq!(facts.reorder_frames, 0);

        let timing = hevc::Timing { units_in_tick: 1, time_scale: 50, ticks_of_one_poc_minus1: None };
        let vui = hevc::Vui { timing: Some(timing), field_seq: true, ..hevc::Vui::default() };
        let sps = hevc::Sps { vui: Some(vui), ..hevc::testing::plain_sps(1920, 1088) };
        let facts = StreamFacts::from_sps(Codec::Hevc, &sps.to_nal()).unwrap();
        assert_eq!(facts.frame_rate.unwrap().to_string(), "25");
        assert_eq!((facts.profile, facts.level), (Some("Main"), Some("4.0")));
        assert_eq!((facts.chroma.name(), facts.bit_depth_luma), ("4:2:0", 8));
        assert!(facts.interlaced);
    }

    #[test]
    fn the_clock_of_a_vps_counts_where_the_sps_has_none() {
        let clock = hevc::Timing { units_in_tick: 2, time_scale: 60, ticks_of_one_poc_minus1: None };
        let vps = hevc::Vps {
            timing: Some(hevc::VpsTiming { clock, hrds: Vec::new() }),
            ..hevc::testing::plain_vps(0)
        };
        let mut unit = Vec::new();
        crate::annexb::push_nal(&mut unit, &vps.to_nal());
        crate::annexb::push_nal(&mut unit, &hevc::testing::plain_sps(64, 64).to_nal());
        let facts = StreamFacts::from_annexb(Codec::Hevc, &unit).unwrap();
        assert_eq!(facts.frame_rate, FrameRate::new(30, 1));
        let config = DecoderConfig::from_annexb(Codec::Hevc, &unit).unwrap();
        assert_eq!(StreamFacts::from_config(&config), Ok(facts));
        assert_eq!(StreamFacts::from_annexb(Codec::Hevc, &[]), Err(Error::NoParameterSets));
    }
}
