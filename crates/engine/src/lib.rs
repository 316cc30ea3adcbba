//! Streams, renditions and pipelines: from a published frame to shared access units.
//!
//! ```text
//! publish -> slot (the latest frame) -> pipeline: one thread per rendition that somebody watches
//!         -> encoder -> log (the last units) -> subscriptions of viewers
//! ```
//!
//! A publisher has a [`Stream`]. A server asks it what a viewer gets ([`Stream::select`]), joins
//! ([`Stream::subscribe`]) and reads units from the [`Log`] as the viewer's window allows. A rendition encodes while at
//! least one viewer is ready and there is something to show: a newer frame, or a key frame or a sharp version of the
//! resting one. So a frame that nobody could take is never encoded, and the newest one always comes out.
//!
//! A stream records itself ([`Stream::record`]) and keeps its recent past ([`StreamConfig::keep`], [`Stream::recent`]):
//! both take the units that viewers get, at no encoding cost, and make the rendition run and begin anew every two seconds.
#![forbid(unsafe_code)]

mod ahead;
mod cadence;
mod config;
mod core;
mod error;
mod events;
mod feed;
mod image;
mod input;
mod keep;
mod log;
mod metrics;
mod notice;
mod pipeline;
mod quality;
mod record;
mod rendition;
mod repeat;
mod roster;
mod schedule;
mod select;
mod shrink;
mod slot;
mod stream;
mod tap;
mod unit;
mod video;
mod viewport;

pub use config::{EncoderChoice, ResizePolicy, StreamConfig};
pub use error::Error;
pub use framewire_session::KeyframeReason;
pub use input::{InputEvent, ViewerId};
pub use keep::{Keep, KeepMetrics, Recent, Stretch};
pub use log::Log;
pub use metrics::{RenditionMetrics, StreamMetrics};
pub use notice::Notice;
pub use record::{
    RecordError, RecordFile, RecordOptions, RecordedUnit, Recording, RecordingStatus, UnitWriter,
};
pub use rendition::{Subscription, ViewerEstimate};
pub use roster::{
    BareLoop, SystemLibrary, bare_loop, findings, hardware_codecs, roster, software_encoder_is_assembled,
    system_libraries,
};
pub use select::{RenditionKey, RenditionKind, Scale};
pub use stream::Stream;
pub use unit::{Unit, UnitKind};
pub use viewport::{TargetSize, TargetTracker, Viewport};
