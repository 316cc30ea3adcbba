use std::{fmt, num::NonZeroU32, time::Duration};

use framewire_bitstream::{Codec, CodecString, DecoderConfig, Dimensions, avcc};

use crate::{
    DescriptionId, Edit, Error, FixedSize, Language, Matrix, NewSample, Sample, SampleEntry, TrackSettings,
    units::{Role, role},
};

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
    pub(crate) timescale: NonZeroU32,
    pub(crate) header_duration: u64,
    pub(crate) entries: Vec<SampleEntry>,
    pub(crate) matrix: Matrix,
    pub(crate) shown: FixedSize,
    pub(crate) language: Language,
    pub(crate) volume: i16,
    pub(crate) alternate_group: u16,
    pub(crate) enabled: bool,
    pub(crate) media_header: Option<Vec<u8>>,
    pub(crate) edits: Vec<Edit>,
    /// From media time to presentation time.
    pub(crate) shift: i64,
    pub(crate) sample_count: u64,
    pub(crate) samples: Vec<Sample>,
}

impl FourCc {
    /// The codec that it names, where that is one whose parameter sets are read.
    pub fn video_codec(self) -> Option<Codec> {
        match &self.0 {
            b"avc1" | b"avc3" => Some(Codec::H264),
            b"hvc1" | b"hev1" => Some(Codec::Hevc),
            _ => None,
        }
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
        self.entries.first().map(SampleEntry::codec)
    }

    /// Its sample entries; samples name them by their index.
    pub fn entries(&self) -> &[SampleEntry] {
        &self.entries
    }

    /// The size of its pictures as the sample entry says; zero for other tracks.
    pub fn size(&self) -> Dimensions {
        self.entries.first().map(SampleEntry::size).unwrap_or_default()
    }

    /// How its pictures are to be turned (the matrix of `tkhd`).
    pub fn rotation(&self) -> Rotation {
        self.matrix.rotation()
    }

    /// Units per second of its times.
    pub fn timescale(&self) -> u32 {
        self.timescale.get()
    }

    /// The language of its sound or text.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Its edit list, whole. Of that, the times of samples take account of the leading edits.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Everything that a copy of it begins with.
    pub fn settings(&self) -> TrackSettings {
        TrackSettings {
            kind: self.kind,
            timescale: self.timescale,
            entries: self.entries.clone(),
            matrix: self.matrix,
            language: self.language,
            edits: self.edits.clone(),
            shown: Some(self.shown),
            volume: self.volume,
            alternate_group: self.alternate_group,
            enabled: self.enabled,
            may_change: false,
            media_header: self.media_header.clone(),
        }
    }

    /// A sample as a copy of the track has it: in the time of the media, to which the edit list refers.
    pub fn copy<'a>(&self, sample: &Sample, data: &'a [u8]) -> NewSample<'a> {
        NewSample {
            data,
            dts: sample.dts.saturating_sub(self.shift),
            composition_offset: sample.composition_offset(),
            duration: Some(sample.duration),
            sync: sample.sync,
            description: DescriptionId(sample.description),
        }
    }

    /// How many samples it has.
    pub fn sample_count(&self) -> u64 {
        self.sample_count
    }

    /// The samples, in decoding order. Empty for sound and others of which the file has more than
    /// [`MAX_SAMPLES`](crate::limits::MAX_SAMPLES).
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// How long it lasts: from the beginning of the presentation to the end of the sample that is shown last. What the
    /// header says where there is no sample, or [`samples`](Self::samples) has none of them.
    pub fn duration(&self) -> Duration {
        let end = self.samples.iter().map(|s| s.pts.saturating_add(i64::from(s.duration))).max();
        let units = end.map_or(self.header_duration, |end| u64::try_from(end).unwrap_or(0));
        to_duration(units, self.timescale.get())
    }

    /// When a sample is shown; `None` where the edit list cuts it off, so that it is decoded and not shown.
    pub fn presentation_time(&self, sample: &Sample) -> Option<Duration> {
        u64::try_from(sample.pts).ok().map(|pts| to_duration(pts, self.timescale.get()))
    }

    /// Appends a sample as Annex B: with the parameter sets of its description first where decoding can begin, unless the
    /// sample has its own.
    pub fn to_annexb(&self, sample: &Sample, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let Some(config) = self.config(sample) else {
            self.require_known()?;
            let (track, description) = (self.id.0, sample.description);
            return Err(Error::UnknownDescription { track, description });
        };
        if sample.sync && !has_parameter_sets(bytes, config) {
            config.to_annexb(out);
        }
        avcc::avcc_to_annexb(bytes, config.length_size(), out).map_err(|error| Error::DamagedSample {
            track: self.id.0,
            offset: sample.offset,
            error,
        })
    }

    /// The `avcC` or `hvcC` record of a sample's description; `None` where the codec is neither H.264 nor HEVC.
    pub fn config(&self, sample: &Sample) -> Option<&DecoderConfig> {
        self.entries.get(usize::from(sample.description))?.config()
    }

    /// The codec string of the first description, where the codec is H.264 or HEVC.
    pub fn codec_string(&self) -> Option<CodecString> {
        self.entries.first()?.codec_string()
    }

    /// Fails, in words for the user, where this is not H.264: for those who cannot decode anything else.
    pub fn require_h264(&self) -> Result<(), Error> {
        self.require(&[Codec::H264])
    }

    /// Fails, in words for the user, where this is neither H.264 nor HEVC.
    pub fn require_known(&self) -> Result<(), Error> {
        self.require(&Codec::ALL)
    }

    fn require(&self, codecs: &[Codec]) -> Result<(), Error> {
        match self.codec() {
            Some(name) if name.video_codec().is_some_and(|codec| codecs.contains(&codec)) => Ok(()),
            Some(other) => Err(Error::UnsupportedCodec(other)),
            None => Err(Error::NoDescription),
        }
    }
}

/// Whether a sample has a sequence parameter set, as `avc3` and `hev1` allow.
fn has_parameter_sets(sample: &[u8], config: &DecoderConfig) -> bool {
    avcc::nals(sample, config.length_size()).flatten().any(|nal| role(config.codec(), nal) == Role::Sps)
}

/// A time in units of a timescale; a timescale of zero counts as one.
pub(crate) fn to_duration(units: u64, timescale: u32) -> Duration {
    let scale = u64::from(timescale.max(1));
    let nanos = (units % scale) * 1_000_000_000 / scale;
    Duration::new(units / scale, nanos as u32)
}
