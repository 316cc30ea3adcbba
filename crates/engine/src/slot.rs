use crate::cadence::Cadence;
use framewire_frame::{Frame, FrameId, FrameRate, Size, Timestamp};
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// The latest frame of a stream: one place, never a queue. Writers replace it, readers share it.
#[derive(Default)]
pub(crate) struct Slot {
    state: Mutex<State>,
    /// How many frames have been published, to be read without the lock. Frame ids count from 0, so the newest frame
    /// has one less.
    published: AtomicU64,
}

/// A frame as the stream took it.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) id: FrameId,
    pub(crate) frame: Frame,
    /// The frame's, which a device need not be asked for under the lock.
    size: Size,
    /// The moment that the picture shows.
    pub(crate) timestamp: Timestamp,
    /// The moment of the call.
    pub(crate) published: Timestamp,
}

pub(crate) struct Put {
    pub(crate) id: FrameId,
    /// The frame has another size than the one before it.
    pub(crate) resized: bool,
}

#[derive(Default)]
struct State {
    latest: Option<Published>,
    cadence: Cadence,
}

impl Slot {
    pub(crate) fn put(&self, frame: Frame, now: Timestamp) -> Put {
        let size = frame.size();
        let mut state = self.lock();
        let id = FrameId(self.published.load(Ordering::Relaxed));
        let previous = state.latest.as_ref();
        // Decoders tell units apart by their timestamps, so no two frames share one, whatever the publisher says.
        let least =
            previous.map_or(Timestamp::ZERO, |p| p.timestamp.saturating_add(Duration::from_micros(1)));
        let timestamp = frame.timestamp.unwrap_or(now).max(least);
        let resized = previous.is_some_and(|p| p.size != size);
        state.cadence.record(now);
        let replaced = state.latest.replace(Published { id, frame, size, timestamp, published: now });
        self.published.store(id.0 + 1, Ordering::Release);
        drop(state);
        // The last reference to a large buffer may go here: not under the lock.
        drop(replaced);
        Put { id, resized }
    }

    pub(crate) fn latest(&self) -> Option<Published> {
        self.lock().latest.clone()
    }

    pub(crate) fn size(&self) -> Option<Size> {
        self.lock().latest.as_ref().map(|p| p.size)
    }

    /// How many frames have been published.
    pub(crate) fn count(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    /// The id of the newest frame and the moment of its publishing.
    pub(crate) fn newest(&self) -> Option<(FrameId, Timestamp)> {
        self.lock().latest.as_ref().map(|p| (p.id, p.published))
    }

    /// The measured rate of publishing, once it is known.
    pub(crate) fn frame_rate(&self) -> Option<FrameRate> {
        self.lock().cadence.frame_rate()
    }

    pub(crate) fn clear(&self) {
        let latest = self.lock().latest.take();
        drop(latest);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_frame::{Picture, PixelFormat};

    fn frame(width: u32, timestamp: Option<u64>) -> Frame {
        let size = Size::new(width, 1).unwrap();
        let picture = Picture::packed(PixelFormat::Rgb8, size, vec![0; 3 * width as usize]).unwrap();
        Frame { timestamp: timestamp.map(Timestamp::from_micros), ..Frame::new(picture) }
    }

    #[test]
    fn a_newer_frame_replaces_the_one_before() {
        let slot = Slot::default();
        assert!(slot.latest().is_none());
        assert!(!slot.put(frame(4, None), Timestamp::from_micros(10)).resized);
        assert!(slot.put(frame(5, None), Timestamp::from_micros(20)).resized);
        let latest = slot.latest().unwrap();
        assert_eq!((latest.id, latest.timestamp), (FrameId(1), Timestamp::from_micros(20)));
        assert_eq!(slot.count(), 2);
    }

    #[test]
    fn timestamps_always_grow() {
        let slot = Slot::default();
        let mut stamps = Vec::new();
        for stamp in [Some(50), Some(50), Some(7), None, Some(100)] {
            slot.put(frame(1, stamp), Timestamp::from_micros(20));
            stamps.push(slot.latest().unwrap().timestamp.as_micros());
        }
        assert_eq!(stamps, [50, 51, 52, 53, 100]);
    }
}
