use crate::RenditionKind;
use bytes::Bytes;
use framewire_bitstream::CodecString;
use framewire_codec::ImageFormat;
use framewire_frame::{ColorSpace, FrameId, PixelRatio, Size, Timestamp};
use framewire_protocol::{FrameHeader, HeaderTemplate, ImageHeader, Sticky, Transport, VideoHeader};
use framewire_session::UnitInfo;
use std::time::Duration;

/// One encoded picture of a rendition, shared by everybody who reads it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unit {
    /// Its place in the rendition; the next unit's is one more.
    pub position: u64,
    /// The frame that it shows.
    pub frame: FrameId,
    /// The moment that the picture shows. It grows with every unit, also when a resting frame is encoded again.
    pub timestamp: Timestamp,
    /// The moment when the frame was published.
    pub published: Timestamp,
    /// The moment when it came out of the encoder, on the clock of [`Stream::now`](crate::Stream::now).
    pub made: Timestamp,
    /// The access unit or image.
    pub data: Bytes,
    /// Decoding can begin here.
    pub key: bool,
    /// No other unit needs this one.
    pub disposable: bool,
    /// The size of the picture in `data` that is to be shown. Video of an odd frame codes one more column or row, at its
    /// right or lower edge.
    pub size: Size,
    /// The size of the published frame, to which coordinates of input belong. It is larger in scaled renditions.
    pub frame_size: Size,
    /// What `data` is.
    pub kind: UnitKind,
    /// About how long the picture will be shown.
    pub duration: Duration,
    /// Device pixels per layout pixel on the publisher's side.
    pub pixel_ratio: PixelRatio,
    /// What the publisher says about its own pixels.
    pub color_space: Option<ColorSpace>,
    /// The picture rests, and this is its sharp version.
    pub still: bool,
    /// The time to convert and encode it.
    pub encode: Duration,
    header: HeaderTemplate,
}

/// What the bytes of a unit are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// An access unit in Annex B, with the codec string of its parameter sets.
    Video(CodecString),
    /// A whole image.
    Image(ImageFormat),
}

impl Unit {
    /// Appends the length field and the header of the binary message; `data` follows them on the wire.
    /// `publish_time` adds the fields of that feature.
    pub fn write_header(&self, seq: u64, publish_time: bool, out: &mut Vec<u8>) {
        self.header.write(seq, publish_time, out);
    }

    /// The bytes that [`Unit::write_header`] appends at most.
    pub fn max_header_len(&self) -> usize {
        self.header.max_len()
    }

    /// The moment when its encoding began, on the clock of [`Stream::now`](crate::Stream::now).
    pub(crate) fn moment(&self) -> Timestamp {
        self.made.since(self.encode.into()).into()
    }

    pub(crate) fn info(&self) -> UnitInfo {
        UnitInfo {
            bytes: self.data.len(),
            key: self.key,
            disposable: self.disposable,
            timestamp: self.timestamp,
            still: self.still,
            encode: self.encode,
        }
    }
}

/// What a unit takes over from its frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) id: FrameId,
    pub(crate) published: Timestamp,
    pub(crate) size: Size,
    pub(crate) pixel_ratio: PixelRatio,
    pub(crate) color_space: Option<ColorSpace>,
}

/// What an encoder made.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) id: FrameId,
    pub(crate) timestamp: Timestamp,
    pub(crate) data: Bytes,
    pub(crate) key: bool,
    pub(crate) disposable: bool,
    pub(crate) size: Size,
    pub(crate) kind: UnitKind,
}

/// What a unit takes over from the moment of its encoding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) duration: Duration,
    pub(crate) still: bool,
    pub(crate) encode: Duration,
    pub(crate) made: Timestamp,
}

impl Unit {
    /// A unit whose position the log will say.
    pub(crate) fn new(made: Made, facts: Facts, circumstances: Circumstances, sticky: &mut Sticky) -> Self {
        let Circumstances { duration, still, encode, made: moment } = circumstances;
        let (pixel_ratio, color) = sticky.fields(facts.pixel_ratio, facts.color_space);
        // 4:2:0 has even sides alone: of an odd frame, the last column and row of what is coded are padding.
        let padded = made.size == facts.size.padded_to_even();
        let size = if padded { facts.size } else { made.size };
        let (timestamp_us, width, height) = (made.timestamp.as_micros(), size.width(), size.height());
        let header = match &made.kind {
            UnitKind::Image(format) => {
                let mime = match RenditionKind::Image(*format).transport() {
                    Transport::Image(mime) => mime,
                    Transport::Video(_) => unreachable!("the transport of an image is an image"),
                };
                FrameHeader::Image(ImageHeader { timestamp_us, width, height, mime, pixel_ratio, color })
            }
            UnitKind::Video(codec) => FrameHeader::Video(VideoHeader {
                timestamp_us,
                width,
                height,
                codec: codec.as_str().to_owned(),
                bitstream: VideoHeader::ANNEX_B.to_owned(),
                keyframe: made.key,
                duration_us: Some(micros(duration)),
                pixel_ratio,
                color,
            }),
        };
        Self {
            position: 0,
            frame: made.id,
            timestamp: made.timestamp,
            published: facts.published,
            made: moment,
            data: made.data,
            key: made.key,
            disposable: made.disposable,
            size,
            frame_size: facts.size,
            kind: made.kind,
            duration,
            pixel_ratio: facts.pixel_ratio,
            color_space: facts.color_space,
            still,
            encode,
            header: HeaderTemplate::new(&header, facts.published.as_micros(), micros(encode)),
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(crate) fn example(key: bool, len: usize) -> Unit {
    let size = Size::new(4, 2).unwrap();
    let made = Made {
        id: FrameId(7),
        timestamp: Timestamp::from_micros(1000),
        data: vec![0; len].into(),
        key,
        disposable: false,
        size,
        kind: UnitKind::Video("avc1.42C01E".parse().unwrap()),
    };
    let facts = Facts {
        id: FrameId(7),
        published: Timestamp::from_micros(900),
        size,
        pixel_ratio: PixelRatio::ONE,
        color_space: None,
    };
    let circumstances = Circumstances {
        duration: Duration::from_millis(20),
        still: false,
        encode: Duration::from_millis(3),
        made: Timestamp::from_micros(4000),
    };
    Unit::new(made, facts, circumstances, &mut Sticky::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_protocol::Envelope;

    #[test]
    fn the_header_says_what_the_unit_is() {
        let unit = example(true, 3);
        let mut message = Vec::new();
        unit.write_header(5, true, &mut message);
        assert!(message.len() <= unit.max_header_len());
        message.extend_from_slice(&unit.data);
        let envelope = Envelope::parse(&message).unwrap();
        assert_eq!(envelope.payload, [0; 3]);
        let text = String::from_utf8_lossy(&message[4..message.len() - 3]).into_owned();
        assert_eq!(
            text,
            "{\"type\":\"video_chunk\",\"seq\":5,\"timestamp_us\":1000,\"width\":4,\"height\":2,\
             \"codec\":\"avc1.42C01E\",\"bitstream\":\"annexb\",\"keyframe\":true,\"duration_us\":20000,\
             \"publish_us\":900,\"encode_us\":3000}"
        );
    }
}
