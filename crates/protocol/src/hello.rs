use crate::{Capabilities, Features, ParseError, VERSION, client::Fields, json};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The first message of a client.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Hello {
    /// What the client can show: `image/jpeg`, `image/png`, `image/webp`, `webcodecs/h264-annexb`,
    /// `webcodecs/hevc-annexb`.
    #[serde(serialize_with = "capabilities")]
    #[cfg_attr(feature = "generate", ts(type = "string[]"))]
    pub supported: Capabilities,
    /// What the server's authentication hook is asked with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub token: Option<String>,
    /// Device pixels per layout pixel of the client's screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub device_pixel_ratio: Option<f64>,
    /// framewire's additions that the client knows; absent from other clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub framewire: Option<HelloExtension>,
    /// The whole message as it came, for hooks that look at further fields.
    #[serde(skip)]
    #[cfg_attr(feature = "generate", ts(skip))]
    pub json: Box<str>,
}

/// The additions that a client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct HelloExtension {
    /// The version of the additions: 1.
    pub version: u32,
    /// The additions by name.
    #[cfg_attr(feature = "generate", ts(as = "Vec<crate::Feature>"))]
    pub features: Features,
}

impl Hello {
    /// Reads the first message of a connection, which may come as text or as binary.
    ///
    /// `type` may be absent, as existing servers do not look at it; another type than `hello` is an error.
    /// A `supported` that is no list counts as empty, as does a `framewire` that is no object.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        let text = std::str::from_utf8(text).map_err(|error| ParseError::Syntax(error.to_string()))?;
        let fields = Fields::parse(text)?;
        if fields.kind.is_some_and(|kind| read::<String>(kind).as_deref() != Some("hello")) {
            return Err(ParseError::Field { message: "first message", field: "type", expected: "\"hello\"" });
        }
        let supported: Vec<serde_json::Value> = fields.supported.and_then(read).unwrap_or_default();
        Ok(Self {
            supported: Capabilities::from_strings(supported.iter().filter_map(|value| value.as_str())),
            token: fields.token.and_then(read),
            device_pixel_ratio: fields.device_pixel_ratio.and_then(read),
            framewire: fields
                .framewire
                .filter(|raw| raw.get().starts_with('{'))
                .and_then(read::<RawExtension>)
                .map(HelloExtension::from),
            json: text.into(),
        })
    }

    /// The additions to use: those that the client named, if it speaks this version.
    pub fn features(&self) -> Features {
        self.framewire.filter(|extension| extension.version == VERSION).map_or(Features::NONE, |e| e.features)
    }

    /// The text that a client sends.
    pub fn to_text(&self) -> String {
        #[derive(Serialize)]
        #[serde(tag = "type", rename = "hello")]
        struct Tagged<'a> {
            #[serde(flatten)]
            hello: &'a Hello,
        }
        json::to_text(&Tagged { hello: self })
    }
}

#[derive(Deserialize)]
struct RawExtension {
    #[serde(default)]
    version: u32,
    #[serde(default)]
    features: Vec<serde_json::Value>,
}

impl From<RawExtension> for HelloExtension {
    fn from(raw: RawExtension) -> Self {
        let names = raw.features.iter().filter_map(serde_json::Value::as_str);
        Self { version: raw.version, features: Features::from_names(names) }
    }
}

fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

fn capabilities<S: serde::Serializer>(set: &Capabilities, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(set.strings())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Feature;

    #[test]
    fn the_hello_of_the_reference_client_is_read() {
        let hello = Hello::parse(
            br#"{"type":"hello","supported":["image/jpeg","image/png","webcodecs/h264-annexb"],"device_pixel_ratio":1,"token":"t"}"#,
        )
        .unwrap();
        assert_eq!(hello.supported.strings().count(), 3);
        assert_eq!(hello.token.as_deref(), Some("t"));
        assert_eq!(hello.features(), Features::NONE);
    }

    #[test]
    fn a_hello_without_type_and_with_strange_fields_is_taken() {
        let hello =
            Hello::parse(br#"{"supported":"image/png","token":5,"framewire":[],"x":{"y":[]}}"#).unwrap();
        assert!(hello.supported.is_empty() && hello.token.is_none() && hello.framewire.is_none());
        let hello = Hello::parse(br#"{"supported":["image/png",1,null]}"#).unwrap();
        assert_eq!(hello.supported.strings().collect::<Vec<_>>(), ["image/png"]);
    }

    #[test]
    fn another_first_message_is_refused() {
        assert!(matches!(Hello::parse(br#"{"type":"ack","seq":0}"#), Err(ParseError::Field { .. })));
        assert!(matches!(Hello::parse(b"[]"), Err(ParseError::NotAnObject)));
        assert!(matches!(Hello::parse(b"hello"), Err(ParseError::Syntax(_))));
        assert!(matches!(Hello::parse(b"\xff{}"), Err(ParseError::Syntax(_))));
    }

    #[test]
    fn features_of_another_version_are_not_used() {
        let hello = |version| {
            let text = format!(r#"{{"framewire":{{"version":{version},"features":["clock","warp"]}}}}"#);
            Hello::parse(text.as_bytes()).unwrap().features()
        };
        assert_eq!(hello(1), [Feature::Clock].into_iter().collect());
        assert_eq!(hello(2), Features::NONE);
    }

    #[test]
    fn what_a_client_writes_reads_back() {
        let hello = Hello {
            supported: Capabilities::from_strings(["image/png", "webcodecs/hevc-annexb"]),
            token: Some("é\"".into()),
            device_pixel_ratio: Some(1.5),
            framewire: Some(HelloExtension { version: 1, features: Features::ALL }),
            json: Box::default(),
        };
        let read = Hello::parse(hello.to_text().as_bytes()).unwrap();
        assert_eq!(Hello { json: Box::default(), ..read }, hello);
    }
}
