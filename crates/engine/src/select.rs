use crate::EncoderChoice;
use framewire_codec::{Codec, ImageFormat, Roster};
use framewire_protocol::{self as protocol, Capabilities, Transport, TransportPolicy, VideoCodec};
use std::fmt;

/// One encoding of a stream: viewers with the same key share every byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RenditionKey {
    /// Video or images, and which.
    pub kind: RenditionKind,
    /// How large.
    pub scale: Scale,
}

/// What a rendition is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RenditionKind {
    /// Access units in Annex B.
    Video(Codec),
    /// Whole images, each of which can be shown alone.
    Image(ImageFormat),
}

/// How large a rendition is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scale {
    /// As published.
    #[default]
    Full,
    /// Half of each side, rounded up to even.
    Half,
    /// A quarter of each side, rounded up to even.
    Quarter,
}

impl RenditionKey {
    /// A rendition as large as the published frames.
    pub const fn full(kind: RenditionKind) -> Self {
        Self { kind, scale: Scale::Full }
    }

    /// The next smaller rendition of the kind.
    pub fn smaller(self) -> Option<Self> {
        Some(Self { scale: self.scale.smaller()?, ..self })
    }

    /// The next larger rendition of the kind.
    pub fn larger(self) -> Option<Self> {
        Some(Self { scale: self.scale.larger()?, ..self })
    }
}

impl RenditionKind {
    /// The transport as the protocol names it.
    pub const fn transport(self) -> Transport {
        match self {
            Self::Video(Codec::H264) => Transport::Video(VideoCodec::H264),
            Self::Video(Codec::Hevc) => Transport::Video(VideoCodec::Hevc),
            Self::Image(ImageFormat::Jpeg) => Transport::Image(protocol::ImageFormat::Jpeg),
            Self::Image(ImageFormat::Png) => Transport::Image(protocol::ImageFormat::Png),
            Self::Image(ImageFormat::Webp) => Transport::Image(protocol::ImageFormat::Webp),
        }
    }
}

impl From<Transport> for RenditionKind {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Video(VideoCodec::H264) => Self::Video(Codec::H264),
            Transport::Video(VideoCodec::Hevc) => Self::Video(Codec::Hevc),
            Transport::Image(protocol::ImageFormat::Jpeg) => Self::Image(ImageFormat::Jpeg),
            Transport::Image(protocol::ImageFormat::Png) => Self::Image(ImageFormat::Png),
            Transport::Image(protocol::ImageFormat::Webp) => Self::Image(ImageFormat::Webp),
        }
    }
}

impl Scale {
    /// Every scale, the largest first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Half, Self::Quarter];

    /// By what each side is divided.
    pub const fn divisor(self) -> u32 {
        match self {
            Self::Full => 1,
            Self::Half => 2,
            Self::Quarter => 4,
        }
    }

    /// The next smaller one.
    pub const fn smaller(self) -> Option<Self> {
        match self {
            Self::Full => Some(Self::Half),
            Self::Half => Some(Self::Quarter),
            Self::Quarter => None,
        }
    }

    /// The next larger one.
    pub const fn larger(self) -> Option<Self> {
        match self {
            Self::Full => None,
            Self::Half => Some(Self::Full),
            Self::Quarter => Some(Self::Half),
        }
    }
}

impl fmt::Display for RenditionKey {
    /// `h264`, `h264 at 1/2`, `image:jpeg`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            RenditionKind::Video(codec) => write!(f, "{codec}")?,
            RenditionKind::Image(format) => write!(f, "image:{format}")?,
        }
        match self.scale {
            Scale::Full => Ok(()),
            scale => write!(f, " at 1/{}", scale.divisor()),
        }
    }
}

/// Whether anything in the roster makes this kind.
pub(crate) fn is_possible(roster: &Roster, kind: RenditionKind) -> bool {
    match kind {
        RenditionKind::Video(codec) => roster.encoders.iter().any(|c| c.codecs.contains(&codec)),
        RenditionKind::Image(format) => roster.images.iter().any(|c| c.format == format),
    }
}

/// What a viewer gets: by the stream's choice, among what it can show and what works here.
pub(crate) fn select(
    roster: &Roster,
    choice: &EncoderChoice,
    viewer: Capabilities,
    works: impl Fn(RenditionKind) -> bool,
) -> Option<RenditionKind> {
    let here = |transport: Transport| {
        let kind = RenditionKind::from(transport);
        is_possible(roster, kind) && works(kind)
    };
    let policy = TransportPolicy {
        video: VideoCodec::ALL
            .into_iter()
            .filter(|codec| here(Transport::Video(*codec)))
            .map(Capabilities::from)
            .collect(),
        images: protocol::ImageFormat::ALL
            .into_iter()
            .filter(|format| here(Transport::Image(*format)))
            .map(Capabilities::from)
            .collect(),
        preferred: preferred(roster, choice),
    };
    protocol::select_transport(viewer, &policy).map(RenditionKind::from)
}

fn preferred(roster: &Roster, choice: &EncoderChoice) -> Transport {
    match choice {
        EncoderChoice::Image(format) => RenditionKind::Image(*format).transport(),
        EncoderChoice::Auto | EncoderChoice::Hardware => Transport::Video(VideoCodec::H264),
        EncoderChoice::Named(name) | EncoderChoice::Only(name) => {
            // An encoder that makes HEVC only was chosen for that.
            let codecs = roster.encoders.iter().find(|c| c.name == name).map_or(&[][..], |c| c.codecs);
            let codec = if codecs.contains(&Codec::H264) { None } else { codecs.first() };
            RenditionKind::Video(codec.copied().unwrap_or(Codec::H264)).transport()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_codec::{BackendError, Candidate, ImageCandidate, Tier};
    use std::sync::Arc;

    const H264: RenditionKind = RenditionKind::Video(Codec::H264);
    const HEVC: RenditionKind = RenditionKind::Video(Codec::Hevc);
    const JPEG: RenditionKind = RenditionKind::Image(ImageFormat::Jpeg);
    const PNG: RenditionKind = RenditionKind::Image(ImageFormat::Png);

    fn roster() -> Roster {
        let encoder = |name, codecs| Candidate {
            name,
            codecs,
            tier: Tier::Standard,
            open: Arc::new(|_| Err(BackendError::unavailable("never opened"))),
        };
        let image = |format: ImageFormat| ImageCandidate {
            name: format.name(),
            format,
            tier: Tier::Standard,
            open: Arc::new(|| Err(BackendError::unavailable("never opened"))),
        };
        Roster {
            encoders: vec![encoder("both", &[Codec::H264, Codec::Hevc]), encoder("new", &[Codec::Hevc])],
            images: vec![image(ImageFormat::Jpeg), image(ImageFormat::Png)],
            ..Roster::default()
        }
    }

    fn viewer(names: &[&str]) -> Capabilities {
        Capabilities::from_strings(names.iter().copied())
    }

    fn every() -> Capabilities {
        viewer(&["image/jpeg", "image/png", "image/webp", "webcodecs/h264-annexb", "webcodecs/hevc-annexb"])
    }

    fn chosen(choice: &EncoderChoice, viewer: Capabilities) -> Option<RenditionKind> {
        select(&roster(), choice, viewer, |_| true)
    }

    #[test]
    fn video_is_preferred_and_images_serve_who_has_no_decoder() {
        assert_eq!(chosen(&EncoderChoice::Auto, every()), Some(H264));
        assert_eq!(chosen(&EncoderChoice::Hardware, every()), Some(H264));
        assert_eq!(chosen(&EncoderChoice::Auto, viewer(&["image/jpeg"])), Some(JPEG));
        assert_eq!(chosen(&EncoderChoice::Auto, viewer(&["webcodecs/hevc-annexb"])), Some(HEVC));
        assert_eq!(chosen(&EncoderChoice::Auto, viewer(&["image/webp"])), None, "nothing here makes WebP");
    }

    #[test]
    fn a_pinned_encoder_or_image_never_overrides_what_a_viewer_can_show() {
        let png = EncoderChoice::Image(ImageFormat::Png);
        assert_eq!(chosen(&png, every()), Some(PNG));
        assert_eq!(chosen(&png, viewer(&["image/jpeg", "webcodecs/h264-annexb"])), Some(JPEG));
        assert_eq!(chosen(&png, viewer(&["webcodecs/h264-annexb"])), Some(H264));
        let new = EncoderChoice::Named("new".into());
        assert_eq!(chosen(&new, every()), Some(HEVC));
        assert_eq!(chosen(&new, viewer(&["image/png", "webcodecs/h264-annexb"])), Some(H264));
    }

    #[test]
    fn what_has_failed_is_not_chosen() {
        let without_video =
            select(&roster(), &EncoderChoice::Auto, every(), |kind| kind != H264 && kind != HEVC);
        assert_eq!(without_video, Some(JPEG));
        assert_eq!(select(&roster(), &EncoderChoice::Auto, every(), |_| false), None);
    }

    #[test]
    fn keys_move_between_scales() {
        let full = RenditionKey::full(H264);
        let half = full.smaller().unwrap();
        assert_eq!(half.to_string(), "h264 at 1/2");
        assert_eq!(half.smaller().unwrap().smaller(), None);
        assert_eq!(half.larger(), Some(full));
        assert_eq!(full.larger(), None);
        assert_eq!(RenditionKey::full(JPEG).to_string(), "image:jpeg");
    }
}
