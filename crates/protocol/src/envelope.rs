use crate::{ColorDescriptor, EnvelopeError, ImageFormat, json};
use serde::{Deserialize, Serialize};
use std::io::Write as _;

/// The header of a binary message without its `seq`, which differs per connection.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameHeader {
    /// A whole image.
    Image(ImageHeader),
    /// One access unit of video.
    Video(VideoHeader),
}

/// The header of an `image_frame`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageHeader {
    /// The moment of the frame on the stream's clock.
    pub timestamp_us: u64,
    /// Pixels per row.
    pub width: u32,
    /// Pixel rows.
    pub height: u32,
    /// The format.
    pub mime: ImageFormat,
    /// Device pixels per layout pixel; absent means 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixel_ratio: Option<f64>,
    /// The publisher's colour space; absent means sRGB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<ColorDescriptor>,
}

/// The header of a `video_chunk`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoHeader {
    /// The moment of the frame on the stream's clock.
    pub timestamp_us: u64,
    /// Pixels per row.
    pub width: u32,
    /// Pixel rows.
    pub height: u32,
    /// The codec string of this very chunk's parameter sets.
    pub codec: String,
    /// Always `annexb`.
    pub bitstream: String,
    /// Whether decoding can begin here; the parameter sets are then in the payload.
    pub keyframe: bool,
    /// The time that the frame is to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_us: Option<u64>,
    /// Device pixels per layout pixel; absent means 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixel_ratio: Option<f64>,
    /// The publisher's colour space; absent means sRGB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<ColorDescriptor>,
}

/// A header laid out once per unit, so that a viewer costs the formatting of one number.
#[derive(Clone, Debug)]
pub struct HeaderTemplate {
    before_seq: &'static str,
    /// From the comma behind `seq` to before the closing brace.
    after_seq: Box<str>,
    /// The members of feature `publish_time`, with their leading comma.
    publish_time: Box<str>,
}

/// A binary message taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope<'a> {
    /// The header.
    pub header: ReceivedHeader,
    /// The image or the access unit.
    pub payload: &'a [u8],
}

/// A header as a client reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct ReceivedHeader {
    /// `image_frame` or `video_chunk`; a client ignores messages of another type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Counts the messages of this connection from 0. Other servers leave gaps.
    #[serde(default)]
    pub seq: u64,
    /// The moment of the frame on the stream's clock.
    #[serde(default)]
    pub timestamp_us: u64,
    /// Pixels per row.
    #[serde(default)]
    pub width: u32,
    /// Pixel rows.
    #[serde(default)]
    pub height: u32,
    /// The format of an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub mime: Option<String>,
    /// The codec string of a video chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub codec: Option<String>,
    /// `annexb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub bitstream: Option<String>,
    /// Whether decoding can begin at this video chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub keyframe: Option<bool>,
    /// The time that the frame is to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub duration_us: Option<u64>,
    /// Device pixels per layout pixel of the publisher; absent means 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub pixel_ratio: Option<f64>,
    /// The publisher's colour space; absent means sRGB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub color: Option<ColorDescriptor>,
    /// The moment of publishing on the stream's clock (feature `publish_time`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub publish_us: Option<u64>,
    /// The time that conversion and encoding took (feature `publish_time`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub encode_us: Option<u64>,
}

/// Decides when a rendition writes the fields whose absence older clients take for "as before".
///
/// A ratio of 1 and an unnamed colour space are not written until another value was; from then on every header says
/// what holds, so that a client that joins, skips or returns to the default is never left with a stale value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sticky {
    ratio: bool,
    color: bool,
}

impl VideoHeader {
    /// The constant of [`VideoHeader::bitstream`].
    pub const ANNEX_B: &'static str = "annexb";
}

impl HeaderTemplate {
    /// Lays a header out. `publish_us` and `encode_us` are written for viewers with the feature `publish_time`.
    pub fn new(header: &FrameHeader, publish_us: u64, encode_us: u64) -> Self {
        let (before_seq, members) = match header {
            FrameHeader::Image(image) => (IMAGE, json::to_text(image)),
            FrameHeader::Video(video) => (VIDEO, json::to_text(video)),
        };
        let inner = members.trim_start_matches('{').strip_suffix('}').unwrap_or_default();
        Self {
            before_seq,
            after_seq: format!(",{inner}").into(),
            publish_time: format!(",\"publish_us\":{publish_us},\"encode_us\":{encode_us}").into(),
        }
    }

    /// Appends the length field and the header; the payload follows them on the wire.
    pub fn write(&self, seq: u64, publish_time: bool, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(self.before_seq.as_bytes());
        write!(out, "{seq}").expect("a Vec takes every byte");
        out.extend_from_slice(self.after_seq.as_bytes());
        if publish_time {
            out.extend_from_slice(self.publish_time.as_bytes());
        }
        out.push(b'}');
        let length = u32::try_from(out.len() - start - 4).expect("a header is far below 4 GiB");
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// The bytes that [`HeaderTemplate::write`] appends at most.
    pub fn max_len(&self) -> usize {
        4 + self.before_seq.len() + 20 + self.after_seq.len() + self.publish_time.len() + 1
    }
}

impl<'a> Envelope<'a> {
    /// Takes a binary message apart on the client's side.
    pub fn parse(message: &'a [u8]) -> Result<Self, EnvelopeError> {
        let truncated = |needed| EnvelopeError::Truncated { length: message.len(), needed };
        let (length, rest) = message.split_first_chunk::<4>().ok_or(truncated(4))?;
        let length = u32::from_le_bytes(*length);
        let header = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
        let (header, payload) = header.ok_or(truncated(u64::from(length) + 4))?;
        let header =
            serde_json::from_slice(header).map_err(|error| EnvelopeError::Header(error.to_string()))?;
        Ok(Self { header, payload })
    }
}

impl ReceivedHeader {
    /// Whether decoding can begin here. Every image is a key frame.
    pub fn is_key(&self) -> bool {
        self.keyframe.unwrap_or(self.kind == "image_frame")
    }
}

impl Sticky {
    /// The fields to write for a frame with this ratio and colour space.
    pub fn fields(
        &mut self,
        pixel_ratio: framewire_frame::PixelRatio,
        color: Option<framewire_frame::ColorSpace>,
    ) -> (Option<f64>, Option<ColorDescriptor>) {
        self.ratio |= pixel_ratio != framewire_frame::PixelRatio::ONE;
        self.color |= color.is_some();
        let color = color.unwrap_or(framewire_frame::ColorSpace::SRGB);
        (self.ratio.then_some(pixel_ratio.get()), self.color.then(|| color.into()))
    }
}

/// A whole binary message.
pub fn pack(header: &FrameHeader, seq: u64, payload: &[u8]) -> Vec<u8> {
    let template = HeaderTemplate::new(header, 0, 0);
    let mut out = Vec::with_capacity(template.max_len() + payload.len());
    template.write(seq, false, &mut out);
    out.extend_from_slice(payload);
    out
}

const IMAGE: &str = "{\"type\":\"image_frame\",\"seq\":";
const VIDEO: &str = "{\"type\":\"video_chunk\",\"seq\":";

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
