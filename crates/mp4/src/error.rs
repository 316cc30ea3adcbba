use crate::FourCc;

/// Why a file could not be read or written. Each message is a clause to put behind the file's name: `clip.mp4: the file is empty`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// The bytes are another format.
    #[error("this is not an MP4 file: no box that begins one is at byte 0")]
    NotMp4,
    /// The file ends early: it was cut off, or is still being written.
    #[error(
        "the file is truncated: it ends inside its {name} box, at byte {at} of the {expected} that were expected"
    )]
    Truncated {
        /// The box.
        name: FourCc,
        /// Where the file ends.
        at: u64,
        /// Where it must not end before.
        expected: u64,
    },
    /// The file has media and no index of it: it was never finished.
    #[error("the file has no {0} box: it was never finished, or is damaged")]
    Missing(FourCc),
    /// A box lacks one that must be in it.
    #[error("the file is damaged at byte {offset}: the box {name} was expected in its {parent} box")]
    MissingChild {
        /// The box that is missing.
        name: FourCc,
        /// The box that should have it.
        parent: FourCc,
        /// Where the contents of that begin in the file.
        offset: u64,
    },
    /// A box contradicts itself.
    #[error("the file is damaged at byte {offset}: {reason} in its {name} box")]
    Damaged {
        /// The box.
        name: FourCc,
        /// Where in the file that is seen.
        offset: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// There is no track with pictures.
    #[error("the file has no video")]
    NoVideo,
    /// The video is of a codec that is not read here.
    #[error("the video is {name} ({0}), which cannot be read yet", name = .0.codec_name())]
    UnsupportedCodec(FourCc),
    /// More of something than is accepted.
    #[error("{value} {what} are more than the limit of {limit}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        value: u64,
        /// The most that is accepted.
        limit: u64,
    },
    /// A sample or track that the file does not have was asked for.
    #[error("the file has no sample {index} in track {track}")]
    NoSample {
        /// The track's number.
        track: u32,
        /// The sample's index in decoding order.
        index: usize,
    },
    /// A sample cannot be decoded before the one before it in its track.
    #[error("track {track} has a sample at {dts}, behind one at {previous}")]
    OutOfOrder {
        /// The track's number.
        track: u32,
        /// The sample's decoding time, in units of the track.
        dts: i64,
        /// That of the sample before.
        previous: i64,
    },
    /// Fragments have no decoding times before zero.
    #[error("a fragment cannot hold a sample that is decoded at {dts}, before zero")]
    NegativeTime {
        /// The sample's decoding time, in units of the track.
        dts: i64,
    },
    /// No track of this number was added.
    #[error("the file has no track {0}")]
    UnknownTrack(u32),
    /// A track needs a sample entry.
    #[error("a track needs at least one sample entry")]
    NoDescription,
    /// The track has no such description.
    #[error("track {track} has no sample description {description}")]
    UnknownDescription {
        /// The track's number.
        track: u32,
        /// The description's number, from zero.
        description: u16,
    },
    /// A fragmented file has all its tracks from the beginning.
    #[error("a track cannot be added behind the first sample")]
    LateTrack,
    /// The track cannot get a further sample entry behind the first sample.
    #[error("track {track} cannot get another sample entry behind the first sample")]
    LateDescription {
        /// The track's number.
        track: u32,
    },
    /// The file was not begun as one that becomes seekable.
    #[error("the file has no room for the head of a plain file")]
    NotReserved,
    /// An earlier write failed, so nothing can be appended.
    #[error("an earlier write to the file failed")]
    EarlierWrite,
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    Write(#[source] std::io::Error),
    /// The file had its index, and could not be rewritten with that in front: it may be lost.
    #[error("the media cannot be moved behind the index: {0}")]
    Move(#[source] std::io::Error),
    /// A box has a value that it cannot hold.
    #[error("a box cannot be written: {0}")]
    Box(#[from] mp4_atom::Error),
    /// A sample is not what its description says.
    #[error("the file is damaged in the sample of track {track} at byte {offset}: {error}")]
    DamagedSample {
        /// The track's number.
        track: u32,
        /// Where the sample begins in the file.
        offset: u64,
        /// What is wrong.
        error: framewire_bitstream::Error,
    },
    /// The parameter sets in the file are broken.
    #[error("the video's parameter sets are damaged: {0}")]
    Bitstream(#[from] framewire_bitstream::Error),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
}
