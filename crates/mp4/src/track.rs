use std::{fmt, time::Duration};

use framewire_bitstream::{
    CodecString, Dimensions,
    avcc::{self, AvcDecoderConfig},
};

use crate::{Error, Sample};

/// The four characters that name a box, a codec or a handler.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FourCc(pub [u8; 4]);

/// The number by which a file names a track (`track_ID`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub u32);

/// What a track carries (`handler_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrackKind {
    /// `vide`: pictures.
    Video,
    /// `soun`: sound.
    Audio,
    /// Subtitles, metadata and everything else.
    Other(FourCc),
}

/// How pictures are to be turned before they are shown, clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// As they are.
    #[default]
    None,
    /// A quarter turn.
    Clockwise90,
    /// Upside down.
    Half,
    /// Three quarter turns.
    Clockwise270,
}

/// One track of a file.
#[derive(Clone, Debug)]
pub struct Track {
    pub(crate) id: TrackId,
    pub(crate) kind: TrackKind,
    pub(crate) codec: Option<FourCc>,
    pub(crate) size: Dimensions,
    pub(crate) rotation: Rotation,
    pub(crate) timescale: u32,
    pub(crate) header_duration: u64,
    pub(crate) descriptions: Vec<Option<AvcDecoderConfig>>,
    pub(crate) sample_count: u64,
    pub(crate) samples: Vec<Sample>,
}

impl FourCc {
    /// Whether it names H.264.
    pub fn is_h264(self) -> bool {
        matches!(&self.0, b"avc1" | b"avc3")
    }

    /// What people call the codec of a sample entry.
    pub fn codec_name(self) -> &'static str {
        match &self.0 {
            b"avc1" | b"avc3" => "H.264",
            b"hvc1" | b"hev1" => "HEVC",
            b"dvh1" | b"dvhe" => "Dolby Vision",
            b"vvc1" | b"vvi1" => "VVC",
            b"av01" => "AV1",
            b"vp08" => "VP8",
            b"vp09" => "VP9",
            b"mp4v" => "MPEG-4 Visual",
            b"jpeg" | b"mjpa" | b"mjpb" => "Motion JPEG",
            b"apco" | b"apcs" | b"apcn" | b"apch" | b"ap4h" | b"ap4x" => "ProRes",
            b"encv" => "encrypted",
            b"mp4a" => "AAC",
            b"Opus" => "Opus",
            _ => "of an unknown codec",
        }
    }
}

impl fmt::Display for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.escape_ascii().fmt(f)
    }
}

impl fmt::Debug for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FourCc({self})")
    }
}

impl Track {
    /// Its number in the file.
    pub fn id(&self) -> TrackId {
        self.id
    }

    /// What it carries.
    pub fn kind(&self) -> TrackKind {
        self.kind
    }

    /// The name of its first sample entry: `avc1`, `hvc1`, `mp4a`.
    pub fn codec(&self) -> Option<FourCc> {
        self.codec
    }

    /// The size of its pictures as the sample entry says; zero for other tracks.
    pub fn size(&self) -> Dimensions {
        self.size
    }

    /// How its pictures are to be turned (the matrix of `tkhd`).
    pub fn rotation(&self) -> Rotation {
        self.rotation
    }

    /// Units per second of its times.
    pub fn timescale(&self) -> u32 {
        self.timescale
    }

    /// How many samples it has, those of sound included.
    pub fn sample_count(&self) -> u64 {
        self.sample_count
    }

    /// The samples of a video track, in decoding order; empty for other tracks.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// How long it lasts: for video from the beginning of the presentation to the end of the last sample, for other tracks
    /// what the header says.
    pub fn duration(&self) -> Duration {
        let end = self.samples.iter().map(|s| s.pts.saturating_add(i64::from(s.duration))).max();
        let units = end.map_or(self.header_duration, |end| u64::try_from(end).unwrap_or(0));
        to_duration(units, self.timescale)
    }

    /// When a sample is shown; `None` where the edit list cuts it off, so that it is decoded and not shown.
    pub fn presentation_time(&self, sample: &Sample) -> Option<Duration> {
        u64::try_from(sample.pts).ok().map(|pts| to_duration(pts, self.timescale))
    }

    /// Appends a sample as Annex B: with the parameter sets of its description first where decoding can begin.
    pub fn to_annexb(&self, sample: &Sample, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let Some(config) = self.config(sample) else {
            self.require_h264()?;
            let name = FourCc(*b"stsd");
            return Err(Error::Damaged { name, reason: "a sample without a description" });
        };
        if sample.sync {
            config.to_annexb(out);
        }
        Ok(avcc::avcc_to_annexb(bytes, config.length_size, out)?)
    }

    /// The `avcC` record of a sample's description; `None` where the codec is not H.264.
    pub fn config(&self, sample: &Sample) -> Option<&AvcDecoderConfig> {
        self.descriptions.get(usize::from(sample.description))?.as_ref()
    }

    /// The codec string of the first description, where the codec is H.264.
    pub fn codec_string(&self) -> Option<CodecString> {
        self.descriptions.first()?.as_ref().map(AvcDecoderConfig::codec_string)
    }

    /// Fails, in words for the user, where this is a codec that cannot be read yet.
    pub fn require_h264(&self) -> Result<(), Error> {
        match self.codec {
            Some(codec) if codec.is_h264() => Ok(()),
            Some(other) => Err(Error::UnsupportedCodec(other)),
            None => Err(Error::Missing(FourCc(*b"stsd"))),
        }
    }
}

/// A time in units of a timescale; a timescale of zero counts as one.
pub(crate) fn to_duration(units: u64, timescale: u32) -> Duration {
    let scale = u64::from(timescale.max(1));
    let nanos = (units % scale) * 1_000_000_000 / scale;
    Duration::new(units / scale, nanos as u32)
}
