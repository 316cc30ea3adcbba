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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        record::{Stamp, Timeline},
        schedule::{Newest, Outcome, Schedule, Step, View},
    };
    use framewire_frame::FrameId;

    /// The moments in a file of the key units of half a minute, of a publisher that shows `frames` in so many
    /// milliseconds each, and the number of all units.
    fn recorded(interval: u64, frames: u64, encode: u64) -> (Vec<Duration>, usize) {
        let at = |millis: u64| Timestamp::from_micros(1000 * millis);
        let (mut schedule, mut timeline) = (Schedule::new(None), Timeline::default());
        let (mut now, mut last_key, mut keys, mut units) = (0, None, Vec::new(), 0);
        while now < 30_000 {
            let id = (now / interval).min(frames - 1);
            let newest = Newest { id: FrameId(id), published: at(id * interval) };
            let view = View {
                newest: Some(newest),
                ready: true,
                key_at: last_key.map(key_at),
                next_key_at: last_key.map(next_key_at),
            };
            match schedule.decide(view, at(now)) {
                Step::Wait(until) => {
                    let next_frame = (id + 1 < frames).then(|| at((id + 1) * interval));
                    let wake = [until, next_frame].into_iter().flatten().min().unwrap_or(at(30_000));
                    now = wake.as_micros().div_ceil(1000).max(now + 1);
                }
                Step::Encode(request) => {
                    let stamp = Stamp { frame: id, timestamp: newest.published, moment: at(now) };
                    let media = timeline.place(stamp);
                    let key = request.key || units == 0;
                    if key {
                        keys.push(media);
                        last_key = Some(at(now));
                    }
                    units += 1;
                    now += encode;
                    schedule.record(FrameId(id), request, Outcome { done: true, key }, at(now));
                }
            }
        }
        (keys, units)
    }

    #[test]
    fn key_units_are_at_most_two_seconds_apart_whatever_comes() {
        for (interval, frames) in [
            (16, u64::MAX),
            (33, u64::MAX),
            (200, u64::MAX),
            (700, u64::MAX),
            (3000, u64::MAX),
            (33, 100),
            (33, 1),
        ] {
            for encode in [0, 10, 90] {
                let (keys, _) = recorded(interval, frames, encode);
                let apart = keys.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
                assert!(apart <= KEY_INTERVAL && keys.len() <= 20, "{interval} ms, {encode} ms: {apart:?}");
            }
        }
    }

    #[test]
    fn no_picture_is_encoded_twice_while_others_follow_soon() {
        for interval in [16, 33, 200] {
            assert_eq!(recorded(interval, u64::MAX, 5).1 as u64, 30_000_u64.div_ceil(interval));
        }
    }
}
