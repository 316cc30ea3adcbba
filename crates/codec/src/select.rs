//! Which backend is used: a function of the roster, the choice and what opens.

use crate::{
    BackendError, Codec, ImageFormat, OpenError,
    converter::{ConverterBackend, ConverterConfig},
    decode::{DecoderBackend, DecoderConfig},
    encode::{EncoderBackend, EncoderConfig},
    image::ImageBackend,
};
use framewire_frame::PixelFormat;
use std::{convert::Infallible, fmt, str::FromStr, sync::Arc};

/// Opens a session; called once per session, from any thread.
pub type OpenEncoder =
    Arc<dyn Fn(&EncoderConfig) -> Result<Box<dyn EncoderBackend>, BackendError> + Send + Sync>;
/// Opens a session; called once per session, from any thread.
pub type OpenDecoder =
    Arc<dyn Fn(&DecoderConfig) -> Result<Box<dyn DecoderBackend>, BackendError> + Send + Sync>;
/// Opens an encoder of images.
pub type OpenImage = Arc<dyn Fn() -> Result<Box<dyn ImageBackend>, BackendError> + Send + Sync>;

/// Opens a conversion, of which several run side by side; called from any thread.
pub type OpenConverter =
    Arc<dyn Fn(&ConverterConfig) -> Result<Box<dyn ConverterBackend>, BackendError> + Send + Sync>;

/// An encoder that could be used.
#[derive(Clone)]
pub struct Candidate {
    /// The name on a command line and on the wire.
    pub name: &'static str,
    /// What it can encode.
    pub codecs: &'static [Codec],
    /// When [`Choice::Auto`] tries it.
    pub tier: Tier,
    /// Opens a session. The config's size has even sides.
    pub open: OpenEncoder,
}

/// A decoder that could be used.
#[derive(Clone)]
pub struct DecoderCandidate {
    /// The name on a command line.
    pub name: &'static str,
    /// What it can decode.
    pub codecs: &'static [Codec],
    /// When [`Choice::Auto`] tries it.
    pub tier: Tier,
    /// Opens a session.
    pub open: OpenDecoder,
}

/// An encoder of images that could be used.
#[derive(Clone)]
pub struct ImageCandidate {
    /// The name of the implementation, for logs.
    pub name: &'static str,
    /// What it makes.
    pub format: ImageFormat,
    /// The lowest tier of a format is used.
    pub tier: Tier,
    /// Opens an encoder.
    pub open: OpenImage,
}

/// A converter that could be used. It is of use to one encoder: any other would have to fetch its pictures.
#[derive(Clone)]
pub struct ConverterCandidate {
    /// The name, for people.
    pub name: &'static str,
    /// The name of the encoder that takes its pictures where they are.
    pub encoder: &'static str,
    /// The formats that it converts from.
    pub from: &'static [PixelFormat],
    /// Opens a conversion, and has tried it when it returns.
    pub open: OpenConverter,
}

/// The order in which candidates are tried; within a tier the order of the roster counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Hardware: first.
    Preferred,
    /// Software that works everywhere.
    Standard,
    /// Only when nothing else works.
    Fallback,
}

/// Everything that could be used, as data: adding a backend is one entry here.
#[derive(Clone, Default)]
pub struct Roster {
    /// Encoders of video.
    pub encoders: Vec<Candidate>,
    /// Decoders of video.
    pub decoders: Vec<DecoderCandidate>,
    /// Encoders of images.
    pub images: Vec<ImageCandidate>,
    /// Converters of pictures in host memory for encoders of video.
    pub converters: Vec<ConverterCandidate>,
}

/// Which candidate the user wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Choice {
    /// The best that opens, by tier.
    #[default]
    Auto,
    /// The one of this name; another one, with a warning, where it does not work.
    Named(String),
    /// The one of this name or none.
    Only(String),
    /// The best of [`Tier::Preferred`] that opens, or none: never software, also not when a session fails.
    Hardware,
}

/// What was opened, and what was not.
#[derive(Debug)]
pub struct Selected<T> {
    /// The candidate's name.
    pub name: &'static str,
    /// The session.
    pub session: T,
    /// Those that were tried before, in order; empty when the first choice opened.
    pub refused: Vec<Refusal>,
}

/// A candidate that was tried, and why it is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The candidate's name, or the name that was asked for.
    pub name: String,
    /// Its own reason, in a sentence.
    pub why: String,
    /// Whether it will refuse for as long as the program runs, whatever it is asked for.
    pub lasting: bool,
}

impl<T> Selected<T> {
    /// Warns in the log when the first choice did not open: who refused, why, and who is used.
    pub(crate) fn warn(&self, of: &str) {
        if !self.refused.is_empty() {
            tracing::warn!("{} is used for {of}, because {}", self.name, Refusal::list(&self.refused));
        }
    }
}

impl Roster {
    /// Whether an encoder of video in hardware is among the candidates. Whether one works shows when it is opened.
    pub fn has_hardware(&self) -> bool {
        self.encoders.iter().any(|candidate| candidate.tier == Tier::Preferred)
    }

    /// What [`Choice`] can be read from, as a message lists it: `auto`, `hardware` where it is among the candidates, and the
    /// names of all encoders of video.
    pub fn encoder_choices(&self) -> Vec<&'static str> {
        let hardware = self.has_hardware().then_some(Choice::HARDWARE);
        let names = self.encoders.iter().map(|candidate| candidate.name);
        [Choice::AUTO].into_iter().chain(hardware).chain(names).collect()
    }

    /// Opens an encoder of `config.codec`: the chosen one, then the others by tier. Those that are in `broken` refuse
    /// again with the same words, without being asked.
    pub fn open_encoder(
        &self,
        choice: &Choice,
        config: &EncoderConfig,
        broken: &[Refusal],
    ) -> Result<Selected<Box<dyn EncoderBackend>>, OpenError> {
        let able = self.encoders.iter().filter(|candidate| candidate.codecs.contains(&config.codec));
        let entries = able.map(|candidate| Entry {
            name: candidate.name,
            tier: candidate.tier,
            open: || (candidate.open)(config),
        });
        let role = Role { what: "encoder", of: config.codec.name() };
        select(role, entries.collect(), choice, broken)
    }

    /// Opens a decoder of `config.codec`, as [`Roster::open_encoder`] does an encoder.
    pub fn open_decoder(
        &self,
        choice: &Choice,
        config: &DecoderConfig,
        broken: &[Refusal],
    ) -> Result<Selected<Box<dyn DecoderBackend>>, OpenError> {
        let able = self.decoders.iter().filter(|candidate| candidate.codecs.contains(&config.codec));
        let entries = able.map(|candidate| Entry {
            name: candidate.name,
            tier: candidate.tier,
            open: || (candidate.open)(config),
        });
        let role = Role { what: "decoder", of: config.codec.name() };
        select(role, entries.collect(), choice, broken)
    }

    /// Opens an encoder of images of `format`, with a warning in the log where the first one refuses.
    pub fn open_image(&self, format: ImageFormat) -> Result<Selected<Box<dyn ImageBackend>>, OpenError> {
        let able = self.images.iter().filter(|candidate| candidate.format == format);
        let entries = able.map(|candidate| Entry {
            name: candidate.name,
            tier: candidate.tier,
            open: || (candidate.open)(),
        });
        let role = Role { what: "encoder", of: format.name() };
        let selected = select(role, entries.collect(), &Choice::Auto, &[])?;
        selected.warn(format.name());
        Ok(selected)
    }

    /// The first converter of pictures in `from` for the encoder of this name.
    pub fn converter(&self, encoder: &str, from: PixelFormat) -> Option<&ConverterCandidate> {
        let is_of_use =
            |candidate: &&ConverterCandidate| candidate.encoder == encoder && candidate.from.contains(&from);
        self.converters.iter().find(is_of_use)
    }
}

/// What a selection is for, in the words of its messages.
#[derive(Clone, Copy)]
struct Role {
    what: &'static str,
    of: &'static str,
}

/// A candidate of any kind.
struct Entry<F> {
    name: &'static str,
    tier: Tier,
    open: F,
}

/// The first of `entries` that opens, in the order of `choice`.
fn select<T>(
    role: Role,
    entries: Vec<Entry<impl Fn() -> Result<T, BackendError>>>,
    choice: &Choice,
    broken: &[Refusal],
) -> Result<Selected<T>, OpenError> {
    let mut entries = entries;
    entries.sort_by_key(|entry| entry.tier);
    let mut refused = Vec::new();
    match choice {
        Choice::Auto => {}
        Choice::Named(name) | Choice::Only(name) => {
            match entries.iter().position(|entry| entry.name.eq_ignore_ascii_case(name)) {
                Some(index) => entries[..=index].rotate_right(1),
                None => refused.push(unknown(role, name, &entries)),
            }
            if matches!(choice, Choice::Only(_)) {
                entries.truncate(usize::from(refused.is_empty()));
            }
        }
        Choice::Hardware => {
            entries.retain(|entry| entry.tier == Tier::Preferred);
            if entries.is_empty() {
                refused.push(no_hardware(role));
            }
        }
    }
    for entry in entries {
        if let Some(known) = broken.iter().find(|refusal| refusal.name == entry.name) {
            refused.push(known.clone());
            continue;
        }
        match (entry.open)() {
            Ok(session) => return Ok(Selected { name: entry.name, session, refused }),
            Err(error) => refused.push(Refusal::new(entry.name, &error)),
        }
    }
    Err(OpenError::NoneWorks { what: role.what, of: role.of, tried: refused })
}

fn unknown<F>(role: Role, name: &str, entries: &[Entry<F>]) -> Refusal {
    let known: Vec<_> = entries.iter().map(|entry| entry.name).collect();
    let Role { what, of } = role;
    let why = match known.is_empty() {
        true => format!("there is no {what} of {of} in this program"),
        false => format!("it is no {what} of {of} in this program; {} can be named", known.join(", ")),
    };
    Refusal { name: name.to_owned(), why, lasting: true }
}

fn no_hardware(Role { what, of }: Role) -> Refusal {
    let why = format!("there is no {what} of {of} in hardware in this program");
    Refusal { name: Choice::HARDWARE.to_owned(), why, lasting: true }
}

impl Refusal {
    /// What `error` says, with its sources.
    pub(crate) fn new(name: &str, error: &BackendError) -> Self {
        let lasting = matches!(error, BackendError::Unavailable { .. });
        Self { name: name.to_owned(), why: error.in_full(), lasting }
    }

    /// All of `refusals` in one sentence.
    pub fn list(refusals: &[Self]) -> String {
        let each: Vec<_> = refusals.iter().map(Self::to_string).collect();
        each.join("; ")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refused ({})", self.name, self.why)
    }
}

impl Choice {
    /// How [`Choice::Auto`] is written.
    pub const AUTO: &'static str = "auto";
    /// How [`Choice::Hardware`] is written.
    pub const HARDWARE: &'static str = "hardware";
}

impl FromStr for Choice {
    type Err = Infallible;

    /// `auto`, `hardware` or a candidate's name.
    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(match name {
            _ if name.eq_ignore_ascii_case(Self::AUTO) => Self::Auto,
            _ if name.eq_ignore_ascii_case(Self::HARDWARE) => Self::Hardware,
            _ => Self::Named(name.to_owned()),
        })
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad(Self::AUTO),
            Self::Named(name) | Self::Only(name) => f.pad(name),
            Self::Hardware => f.pad(Self::HARDWARE),
        }
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Candidate({} {:?})", self.name, self.tier)
    }
}

impl fmt::Debug for DecoderCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecoderCandidate({} {:?})", self.name, self.tier)
    }
}

impl fmt::Debug for ImageCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageCandidate({} {} {:?})", self.name, self.format, self.tier)
    }
}

impl fmt::Debug for ConverterCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConverterCandidate({} for {})", self.name, self.encoder)
    }
}
