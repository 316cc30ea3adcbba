use bytes::Bytes;
use framewire_bitstream::CodecString;
use framewire_frame::{Color, FrameId, Size, Timestamp};

/// One coded picture, ready to be sent or stored. A clone shares the bytes.
#[derive(Clone, Debug)]
pub struct AccessUnit {
    /// The frame that it shows.
    pub id: FrameId,
    /// The moment that the frame shows.
    pub timestamp: Timestamp,
    /// Annex B: start codes of four bytes, parameter sets before every key frame.
    pub data: Bytes,
    /// Whether a decoder can start here, by the NAL unit types.
    pub key: bool,
    /// Whether a decoder that has shown the acknowledged frames can go on here, whatever it has missed since: a key frame, or
    /// the answer to [`Encoder::request_recovery`](crate::Encoder::request_recovery). Of the answer the encoder's word is taken: what
    /// a picture refers to is not read from the bytes.
    pub recovers: bool,
    /// Whether no other picture refers to this one, so that dropping it breaks nothing.
    pub disposable: bool,
    /// From 0, the layer that is always needed.
    pub temporal_layer: u8,
    /// What a decoder has to be, from the parameter sets.
    pub codec: CodecString,
    /// The size to show, from the parameter sets. 4:2:0 streams have even sides, so an odd frame has one more
    /// column or row here, which repeats its edge.
    pub size: Size,
    /// What the samples mean.
    pub color: Color,
}
