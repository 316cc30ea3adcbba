use serde::{Deserialize, Serialize};

/// What a client can show, as its `supported` list says: a set, the order has no meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u8);

/// A video codec on the wire, always as Annex B with in-band parameter sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VideoCodec {
    /// H.264, capability `webcodecs/h264-annexb`.
    H264,
    /// HEVC, capability `webcodecs/hevc-annexb`.
    Hevc,
}

/// A still image format on the wire; the capability is its MIME type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub enum ImageFormat {
    /// `image/jpeg`.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// `image/png`.
    #[serde(rename = "image/png")]
    Png,
    /// `image/webp`.
    #[serde(rename = "image/webp")]
    Webp,
}

impl Capabilities {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// The set of the strings that this protocol knows; others are ignored.
    pub fn from_strings<'a>(strings: impl IntoIterator<Item = &'a str>) -> Self {
        strings.into_iter().filter_map(bit).fold(Self::NONE, |set, bit| Self(set.0 | bit))
    }

    /// The strings of the set, in the order of the table in `docs/protocol.md`.
    pub fn strings(self) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().filter(move |name| bit(name).is_some_and(|bit| self.0 & bit != 0))
    }

    /// Whether the client decodes `codec`.
    pub fn has_video(self, codec: VideoCodec) -> bool {
        bit(codec.capability()).is_some_and(|bit| self.0 & bit != 0)
    }

    /// Whether the client shows images of `format`.
    pub fn has_image(self, format: ImageFormat) -> bool {
        bit(format.mime()).is_some_and(|bit| self.0 & bit != 0)
    }

    /// Whether there is nothing in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl VideoCodec {
    /// Every codec.
    pub const ALL: [Self; 2] = [Self::H264, Self::Hevc];

    /// The capability string.
    pub const fn capability(self) -> &'static str {
        match self {
            Self::H264 => "webcodecs/h264-annexb",
            Self::Hevc => "webcodecs/hevc-annexb",
        }
    }

    /// The codec string in a `config` that is sent before the first unit is known. The `codec` of each unit's header
    /// is the true one.
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::H264 => "avc1.42E01F",
            Self::Hevc => "hvc1.1.6.L93.B0",
        }
    }

    /// The codec that a codec string such as `avc1.64002A` belongs to.
    pub fn of_string(codec: &str) -> Option<Self> {
        match codec.split('.').next()? {
            "avc1" | "avc3" => Some(Self::H264),
            "hvc1" | "hev1" => Some(Self::Hevc),
            _ => None,
        }
    }
}

impl ImageFormat {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Webp];

    /// The MIME type, which is the capability string too.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// The format of a MIME type.
    pub fn of_mime(mime: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.mime() == mime)
    }
}

impl From<VideoCodec> for Capabilities {
    fn from(codec: VideoCodec) -> Self {
        Self::from_strings([codec.capability()])
    }
}

impl From<ImageFormat> for Capabilities {
    fn from(format: ImageFormat) -> Self {
        Self::from_strings([format.mime()])
    }
}

impl FromIterator<Self> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Self>>(sets: I) -> Self {
        sets.into_iter().fold(Self::NONE, |all, set| Self(all.0 | set.0))
    }
}

const NAMES: [&str; 5] =
    ["image/jpeg", "image/png", "image/webp", "webcodecs/h264-annexb", "webcodecs/hevc-annexb"];

fn bit(name: &str) -> Option<u8> {
    NAMES.iter().position(|known| *known == name).map(|index| 1 << index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_capabilities_are_ignored_and_order_has_no_meaning() {
        let one = Capabilities::from_strings(["image/png", "webcodecs/h264-annexb", "image/avif", ""]);
        let other = Capabilities::from_strings(["webcodecs/h264-annexb", "image/png"]);
        assert_eq!(one, other);
        assert_eq!(one.strings().collect::<Vec<_>>(), ["image/png", "webcodecs/h264-annexb"]);
        assert!(one.has_video(VideoCodec::H264) && !one.has_video(VideoCodec::Hevc));
        assert!(one.has_image(ImageFormat::Png) && !one.has_image(ImageFormat::Jpeg));
    }

    #[test]
    fn codec_strings_name_their_codec() {
        assert_eq!(VideoCodec::of_string("avc1.42C029"), Some(VideoCodec::H264));
        assert_eq!(VideoCodec::of_string("hvc1.1.6.L93.B0"), Some(VideoCodec::Hevc));
        assert_eq!(VideoCodec::of_string("vp09.00.10.08"), None);
    }
}
