use crate::{Viewport, json};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Input of a viewer: any JSON object, with a typed view of the kinds that this protocol knows.
#[derive(Clone, Debug, PartialEq)]
pub struct InputEvent {
    json: Box<str>,
    event: Event,
}

/// The events that this protocol knows. Coordinates are frame pixels and may lie outside of the frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(rename = "KnownEvent"))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The pointer moved.
    PointerMove(PointerEvent),
    /// A button or a finger went down.
    PointerDown(PointerEvent),
    /// A button or a finger went up.
    PointerUp(PointerEvent),
    /// The browser took the pointer away: what was down is up.
    PointerCancel(PointerEvent),
    /// The wheel or a touchpad scrolled.
    Wheel(WheelEvent),
    /// A key went down.
    KeyDown(KeyEvent),
    /// A key went up.
    KeyUp(KeyEvent),
    /// The client's canvas has another size. Made by the server from `set_viewport`.
    Resize(ResizeEvent),
    /// The client lost the focus: all keys and buttons are up.
    Blur,
    /// Anything else, also a known type with a field missing.
    #[serde(other)]
    #[cfg_attr(feature = "generate", ts(skip))]
    Other,
}

/// Where a pointer is and what is pressed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(rename = "PointerInput"))]
pub struct PointerEvent {
    /// Frame pixels from the left.
    pub x: f64,
    /// Frame pixels from the top.
    pub y: f64,
    /// The button that changed: 0 none, 1 left, 2 right, 3 middle, 4 back, 5 forward.
    #[serde(default)]
    pub button: u8,
    /// The buttons that are down.
    #[serde(default)]
    #[cfg_attr(feature = "generate", ts(type = "number[]"))]
    pub buttons: Buttons,
    /// The modifier keys that are down: `Shift`, `Control`, `Alt`, `Meta`.
    #[serde(default)]
    #[cfg_attr(feature = "generate", ts(type = "string[]"))]
    pub modifiers: Modifiers,
    /// Seconds on the client's clock.
    #[serde(default)]
    pub timestamp: f64,
    /// Whether the point lies on the frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub inside: Option<bool>,
    /// Device pixels per layout pixel of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub pixel_ratio: Option<f64>,
    /// Tells fingers and pens apart. An addition of framewire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub pointer_id: Option<i32>,
    /// `mouse`, `touch` or `pen`. An addition of framewire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub pointer_type: Option<String>,
    /// 0 to 1. An addition of framewire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub pressure: Option<f64>,
}

/// How far was scrolled, and where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(rename = "WheelInput"))]
pub struct WheelEvent {
    /// Frame pixels from the left.
    pub x: f64,
    /// Frame pixels from the top.
    pub y: f64,
    /// Pixels to the right.
    #[serde(default)]
    pub dx: f64,
    /// Pixels down.
    #[serde(default)]
    pub dy: f64,
    /// The buttons that are down.
    #[serde(default)]
    #[cfg_attr(feature = "generate", ts(type = "number[]"))]
    pub buttons: Buttons,
    /// The modifier keys that are down.
    #[serde(default)]
    #[cfg_attr(feature = "generate", ts(type = "string[]"))]
    pub modifiers: Modifiers,
    /// Seconds on the client's clock.
    #[serde(default)]
    pub timestamp: f64,
    /// Whether the point lies on the frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub inside: Option<bool>,
    /// Device pixels per layout pixel of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub pixel_ratio: Option<f64>,
}

/// A key of the keyboard.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(rename = "KeyInput"))]
pub struct KeyEvent {
    /// What the key means, as the DOM's `key`.
    pub key: String,
    /// Which key it is, as the DOM's `code`.
    #[serde(default)]
    pub code: String,
    /// The modifier keys that are down.
    #[serde(default)]
    #[cfg_attr(feature = "generate", ts(type = "string[]"))]
    pub modifiers: Modifiers,
    /// Seconds on the client's clock.
    #[serde(default)]
    pub timestamp: f64,
    /// Whether the key repeats because it is held. An addition of framewire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub repeat: Option<bool>,
}

/// The size of the client's canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(rename = "ResizeInput"))]
pub struct ResizeEvent {
    /// Layout pixels per row.
    #[serde(serialize_with = "json::number")]
    pub width: f64,
    /// Layout pixel rows.
    #[serde(serialize_with = "json::number")]
    pub height: f64,
    /// Device pixels per row.
    #[serde(serialize_with = "json::number")]
    pub pwidth: f64,
    /// Device pixel rows.
    #[serde(serialize_with = "json::number")]
    pub pheight: f64,
    /// Device pixels per layout pixel.
    #[serde(serialize_with = "json::number")]
    pub ratio: f64,
}

/// The buttons that are down, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Buttons(u8);

/// The modifier keys that are down, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modifiers(u8);

impl InputEvent {
    /// Takes a JSON object; `None` for anything else and for one that nests deeper than 100 levels.
    pub fn parse(json: &str) -> Option<Self> {
        if !json.trim_start().starts_with('{') {
            return None;
        }
        // The application may parse the text into a tree by recursion, so its depth is bounded here.
        if depth(json) > MAX_DEPTH || serde_json::from_str::<&RawValue>(json).is_err() {
            return None;
        }
        let event = serde_json::from_str(json).unwrap_or(Event::Other);
        Some(Self { json: json.into(), event })
    }

    /// An event of a known kind.
    pub fn new(event: Event) -> Self {
        Self { json: json::to_text(&event).into(), event }
    }

    pub(crate) fn resize(viewport: &Viewport) -> Self {
        let Viewport { width, height, pwidth, pheight, ratio } = *viewport;
        Self::new(Event::Resize(ResizeEvent { width, height, pwidth, pheight, ratio }))
    }

    /// The object as the client wrote it.
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// The typed view.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The bytes of the object's text.
    pub fn len(&self) -> usize {
        self.json.len()
    }

    /// Whether the text is empty, which the text of an object never is.
    pub fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// Whether `next` makes this event superfluous in a queue: both say where the same thing now is.
    pub fn is_superseded_by(&self, next: &Self) -> bool {
        match (&self.event, &next.event) {
            (Event::PointerMove(a), Event::PointerMove(b)) => {
                a.pointer_id == b.pointer_id && a.buttons == b.buttons && a.modifiers == b.modifiers
            }
            (Event::Resize(_), Event::Resize(_)) => true,
            _ => false,
        }
    }

    /// Whether the event ends something. A full queue gives up others first, so that no button or key gets stuck.
    pub fn is_release(&self) -> bool {
        matches!(
            self.event,
            Event::PointerUp(_) | Event::PointerCancel(_) | Event::KeyUp(_) | Event::Blur | Event::Resize(_)
        )
    }
}

impl Serialize for InputEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.json).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl Buttons {
    /// Whether button `number` (1 to 5) is down.
    pub const fn has(self, number: u8) -> bool {
        number < 8 && self.0 & (1 << number) != 0
    }

    /// The buttons in the order that the wire has: left, right, middle, back, forward.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=5).filter(move |number| self.has(*number))
    }

    /// Whether no button is down.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<u8> for Buttons {
    fn from_iter<I: IntoIterator<Item = u8>>(numbers: I) -> Self {
        Self(numbers.into_iter().filter(|n| (1..=5).contains(n)).fold(0, |set, n| set | (1 << n)))
    }
}

impl Modifiers {
    const NAMES: [&str; 4] = ["Shift", "Control", "Alt", "Meta"];

    /// Whether Shift is down.
    pub const fn shift(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether Control is down.
    pub const fn control(self) -> bool {
        self.0 & 2 != 0
    }

    /// Whether Alt is down.
    pub const fn alt(self) -> bool {
        self.0 & 4 != 0
    }

    /// Whether Meta (Command, Windows) is down.
    pub const fn meta(self) -> bool {
        self.0 & 8 != 0
    }
}

impl<'a> FromIterator<&'a str> for Modifiers {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let bits = names.into_iter().filter_map(|name| Self::NAMES.iter().position(|known| *known == name));
        Self(bits.fold(0, |set, bit| set | (1 << bit)))
    }
}

impl Serialize for Buttons {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Buttons {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<u8>::deserialize(deserializer).map(Self::from_iter)
    }
}

impl Serialize for Modifiers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..4).filter(|bit| self.0 & (1 << bit) != 0).map(|bit| Self::NAMES[bit]))
    }
}

impl<'de> Deserialize<'de> for Modifiers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(names.iter().map(String::as_str).collect())
    }
}

const MAX_DEPTH: usize = 100;

/// How deep objects and arrays nest.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vocabulary_of_the_reference_is_typed() {
        let event = |json| InputEvent::parse(json).unwrap();
        let down = event(
            r#"{"type":"pointer_down","x":1.5,"y":-2,"button":1,"buttons":[1,3],"modifiers":["Shift","Meta"],"timestamp":0.5,"inside":false,"pixel_ratio":2}"#,
        );
        let Event::PointerDown(pointer) = down.event() else { panic!("{down:?}") };
        assert_eq!((pointer.x, pointer.y, pointer.button, pointer.inside), (1.5, -2.0, 1, Some(false)));
        assert_eq!(pointer.buttons.iter().collect::<Vec<_>>(), [1, 3]);
        assert!(pointer.modifiers.shift() && pointer.modifiers.meta() && !pointer.modifiers.alt());
        assert!(
            matches!(event(r#"{"type":"wheel","x":1,"y":2,"dx":0,"dy":-16}"#).event(), Event::Wheel(w) if w.dy == -16.0)
        );
        assert!(
            matches!(event(r#"{"type":"key_up","key":"é","code":"KeyE"}"#).event(), Event::KeyUp(k) if k.key == "é")
        );
        assert!(matches!(event(r#"{"type":"blur"}"#).event(), Event::Blur));
    }

    #[test]
    fn any_object_passes_and_nothing_else() {
        for json in
            ["{}", r#"{"type":"mine","a":[1]}"#, r#"{"type":"pointer_move","x":"wide"}"#, r#"{"type":7}"#]
        {
            let event = InputEvent::parse(json).unwrap();
            assert_eq!((event.event(), event.as_json()), (&Event::Other, json));
        }
        for json in ["[]", "1", "", "{", "\"{}\"", "{}{}"] {
            assert!(InputEvent::parse(json).is_none(), "{json}");
        }
        let nested = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(InputEvent::parse(&nested(99)).is_some());
        assert!(InputEvent::parse(&nested(100)).is_none());
        assert!(InputEvent::parse(&format!("{{\"a\":\"{}\"}}", "[".repeat(500))).is_some());
    }

    #[test]
    fn moves_supersede_moves_only_while_nothing_else_changes() {
        let at = |x: f64, buttons: &[u8]| {
            let buttons = buttons.iter().copied().collect();
            InputEvent::new(Event::PointerMove(PointerEvent { x, buttons, ..PointerEvent::default() }))
        };
        assert!(at(1.0, &[]).is_superseded_by(&at(2.0, &[])));
        assert!(!at(1.0, &[1]).is_superseded_by(&at(2.0, &[])));
        let up = InputEvent::new(Event::PointerUp(PointerEvent::default()));
        assert!(!at(1.0, &[]).is_superseded_by(&up) && up.is_release() && !at(1.0, &[]).is_release());
    }

    #[test]
    fn a_viewport_becomes_the_resize_event_of_the_reference() {
        let viewport = Viewport { width: 640.0, height: 480.5, pwidth: 1280.0, pheight: 961.0, ratio: 2.0 };
        assert_eq!(
            viewport.to_event().as_json(),
            r#"{"type":"resize","width":640,"height":480.5,"pwidth":1280,"pheight":961,"ratio":2}"#
        );
    }
}
