use crate::FourCc;

/// Why a file could not be read. Each message is a clause to put behind the file's name: `clip.mp4: the file is empty`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// The bytes are another format.
    #[error("this is not an MP4 file")]
    NotMp4,
    /// The file ends early: it was cut off, or is still being written.
    #[error("the file is truncated: it ends inside its {0} box")]
    Truncated(FourCc),
    /// The file has media and no index of it: it was never finished.
    #[error("the file has no {0} box: it was never finished, or is damaged")]
    Missing(FourCc),
    /// A box contradicts itself.
    #[error("the file is damaged: {reason} in its {name} box")]
    Damaged {
        /// The box.
        name: FourCc,
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
    /// The parameter sets in the file are broken.
    #[error("the video's parameter sets are damaged")]
    Bitstream(#[from] framewire_bitstream::Error),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
}
