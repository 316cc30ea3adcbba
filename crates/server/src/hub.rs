use crate::{Error, clock, viewer::Seat};
use framewire_codec::Roster;
use framewire_engine::{Stream, StreamConfig};
use framewire_protocol::Close;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

/// Named streams, added and removed at any time. A clone is the same hub.
///
/// Everything works from any thread, inside and outside of an asynchronous runtime.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    roster: Arc<Roster>,
    channels: RwLock<BTreeMap<String, Arc<Channel>>>,
    next_viewer: AtomicU64,
}

/// A stream with the viewers of this hub.
pub(crate) struct Channel {
    pub(crate) stream: Stream,
    seats: Mutex<BTreeMap<u64, Arc<Seat>>>,
}

/// A viewer's entry in its channel; dropping it takes the entry out.
pub(crate) struct Registration {
    channel: Arc<Channel>,
    id: u64,
}

impl Hub {
    /// The name that the path `/` leads to.
    pub const DEFAULT_STREAM: &'static str = "default";

    /// A hub without streams; its streams encode with what is in the roster.
    pub fn new(roster: impl Into<Arc<Roster>>) -> Self {
        let inner =
            Inner { roster: roster.into(), channels: RwLock::default(), next_viewer: AtomicU64::new(1) };
        Self { inner: Arc::new(inner) }
    }

    /// Makes a stream; viewers find it at once.
    ///
    /// # Errors
    /// When the name is taken or can't be part of a URL, or a setting is out of range.
    pub fn add_stream(&self, name: &str, config: StreamConfig) -> Result<Stream, Error> {
        let exists = || Error::StreamExists { name: name.to_owned() };
        if self.stream(name).is_some() {
            return Err(exists());
        }
        let stream = Stream::new(name, config, Arc::clone(&self.inner.roster))?;
        let channel = Arc::new(Channel { stream: stream.clone(), seats: Mutex::default() });
        let mut channels = self.write();
        if channels.get(name).is_some_and(|channel| !channel.stream.is_closed()) {
            return Err(exists());
        }
        channels.insert(name.to_owned(), channel);
        Ok(stream)
    }

    /// Ends a stream and closes its viewers with 4404; returns whether there was one.
    pub fn remove_stream(&self, name: &str) -> bool {
        let removed = self.write().remove(name);
        removed.map(|channel| channel.stream.close()).is_some()
    }

    /// Ends all streams.
    pub fn clear(&self) {
        let removed = std::mem::take(&mut *self.write());
        removed.values().for_each(|channel| channel.stream.close());
    }

    /// The stream of that name.
    pub fn stream(&self, name: &str) -> Option<Stream> {
        self.channel(name).map(|channel| channel.stream.clone())
    }

    /// All streams, by name.
    pub fn streams(&self) -> Vec<Stream> {
        self.read().values().map(|channel| channel.stream.clone()).collect()
    }

    /// Takes back what the authenticator gave: every viewer whose principal has this name is closed with 4401, and asks
    /// again if it comes again. Returns how many there were.
    pub fn revoke(&self, principal: &str) -> usize {
        let mut dismissed = 0;
        for channel in self.channels() {
            let now = clock::now(&channel.stream);
            for seat in channel.seats() {
                if seat.principal.get().is_some_and(|name| **name == *principal) {
                    seat.dismiss(Close::unauthorized(), now);
                    dismissed += 1;
                }
            }
        }
        dismissed
    }

    /// What the streams encode with.
    pub fn roster(&self) -> &Arc<Roster> {
        &self.inner.roster
    }

    pub(crate) fn channel(&self, name: &str) -> Option<Arc<Channel>> {
        self.read().get(name).filter(|channel| !channel.stream.is_closed()).cloned()
    }

    pub(crate) fn channels(&self) -> Vec<Arc<Channel>> {
        self.read().values().cloned().collect()
    }

    pub(crate) fn next_viewer(&self) -> u64 {
        self.inner.next_viewer.fetch_add(1, Ordering::Relaxed)
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Channel>>> {
        self.inner.channels.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Arc<Channel>>> {
        self.inner.channels.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Channel {
    pub(crate) fn register(self: &Arc<Self>, id: u64, seat: Arc<Seat>) -> Registration {
        self.lock().insert(id, seat);
        Registration { channel: Arc::clone(self), id }
    }

    /// The viewers, the oldest first.
    pub(crate) fn seats(&self) -> Vec<Arc<Seat>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Seat>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.channel.lock().remove(&self.id);
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.streams()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_come_and_go_by_name() {
        let hub = Hub::new(Roster::default());
        let stream = hub.add_stream("a", StreamConfig::default()).unwrap();
        assert!(matches!(hub.add_stream("a", StreamConfig::default()), Err(Error::StreamExists { .. })));
        assert!(matches!(hub.add_stream("a/b", StreamConfig::default()), Err(Error::Stream(_))));
        hub.add_stream("b", StreamConfig::default()).unwrap();
        assert_eq!(hub.streams().iter().map(Stream::name).collect::<Vec<_>>(), ["a", "b"]);
        assert!(hub.remove_stream("a") && !hub.remove_stream("a"));
        assert!(stream.is_closed() && hub.stream("a").is_none());
        assert!(hub.add_stream("a", StreamConfig::default()).is_ok(), "a name is free again");
        hub.clear();
        assert!(hub.streams().is_empty());
    }
}
