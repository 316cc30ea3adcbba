use crate::{Hello, InputEvent, ParseError, json};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// A message from client to server.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClientMessage {
    /// The first message of a connection.
    Hello(Hello),
    /// A frame is on the screen.
    Ack(Ack),
    /// A frame is there (feature `arrival`).
    Arrived(Arrived),
    /// The next unit has to be a key frame.
    RequestKeyframe(RequestKeyframe),
    /// The decoder starts over: nothing that was sent will be acknowledged any more, and a key frame is needed.
    DecoderReset,
    /// Input for the application.
    Event(EventMessage),
    /// The size of the client's canvas.
    SetViewport(Viewport),
    /// A question for the stream's clock (feature `clock`).
    Ping(Ping),
    /// A type that this version does not know, or an acknowledgement of nothing; to be ignored.
    #[serde(skip)]
    #[cfg_attr(feature = "generate", ts(skip))]
    Ignored,
}

/// A frame is on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Ack {
    /// The frame's `seq`. Acknowledges this one only.
    pub seq: u64,
    /// Chunks that wait in the client's decoder.
    pub decode_queue_size: u32,
    /// False for a frame that was passed over: it frees the window and is not counted as shown. Absent means true.
    #[cfg_attr(feature = "generate", ts(optional, as = "Option<bool>"))]
    pub displayed: bool,
    /// Microseconds from the frame's publish to its display, where the client knows (features `clock`, `publish_time`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub latency_us: Option<u64>,
}

/// A frame is there, whole and before its decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Arrived {
    /// The frame's `seq`. As the connection keeps its order, all earlier ones are there too.
    pub seq: u64,
}

/// The client cannot go on without a key frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct RequestKeyframe {
    /// Why, for logs.
    pub reason: String,
}

/// Input for the application.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct EventMessage {
    /// Any JSON object; `KnownEvent` lists the known ones.
    #[cfg_attr(feature = "generate", ts(type = "InputEvent"))]
    pub event: InputEvent,
}

/// The size of the client's canvas.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Viewport {
    /// Layout (CSS) pixels per row.
    #[serde(serialize_with = "json::number")]
    pub width: f64,
    /// Layout (CSS) rows.
    #[serde(serialize_with = "json::number")]
    pub height: f64,
    /// Device pixels per row; the width where absent.
    #[serde(serialize_with = "json::number")]
    #[cfg_attr(feature = "generate", ts(optional, as = "Option<f64>"))]
    pub pwidth: f64,
    /// Device pixel rows; the height where absent.
    #[serde(serialize_with = "json::number")]
    #[cfg_attr(feature = "generate", ts(optional, as = "Option<f64>"))]
    pub pheight: f64,
    /// Device pixels per layout pixel; 1 where absent.
    #[serde(serialize_with = "json::number")]
    #[cfg_attr(feature = "generate", ts(optional, as = "Option<f64>"))]
    pub ratio: f64,
}

/// A question for the stream's clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Ping {
    /// Comes back in the answer.
    pub id: u64,
    /// The client's clock in microseconds; comes back in the answer.
    #[serde(serialize_with = "json::number")]
    pub client_us: f64,
}

impl ClientMessage {
    /// Reads a text message that came after the hello.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let fields = Fields::parse(text)?;
        let Some(kind) = fields.kind.and_then(plain) else { return Ok(Self::Ignored) };
        match &*kind {
            "ack" => Ok(fields.ack().map_or(Self::Ignored, Self::Ack)),
            "arrived" => Ok(unsigned(fields.seq).map_or(Self::Ignored, |seq| Self::Arrived(Arrived { seq }))),
            "event" => fields.event(),
            "set_viewport" => fields.viewport().map(Self::SetViewport),
            "request_keyframe" => Ok(Self::RequestKeyframe(RequestKeyframe { reason: fields.reason() })),
            "decoder_reset" => Ok(Self::DecoderReset),
            "ping" => fields.ping().map(Self::Ping),
            "hello" => Hello::parse(text.as_bytes()).map(Self::Hello),
            _ => Ok(Self::Ignored),
        }
    }

    /// The text that a client sends.
    pub fn to_text(&self) -> String {
        match self {
            Self::Hello(hello) => hello.to_text(),
            other => json::to_text(other),
        }
    }
}

impl Viewport {
    /// The viewport as the application's `resize` event.
    pub fn to_event(&self) -> InputEvent {
        InputEvent::resize(self)
    }
}

/// The fields of any client message, each as its raw text. A repeated field counts as it is written last.
#[derive(Default)]
pub(crate) struct Fields<'a> {
    pub(crate) kind: Option<&'a RawValue>,
    pub(crate) supported: Option<&'a RawValue>,
    pub(crate) token: Option<&'a RawValue>,
    pub(crate) device_pixel_ratio: Option<&'a RawValue>,
    pub(crate) framewire: Option<&'a RawValue>,
    seq: Option<&'a RawValue>,
    decode_queue_size: Option<&'a RawValue>,
    displayed: Option<&'a RawValue>,
    latency_us: Option<&'a RawValue>,
    reason: Option<&'a RawValue>,
    event: Option<&'a RawValue>,
    width: Option<&'a RawValue>,
    height: Option<&'a RawValue>,
    pwidth: Option<&'a RawValue>,
    pheight: Option<&'a RawValue>,
    ratio: Option<&'a RawValue>,
    pixel_ratio: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    client_us: Option<&'a RawValue>,
}

impl<'a> Fields<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, ParseError> {
        serde_json::from_str(text).map_err(|error| {
            if error.is_data() { ParseError::NotAnObject } else { ParseError::Syntax(error.to_string()) }
        })
    }

    fn ack(&self) -> Option<Ack> {
        Some(Ack {
            seq: unsigned(self.seq)?,
            decode_queue_size: unsigned(self.decode_queue_size)
                .map_or(0, |size| u32::try_from(size).unwrap_or(u32::MAX)),
            displayed: self.displayed.is_none_or(|raw| raw.get() != "false"),
            latency_us: number(self.latency_us).map(microseconds),
        })
    }

    fn event(&self) -> Result<ClientMessage, ParseError> {
        let event = self.event.and_then(|raw| InputEvent::parse(raw.get()));
        let event =
            event.ok_or(ParseError::Field { message: "event", field: "event", expected: "an object" })?;
        Ok(ClientMessage::Event(EventMessage { event }))
    }

    fn viewport(&self) -> Result<Viewport, ParseError> {
        let side = |field, raw| {
            let error = ParseError::Field { message: "set_viewport", field, expected: "a number" };
            number(raw).map(|side| side.max(0.0)).ok_or(error)
        };
        let (width, height) = (side("width", self.width)?, side("height", self.height)?);
        let or = |raw, default: f64| number(raw).map_or(default, |number: f64| number.max(0.0));
        Ok(Viewport {
            width,
            height,
            pwidth: or(self.pwidth, width),
            pheight: or(self.pheight, height),
            ratio: or(self.ratio, or(self.pixel_ratio, 1.0)),
        })
    }

    fn ping(&self) -> Result<Ping, ParseError> {
        let error = |field| ParseError::Field { message: "ping", field, expected: "a number" };
        Ok(Ping {
            id: unsigned(self.id).ok_or(error("id"))?,
            client_us: number(self.client_us).ok_or(error("client_us"))?,
        })
    }

    fn reason(&self) -> String {
        let reason: Option<String> = self.reason.and_then(|raw| serde_json::from_str(raw.get()).ok());
        reason.map(|reason| reason.chars().take(MAX_REASON).collect()).unwrap_or_default()
    }
}

/// The characters of a client's reason that are kept.
const MAX_REASON: usize = 200;

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<Key>()? {
            let slot = match key {
                Key::Type => &mut fields.kind,
                Key::Supported => &mut fields.supported,
                Key::Token => &mut fields.token,
                Key::DevicePixelRatio => &mut fields.device_pixel_ratio,
                Key::Framewire => &mut fields.framewire,
                Key::Seq => &mut fields.seq,
                Key::DecodeQueueSize => &mut fields.decode_queue_size,
                Key::Displayed => &mut fields.displayed,
                Key::LatencyUs => &mut fields.latency_us,
                Key::Reason => &mut fields.reason,
                Key::Event => &mut fields.event,
                Key::Width => &mut fields.width,
                Key::Height => &mut fields.height,
                Key::Pwidth => &mut fields.pwidth,
                Key::Pheight => &mut fields.pheight,
                Key::Ratio => &mut fields.ratio,
                Key::PixelRatio => &mut fields.pixel_ratio,
                Key::Id => &mut fields.id,
                Key::ClientUs => &mut fields.client_us,
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *slot = Some(map.next_value()?);
        }
        Ok(fields)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Key {
    Type,
    Supported,
    Token,
    DevicePixelRatio,
    Framewire,
    Seq,
    DecodeQueueSize,
    Displayed,
    LatencyUs,
    Reason,
    Event,
    Width,
    Height,
    Pwidth,
    Pheight,
    Ratio,
    PixelRatio,
    Id,
    ClientUs,
    #[serde(other)]
    Other,
}

/// The text of a JSON string; borrowed unless it holds an escape. `None` for what is no string.
fn plain(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    match inner.contains('\\') {
        false => Some(Cow::Borrowed(inner)),
        true => serde_json::from_str(raw.get()).ok().map(Cow::Owned),
    }
}

/// A finite number. The text is a JSON value, of which only numbers parse as one.
fn number(raw: Option<&RawValue>) -> Option<f64> {
    raw?.get().parse().ok().filter(|number: &f64| number.is_finite())
}

/// A whole number that is not negative, also where it is written as `3.0`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole and in range"
)]
fn unsigned(raw: Option<&RawValue>) -> Option<u64> {
    raw?.get().parse().ok().or_else(|| {
        let number = number(raw)?;
        (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as u64)
    })
}

/// Rounded; a negative latency is an error of the clock offset and counts as none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
fn microseconds(number: f64) -> u64 {
    number.round() as u64
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
