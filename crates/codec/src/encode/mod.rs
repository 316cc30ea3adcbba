//! From frames to access units.

mod backend;
mod config;
mod encoder;
mod fallback;
mod fetch;
mod pending;
mod prepare;
mod request;
mod session;
mod sink;

pub use backend::{Capabilities, Encoded, EncoderBackend, Input, InputPicture, Preparation};
pub use config::{EncoderConfig, ParseSettingError, Preset, Quality};
pub use encoder::Encoder;
pub use fallback::{Fallback, Part};
pub use fetch::{Fetch, Fetched, Wanted};
pub use session::{Outcome, Timing};
