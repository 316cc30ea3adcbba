use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The version of framewire's additions to the wire.
pub const VERSION: u32 = 1;

/// An addition of framewire to the wire that is used only when both sides name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// `ping` and `pong`: the offset between the clocks of client and stream.
    Clock,
    /// `publish_us` and `encode_us` in every header.
    PublishTime,
    /// `arrived` as soon as a frame is there, `ack` when it is displayed.
    Arrival,
    /// `notice`: a sentence for the person in front of the page.
    Notice,
}

/// A set of [`Feature`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Features(u8);

/// What a viewer may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Watch, send input and ask for a size.
    #[default]
    Control,
    /// Watch only: input and viewports are ignored.
    View,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Self; 4] = [Self::Clock, Self::PublishTime, Self::Arrival, Self::Notice];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::PublishTime => "publish_time",
            Self::Arrival => "arrival",
            Self::Notice => "notice",
        }
    }
}

impl Features {
    /// No feature.
    pub const NONE: Self = Self(0);
    /// All features.
    pub const ALL: Self = Self(0b1111);

    /// Whether `feature` is in the set.
    pub const fn has(self, feature: Feature) -> bool {
        self.0 & (1 << feature as u8) != 0
    }

    /// The features in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The features of the set.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().filter(move |feature| self.has(*feature))
    }

    /// The set of the names that this version knows; others are ignored.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        names.into_iter().filter_map(|name| Feature::ALL.into_iter().find(|f| f.name() == name)).collect()
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        Self(features.into_iter().fold(0, |set, feature| set | (1 << feature as u8)))
    }
}

impl Serialize for Features {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(Self::from_names(names.iter().map(String::as_str)))
    }
}
