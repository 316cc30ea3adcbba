use crate::{
    EncoderChoice, Error, InputEvent, Notice, RenditionKey, RenditionKind, StreamConfig, StreamMetrics,
    Subscription, TargetSize, TargetTracker, Viewport,
    config::ResizePolicy,
    core::{Core, lock},
    input::Inbox,
    keep::Keeper,
    record::Recordings,
    rendition::Rendition,
    roster,
    select::is_possible,
};
use bytes::Bytes;
use framewire_codec::{ImageFormat, OpenError, Rate, Roster};
use framewire_frame::{Bitrate, Frame, FrameId, Picture, PictureRef, Pool, Size, Surface, Timestamp};
use framewire_protocol::Capabilities;
use framewire_session::KeyframeReason;
use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};
use tokio::sync::{broadcast, watch};

/// A stream of frames that any number of viewers watch. A clone is the same stream.
///
/// Everything works from any thread, inside and outside of an asynchronous runtime, and nothing waits for an encoder.
#[derive(Clone)]
pub struct Stream {
    inner: Arc<Inner>,
}

struct Inner {
    core: Arc<Core>,
    renditions: Mutex<Vec<Arc<Rendition>>>,
    inbox: Inbox,
    target: Mutex<TargetTracker>,
    pool: Pool,
    recordings: Recordings,
    keeper: OnceLock<Keeper>,
}

impl Stream {
    /// The longest name.
    pub const MAX_NAME: usize = 64;
    /// The most pixels of a frame: what level 6.2 of H.264 and HEVC allows.
    pub const MAX_PIXELS: usize = 8192 * 4320;

    /// A stream that encodes with what is in the roster.
    ///
    /// # Errors
    /// When the name can't be part of a URL, when a setting is out of range, when the roster has no such encoder, when
    /// [hardware](EncoderChoice::Hardware) is chosen and none opens, which is tried here, and when the event log or the
    /// folder for the past can't be opened.
    pub fn new(name: &str, config: StreamConfig, roster: Arc<Roster>) -> Result<Self, Error> {
        check_name(name)?;
        config.check(&roster)?;
        if !matches!(config.encoder, EncoderChoice::Image(_)) {
            roster::look_ahead(&roster);
        }
        let inbox = Inbox::new(config.event_queue, config.record_events, config.event_log.as_deref())?;
        let target = TargetTracker::new(config.max_render_dimension);
        let keep = config.keep.clone();
        let stream = Self {
            inner: Arc::new(Inner {
                core: Arc::new(Core::new(name, config, roster)),
                renditions: Mutex::default(),
                inbox,
                target: Mutex::new(target),
                pool: Pool::new(4),
                recordings: Recordings::default(),
                keeper: OnceLock::new(),
            }),
        };
        if let Some(keep) = keep {
            let keeper = Keeper::start(&keep, stream.tap()?, Arc::clone(stream.core()))?;
            stream.inner.keeper.get_or_init(|| keeper);
        }
        Ok(stream)
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.inner.core.name
    }

    /// Shows a frame. It takes the place of the one before, which nobody sees who has not seen it by now. The pixels
    /// are shared, not copied, and nothing waits for an encoder. The device of a frame that it converts itself begins with
    /// that at once, if somebody is ready for it.
    ///
    /// # Errors
    /// [`Error::Closed`], and [`Error::FrameTooLarge`] for a size that no decoder takes.
    pub fn publish(&self, frame: impl Into<Frame>) -> Result<FrameId, Error> {
        self.publish_frame(frame.into())
    }

    /// Shows a copy of a picture, so that the caller can go on drawing into its own buffer.
    ///
    /// # Errors
    /// As [`Stream::publish`].
    pub fn publish_copy(&self, picture: PictureRef<'_>) -> Result<FrameId, Error> {
        self.inner.core.check_open()?;
        check_size(picture.size())?;
        self.publish_frame(Frame::new(self.copy(picture)?))
    }

    /// A copy of a picture in a buffer that comes back to the stream when nobody needs it any more: for a frame with a
    /// timestamp, colour or pixel ratio of its own.
    ///
    /// # Errors
    /// Never for a picture that exists; the type leaves room.
    pub fn copy(&self, picture: PictureRef<'_>) -> Result<Picture, Error> {
        let (format, size) = (picture.format(), picture.size());
        let mut buffer = self.inner.pool.take(format.packed_len(size));
        picture.copy_packed_to(&mut buffer);
        Ok(Picture::packed(format, size, buffer.freeze())?)
    }

    /// The input events that have come since the last call.
    pub fn poll_events(&self) -> Vec<InputEvent> {
        self.inner.inbox.drain()
    }

    /// The next input event; `None` once the stream is closed and all events are fetched.
    pub async fn next_event(&self) -> Option<InputEvent> {
        self.inner.inbox.next().await
    }

    /// Takes the input event of a viewer.
    pub fn push_event(&self, event: InputEvent) {
        self.inner.inbox.push(event);
    }

    /// The JSON of the last input events, where [`StreamConfig::record_events`] is set.
    pub fn recorded_events(&self) -> Vec<Arc<str>> {
        self.inner.inbox.recorded()
    }

    /// Forgets the recorded input events.
    pub fn reset_recorded_events(&self) {
        self.inner.inbox.reset_recorded();
    }

    /// Takes the space that a viewer has.
    pub fn report_viewport(&self, viewport: Viewport) {
        lock(&self.inner.target).report(viewport, self.now());
    }

    /// The size to render under [`ResizePolicy::MatchClient`]: ask before each frame. `None` under the other policy, and
    /// before a viewer has said what it has.
    pub fn target_size(&self) -> Option<TargetSize> {
        let policy = self.inner.core.config().resize;
        (policy == ResizePolicy::MatchClient).then(|| lock(&self.inner.target).target_size(self.now()))?
    }

    /// How many viewers watch.
    pub fn viewers(&self) -> usize {
        self.inner.core.viewers.get()
    }

    /// Waits on this thread until somebody watches or the stream is closed; returns whether somebody does.
    pub fn wait_for_viewer(&self, timeout: Duration) -> bool {
        let core = &self.inner.core;
        core.viewers.wait_until(timeout, |viewers| viewers > 0 || core.is_closed());
        self.viewers() > 0
    }

    /// The size of the newest frame; before the first one what the config says.
    pub fn size(&self) -> Size {
        let config = self.inner.core.config().size;
        self.inner.core.slot.size().unwrap_or(config)
    }

    /// The newest frame.
    pub fn latest(&self) -> Option<Frame> {
        self.inner.core.slot.latest().map(|published| published.frame)
    }

    /// Sets the most that a rendition takes. Running encoders follow without a key frame where they can.
    pub fn set_rate(&self, rate: Rate) {
        self.inner.core.config().rate = rate;
        self.each_rendition(|rendition| {
            rendition.current_rate();
            rendition.wake();
        });
    }

    /// Changes what viewers get. Viewers stay; those that show something else now are moved by the server.
    ///
    /// # Errors
    /// [`Error::UnknownEncoder`] when the roster has no such encoder. Whether one works shows when it is opened; another
    /// one takes its place with a [`Notice`] if it doesn't. [`Error::NoHardware`] when hardware is chosen, which is opened
    /// for a moment to see whether it works, and does not.
    pub fn set_encoder(&self, choice: EncoderChoice) -> Result<(), Error> {
        let core = &self.inner.core;
        choice.check(&core.roster)?;
        let mut config = core.config();
        if config.encoder == choice {
            return Ok(());
        }
        config.encoder = choice;
        drop(config);
        core.renew_encoders();
        self.each_rendition(|rendition| {
            rendition.request_keyframe(KeyframeReason::Join);
            rendition.wake();
        });
        Ok(())
    }

    /// How the stream is set now.
    pub fn config(&self) -> StreamConfig {
        self.inner.core.config().clone()
    }

    /// What the paths of all viewers carry at the moment, at most the configured rate: a publisher that can draw less
    /// or less often may follow it.
    pub fn advised_rate(&self) -> Rate {
        let mut advised = self.inner.core.rate();
        self.each_rendition(|rendition| {
            if rendition.viewers() > 0 {
                let full = rendition.current_rate().bitrate.scaled(f64::from(rendition.key.scale.divisor()));
                advised.bitrate = advised.bitrate.min(full);
            }
        });
        advised.bitrate = advised.bitrate.max(Bitrate::from_bits_per_second(1));
        advised
    }

    /// What was done so far.
    pub fn metrics(&self) -> StreamMetrics {
        let renditions = self.renditions();
        StreamMetrics {
            frames_published: self.inner.core.slot.count(),
            viewers: self.viewers(),
            events_dropped: self.inner.inbox.dropped(),
            recordings: self.recordings().status(),
            kept: self.keeper().map(Keeper::metrics),
            renditions: renditions.iter().map(|rendition| rendition.metrics()).collect(),
        }
    }

    /// The newest frame as a PNG image; `None` before the first frame. Blocks for the time of the compression.
    ///
    /// # Errors
    /// When the frame can't be fetched from its device; [`Error::NoEncoder`] when nothing here makes PNG, and
    /// [`Error::RenditionFailed`] with what was tried when all that could refuses.
    pub fn still_png(&self) -> Result<Option<Bytes>, Error> {
        let core = &self.inner.core;
        let Some(published) = core.slot.latest() else { return Ok(None) };
        let picture = published.frame.surface.to_host()?;
        let key = RenditionKey::full(RenditionKind::Image(ImageFormat::Png));
        if !is_possible(&core.roster, key.kind) {
            return Err(Error::NoEncoder { key });
        }
        let failed = |error: OpenError| Error::RenditionFailed { key, why: error.to_string() };
        let mut backend = core.roster.open_image(ImageFormat::Png).map_err(failed)?.session;
        let mut data = Vec::new();
        backend.encode(picture.as_ref(), published.frame.color, 100, &mut data).map_err(Error::Image)?;
        Ok(Some(data.into()))
    }

    /// Ends the stream: publishing fails, encoders stop, servers send their viewers away. Frames and units are freed.
    pub fn close(&self) {
        let core = &self.inner.core;
        if !core.close() {
            return;
        }
        self.each_rendition(|rendition| {
            rendition.wake();
            rendition.end_feeds();
        });
        self.inner.inbox.close();
        core.slot.clear();
        core.viewers.poke();
        core.bump_policy();
    }

    /// Whether [`Stream::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.inner.core.is_closed()
    }

    /// Waits on this thread until no encoder runs any more; returns whether that was so in time.
    pub fn wait_idle(&self, timeout: Duration) -> bool {
        self.inner.core.threads.wait_until(timeout, |threads| threads == 0)
    }

    /// What a viewer gets that can show `capabilities`: by the stream's choice, among what works here. `None` if there is
    /// nothing.
    pub fn select(&self, capabilities: Capabilities) -> Option<RenditionKey> {
        self.inner.core.select(capabilities).map(RenditionKey::full)
    }

    /// Joins a rendition. Its encoder starts when a viewer is ready.
    ///
    /// # Errors
    /// When the stream is closed, nothing makes this rendition, all that could have failed, or the system has no thread.
    pub fn subscribe(&self, key: RenditionKey) -> Result<Subscription, Error> {
        Subscription::new(&self.rendition(key)?)
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.inner.core
    }

    pub(crate) fn recordings(&self) -> &Recordings {
        &self.inner.recordings
    }

    pub(crate) fn keeper(&self) -> Option<&Keeper> {
        self.inner.keeper.get()
    }

    pub(crate) fn rendition(&self, key: RenditionKey) -> Result<Arc<Rendition>, Error> {
        let core = &self.inner.core;
        core.check_open()?;
        if !is_possible(&core.roster, key.kind) {
            return Err(Error::NoEncoder { key });
        }
        if let Some(why) = core.failure(key.kind) {
            return Err(Error::RenditionFailed { key, why });
        }
        let mut renditions = lock(&self.inner.renditions);
        Ok(match renditions.iter().find(|rendition| rendition.key == key) {
            Some(rendition) => Arc::clone(rendition),
            None => {
                let rendition = Arc::new(Rendition::new(key, Arc::clone(core)));
                renditions.push(Arc::clone(&rendition));
                rendition
            }
        })
    }

    /// Changes when viewers have to be looked at again: another encoder or size, a rendition that failed, the end of
    /// the stream. Ask [`Stream::is_closed`], then [`Stream::select`].
    pub fn policy_changes(&self) -> watch::Receiver<u64> {
        self.inner.core.policy_changes()
    }

    /// What viewers and operators should know, as it happens.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.inner.core.notices()
    }

    /// The time since the stream began: the clock of every timestamp.
    pub fn now(&self) -> Timestamp {
        self.inner.core.now()
    }

    fn publish_frame(&self, frame: Frame) -> Result<FrameId, Error> {
        let core = &self.inner.core;
        core.check_open()?;
        check_size(frame.size())?;
        if let Surface::Device(_) = &frame.surface {
            // Before a rendition sees the frame: begun later, it might be one that is converted already.
            self.each_rendition(|rendition| rendition.convert_ahead(&frame));
        }
        let put = core.slot.put(frame, core.now());
        if core.is_closed() {
            // Closed in between: the frame would stay in memory for nobody.
            core.slot.clear();
            core.check_open()?;
        }
        if put.resized {
            // What failed at one size may work at another.
            core.forgive();
        }
        self.each_rendition(Rendition::wake);
        Ok(put.id)
    }

    fn each_rendition(&self, visit: impl FnMut(&Arc<Rendition>)) {
        self.renditions().iter().for_each(visit);
    }

    /// Those that there are now, without the lock: a device that is asked for something may call the program, and that the
    /// stream.
    fn renditions(&self) -> Vec<Arc<Rendition>> {
        lock(&self.inner.renditions).clone()
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({:?} {}, {} viewers)", self.name(), self.size(), self.viewers())
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let length = (1..=Stream::MAX_NAME).contains(&name.len());
    // A browser resolves these away before it asks.
    let relative = matches!(name, "." | "..");
    if length && !relative && name.chars().all(legal) {
        Ok(())
    } else {
        Err(Error::InvalidName { name: name.chars().take(Stream::MAX_NAME).collect() })
    }
}

fn check_size(size: Size) -> Result<(), Error> {
    if size.pixels() > Stream::MAX_PIXELS { Err(Error::FrameTooLarge { size }) } else { Ok(()) }
}
