use crate::{Error, feed::Feed, rendition::Rendition};
use framewire_codec::Codec;
use framewire_frame::Timestamp;
use std::{sync::Arc, time::Duration};

/// A recorder's place in a rendition of video. While it is there, everything published is encoded, whether or not viewers
/// are ready, and key units come at most [`KEY_INTERVAL`] apart, also of a resting picture. Dropping it leaves.
pub(crate) struct Tap {
    rendition: Arc<Rendition>,
    codec: Codec,
    feed: Arc<Feed>,
}

/// The most time between two key units.
const KEY_INTERVAL: Duration = Duration::from_secs(2);
/// What an encoder may take to answer.
const MARGIN: Duration = Duration::from_millis(100);
/// So much earlier a frame that comes anyway becomes the key unit. It has to be longer than the interval of most streams,
/// or a picture would be encoded again just before its successor comes.
const EARLY: Duration = Duration::from_millis(250);

impl Tap {
    pub(crate) fn new(rendition: Arc<Rendition>, codec: Codec) -> Result<Self, Error> {
        let feed = rendition.add_feed()?;
        Ok(Self { rendition, codec, feed })
    }

    /// What the units are of.
    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// The units, from the first key unit on.
    pub(crate) fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.rendition.remove_feed(&self.feed);
    }
}

/// When the picture of that moment is encoded again as a key unit, after one at `last`.
pub(crate) fn key_at(last: Timestamp) -> Timestamp {
    last.saturating_add(KEY_INTERVAL - MARGIN)
}

/// From when on a frame that comes becomes a key unit.
pub(crate) fn next_key_at(last: Timestamp) -> Timestamp {
    last.saturating_add(KEY_INTERVAL - MARGIN - EARLY)
}
