use crate::{Error, Keep};
use framewire_codec::{Choice, Codec, Content, EncoderConfig, ImageFormat, Rate, Roster};
use framewire_frame::Size;
use std::{convert::Infallible, fmt, num::NonZeroUsize, path::PathBuf, str::FromStr, time::Duration};

/// How a stream encodes and what it keeps. All but the rate and the encoder is fixed once the stream exists.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamConfig {
    /// The size that viewers are told before the first frame. Frames may have any size at any time.
    pub size: Size,
    /// The most that one rendition takes. The frame rate is what the rate control begins with; later it follows
    /// the publisher.
    pub rate: Rate,
    /// What viewers get.
    pub encoder: EncoderChoice,
    /// What the pictures show.
    pub content: Content,
    /// Threads of one encoder; `None` lets the encoder decide.
    pub threads: Option<NonZeroUsize>,
    /// Whether the video renews itself by intra blocks that move across the picture, so that a viewer who lost a unit
    /// recovers without a key frame. An encoder that lacks it leaves it out.
    pub intra_refresh: bool,
    /// How long the picture must rest before it is sent once more, sharp. `None`: never.
    pub still_after: Option<Duration>,
    /// The quality of JPEG and WebP renditions, from 1 to 100, as long as the bitrate allows it.
    pub image_quality: u8,
    /// Who decides on the size of the frames.
    pub resize: ResizePolicy,
    /// The largest side that a viewer may ask for under [`ResizePolicy::MatchClient`].
    pub max_render_dimension: u32,
    /// How many input events may wait for the application.
    pub event_queue: usize,
    /// Whether the last [`StreamConfig::RECORDED_EVENTS`] input events are kept for inspection. They contain keystrokes.
    pub record_events: bool,
    /// A file to which every input event is appended as a line of JSON. It contains keystrokes.
    pub event_log: Option<PathBuf>,
    /// How much of the recent past is kept, for [`Stream::recent`](crate::Stream::recent). It needs video. `None`: nothing.
    pub keep: Option<Keep>,
    /// How long an encoder outlives its last viewer, so that a page that is loaded again finds it running.
    pub grace: Duration,
}

/// What viewers get.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum EncoderChoice {
    /// Video by the best encoder that works; images for viewers without a decoder.
    #[default]
    Auto,
    /// Video by this encoder; another one, with a warning, where it does not work.
    Named(String),
    /// Video by this encoder; images where it does not work.
    Only(String),
    /// Video by the best encoder in hardware: a stream that asks for it where none opens is refused. Images for viewers
    /// without a decoder, and where the hardware fails later.
    Hardware,
    /// Images of this format; what else a viewer can show where it can't show these.
    Image(ImageFormat),
}

/// Who decides on the size of the frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ResizePolicy {
    /// The publisher: viewers fit the picture into their own space.
    #[default]
    Publisher,
    /// The viewers: the publisher reads [`Stream::target_size`](crate::Stream::target_size) and renders that.
    MatchClient,
}

impl StreamConfig {
    /// How many events [`StreamConfig::record_events`] keeps.
    pub const RECORDED_EVENTS: usize = 10_000;

    /// 1280x720, 30 frames per second, 8 Mb/s, the best encoder.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn check(&self, roster: &Roster) -> Result<(), Error> {
        let invalid = |what, value: String, rule| Err(Error::InvalidConfig { what, value, rule });
        if !(1..=100).contains(&self.image_quality) {
            return invalid("the image quality", self.image_quality.to_string(), "it goes from 1 to 100");
        }
        if !(2..=Size::MAX_SIDE).contains(&self.max_render_dimension) {
            let value = self.max_render_dimension.to_string();
            return invalid("the largest side to render", value, "it goes from 2 to 16384");
        }
        if !(1..=1_000_000).contains(&self.event_queue) {
            return invalid("the event queue", self.event_queue.to_string(), "it holds 1 to 1000000 events");
        }
        self.keep.as_ref().map_or(Ok(()), Keep::check)?;
        self.encoder.check(roster)
    }
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self {
            size: Size::new(1280, 720).expect("1280x720 is within the range of sizes"),
            rate: Rate::default(),
            encoder: EncoderChoice::Auto,
            content: Content::Camera,
            threads: None,
            intra_refresh: false,
            still_after: None,
            image_quality: 80,
            resize: ResizePolicy::Publisher,
            max_render_dimension: 3840,
            event_queue: 4096,
            record_events: false,
            event_log: None,
            keep: None,
            grace: Duration::from_secs(2),
        }
    }
}

impl EncoderChoice {
    /// Which video encoder renditions of video use under this choice.
    pub(crate) fn video(&self) -> Choice {
        match self {
            Self::Auto | Self::Image(_) => Choice::Auto,
            Self::Named(name) => Choice::Named(name.clone()),
            Self::Only(name) => Choice::Only(name.clone()),
            Self::Hardware => Choice::Hardware,
        }
    }

    /// Whether the roster has what is chosen; hardware is tried, since a stream that has to have it is of no use without.
    pub(crate) fn check(&self, roster: &Roster) -> Result<(), Error> {
        let known = match self {
            Self::Auto => true,
            Self::Hardware => return hardware_opens(roster),
            Self::Named(name) | Self::Only(name) => roster.encoders.iter().any(|c| c.name == name),
            Self::Image(format) => roster.images.iter().any(|c| c.format == *format),
        };
        if known {
            return Ok(());
        }
        let mut names: Vec<_> = roster.encoder_choices().into_iter().map(str::to_owned).collect();
        names.extend(roster.images.iter().map(|c| Self::Image(c.format).to_string()));
        names.dedup();
        Err(Error::UnknownEncoder { name: self.to_string(), known: names.join(", ") })
    }
}

impl fmt::Display for EncoderChoice {
    /// `auto`, `hardware`, an encoder's name, or `image:jpeg`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto | Self::Named(_) | Self::Only(_) | Self::Hardware => self.video().fmt(f),
            Self::Image(format) => f.pad(&format!("image:{format}")),
        }
    }
}

impl FromStr for EncoderChoice {
    type Err = Infallible;

    /// Reads what [`Display`](fmt::Display) writes; any other text is taken for an encoder's name, which a stream
    /// checks against its roster.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        if let Some(format) = text.strip_prefix("image:").and_then(|name| name.parse().ok()) {
            return Ok(Self::Image(format));
        }
        let Ok(choice) = text.parse::<Choice>();
        Ok(match choice {
            Choice::Auto => Self::Auto,
            Choice::Named(name) => Self::Named(name),
            Choice::Only(name) => Self::Only(name),
            Choice::Hardware => Self::Hardware,
        })
    }
}

/// Opens an encoder in hardware for a moment.
fn hardware_opens(roster: &Roster) -> Result<(), Error> {
    let size = Size::new(640, 360).expect("640x360 is within the range of sizes");
    let open = |codec| {
        let config = EncoderConfig::new(size).with_codec(codec);
        roster.open_encoder(&Choice::Hardware, &config, &[]).map(drop)
    };
    // Viewers get H.264 where they can, so that its reason is the one to tell.
    open(Codec::H264).or_else(|error| open(Codec::Hevc).map_err(|_| Error::NoHardware(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_codec::{
        Tier,
        testing::{Fault, Script},
    };

    #[test]
    fn choices_are_read_as_they_are_written() {
        for text in ["auto", "hardware", "openh264", "image:jpeg", "image:png", "image:webp"] {
            let Ok(choice) = text.parse::<EncoderChoice>();
            assert_eq!(choice.to_string(), text);
        }
        assert_eq!("image:gif".parse(), Ok(EncoderChoice::Named("image:gif".into())));
    }

    #[test]
    fn an_unknown_encoder_is_refused_by_name() {
        let config =
            StreamConfig { encoder: EncoderChoice::Named("theora".into()), ..StreamConfig::default() };
        let error = config.check(&Roster::default()).unwrap_err();
        assert_eq!(error.to_string(), "no encoder is named \"theora\"; known are auto");
    }

    #[test]
    fn hardware_that_is_asked_for_opens_or_is_an_error_with_the_reason() {
        let config = StreamConfig { encoder: EncoderChoice::Hardware, ..StreamConfig::default() };
        let roster = |scripts: &[Script]| Roster {
            encoders: scripts.iter().map(Script::candidate).collect(),
            ..Roster::default()
        };
        let software = Script::new("software");
        let error = config.check(&roster(std::slice::from_ref(&software))).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("there is no encoder of h264 in hardware in this program"), "{said}");
        let hardware = Script::new("chip").in_tier(Tier::Preferred);
        let lost = hardware.clone().with(Fault::RefuseBelow(Size::new(2000, 2000).unwrap()));
        let error = config.check(&roster(&[software.clone(), lost])).unwrap_err();
        assert!(error.to_string().contains("chip refused"), "{error}");
        assert!(config.check(&roster(&[software, hardware])).is_ok());
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let roster = Roster::default();
        let check = |config: StreamConfig| config.check(&roster);
        assert!(check(StreamConfig::default()).is_ok());
        assert!(check(StreamConfig { image_quality: 0, ..StreamConfig::default() }).is_err());
        assert!(check(StreamConfig { max_render_dimension: 1, ..StreamConfig::default() }).is_err());
        assert!(check(StreamConfig { event_queue: 0, ..StreamConfig::default() }).is_err());
    }
}
