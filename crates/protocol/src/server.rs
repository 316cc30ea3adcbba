use crate::{ColorDescriptor, Features, ImageFormat, Role, json};
use serde::{Deserialize, Serialize};

/// A text message from server to client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServerMessage {
    /// What will come: the first message of every server, and again after a change.
    Config(Config),
    /// How delivery to this client goes.
    Stats(Stats),
    /// What the encoder is now set to.
    SetQuality(SetQuality),
    /// The answer to `ping` (feature `clock`).
    Pong(Pong),
    /// A sentence for the person in front of the page (feature `notice`).
    Notice(Notice),
    /// A type that this version does not know; to be ignored.
    #[serde(other, skip_serializing)]
    #[cfg_attr(feature = "generate", ts(skip))]
    Ignored,
}

/// What will come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Config {
    /// Whether images or video chunks come.
    pub transport: TransportName,
    /// Pixels per row of the stream.
    pub width: u32,
    /// Pixel rows of the stream.
    pub height: u32,
    /// Always `frame-pixels`: the unit of the coordinates in events.
    #[serde(default = "frame_pixels")]
    #[cfg_attr(feature = "generate", ts(type = "\"frame-pixels\""))]
    pub coords: String,
    /// The codec string; each chunk's own is the one to believe. Absent for images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub codec: Option<String>,
    /// Device pixels per layout pixel of the publisher; absent means 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub pixel_ratio: Option<f64>,
    /// The publisher's colour space, where it named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub color: Option<ColorDescriptor>,
    /// The format of the images, for clients that sent `framewire`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub mime: Option<ImageFormat>,
    /// framewire's additions, for clients that sent `framewire`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub framewire: Option<ConfigExtension>,
}

/// How frames come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TransportName {
    /// As images.
    Image,
    /// As video chunks for WebCodecs.
    Webcodecs,
}

/// framewire's part of a [`Config`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct ConfigExtension {
    /// The version of the additions: 1.
    pub version: u32,
    /// The additions that both sides use from now on.
    #[cfg_attr(feature = "generate", ts(as = "Vec<crate::Feature>"))]
    pub features: Features,
    /// What this viewer may do.
    pub role: Role,
    /// The stream's name.
    pub stream: String,
    /// The encoder that makes the frames.
    pub encoder: String,
    /// The stream's clock now, in microseconds: the clock of `timestamp_us` and `publish_us`.
    pub server_us: u64,
}

/// How delivery to this client goes. Zero where nothing was measured yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(default)]
pub struct Stats {
    /// Milliseconds from the sending of a frame to its acknowledgement, smoothed.
    pub rtt_ms: f64,
    /// Frames sent per second.
    pub fps_sent: f64,
    /// Frames acknowledged per second.
    pub fps_acked: f64,
    /// Payload bits sent per second.
    pub bitrate_bps: u64,
    /// Milliseconds to convert and encode a frame, smoothed.
    pub encode_ms: f64,
    /// The chunks that waited in the client's decoder at its last acknowledgement.
    pub decode_queue_size: u32,
    /// Frames that this client missed.
    pub dropped: u64,
    /// What the encoder is set to, in bits per second.
    pub target_bitrate: u64,
    /// What the encoder is set to, in frames per second.
    pub target_fps: f64,
}

/// What the encoder is now set to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct SetQuality {
    /// Bits per second.
    pub bitrate: u64,
    /// Frames per second.
    #[serde(serialize_with = "json::number")]
    pub fps: f64,
}

/// The answer to a `ping`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Pong {
    /// The question's.
    pub id: u64,
    /// The question's.
    #[serde(serialize_with = "json::number")]
    pub client_us: f64,
    /// The stream's clock when the question was answered, in microseconds.
    pub server_us: u64,
}

/// A sentence for the person in front of the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Notice {
    /// How much it matters.
    pub level: NoticeLevel,
    /// The sentence.
    pub text: String,
}

/// How much a [`Notice`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Something does not work as it should.
    Warn,
}

impl ServerMessage {
    /// The text that a server sends: compact ASCII JSON with the keys in the order of the fields.
    ///
    /// # Panics
    /// Never: [`ServerMessage::Ignored`] is what parsing gives, and becomes `{}`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Ignored => "{}".to_owned(),
            message => json::to_text(message),
        }
    }

    /// Reads a server's message on the client's side; what cannot be understood is [`ServerMessage::Ignored`].
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or(Self::Ignored)
    }
}

impl Config {
    /// The constant of [`Config::coords`].
    pub const COORDS: &'static str = "frame-pixels";
}

fn frame_pixels() -> String {
    Config::COORDS.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            transport: TransportName::Webcodecs,
            width: 640,
            height: 480,
            coords: frame_pixels(),
            codec: Some("avc1.42E01F".into()),
            pixel_ratio: None,
            color: None,
            mime: None,
            framewire: None,
        }
    }

    #[test]
    fn a_config_for_other_clients_is_the_reference_s_to_the_byte() {
        assert_eq!(
            ServerMessage::Config(config()).to_text(),
            r#"{"type":"config","transport":"webcodecs","width":640,"height":480,"coords":"frame-pixels","codec":"avc1.42E01F"}"#
        );
        let color = Some(framewire_frame::ColorSpace::DISPLAY_P3.into());
        let image = Config {
            transport: TransportName::Image,
            codec: None,
            pixel_ratio: Some(2.0),
            color,
            ..config()
        };
        assert_eq!(
            ServerMessage::Config(image).to_text(),
            r#"{"type":"config","transport":"image","width":640,"height":480,"coords":"frame-pixels","pixel_ratio":2.0,"color":{"primaries":"display-p3","transfer":"srgb","matrix":"rgb","full_range":true,"bit_depth":8}}"#
        );
    }

    #[test]
    fn what_a_server_writes_reads_back() {
        let extension = ConfigExtension {
            version: 1,
            features: Features::ALL,
            role: Role::View,
            stream: "é".into(),
            encoder: "openh264".into(),
            server_us: 5,
        };
        for message in [
            ServerMessage::Config(Config {
                framewire: Some(extension),
                mime: Some(ImageFormat::Png),
                ..config()
            }),
            ServerMessage::Stats(Stats { rtt_ms: 1.25, dropped: 3, target_fps: 29.97, ..Stats::default() }),
            ServerMessage::SetQuality(SetQuality { bitrate: 8_000_000, fps: 30.0 }),
            ServerMessage::Pong(Pong { id: 1, client_us: 0.5, server_us: 7 }),
            ServerMessage::Notice(Notice { level: NoticeLevel::Warn, text: "now\n\"x\"".into() }),
        ] {
            assert_eq!(ServerMessage::parse(&message.to_text()), message);
            assert!(message.to_text().is_ascii());
        }
    }

    #[test]
    fn a_client_ignores_what_it_does_not_know() {
        for text in ["", "[]", r#"{"type":"warp","x":1}"#, r#"{"type":"config"}"#, r#"{"x":1}"#] {
            assert_eq!(ServerMessage::parse(text), ServerMessage::Ignored, "{text}");
        }
        let stats = r#"{"type":"stats","server_queue":1,"dropped":2}"#;
        assert_eq!(
            ServerMessage::parse(stats),
            ServerMessage::Stats(Stats { dropped: 2, ..Stats::default() })
        );
    }
}
