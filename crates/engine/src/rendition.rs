use crate::{
    Error, KeyframeReason, Log, Notice, RenditionKey, RenditionMetrics,
    ahead::Ahead,
    core::{Core, lock},
    feed::Feed,
    metrics::Recorder,
    pipeline,
    schedule::{Newest, Request, Schedule, Step, View},
    tap,
};
use framewire_codec::Rate;
use framewire_frame::{Bitrate, Frame, FrameId, Timestamp};
use framewire_protocol::Sticky;
use framewire_session::{KeyframeBudget, RatePolicy, Time};
use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// One encoding of a stream, with a thread while somebody watches.
pub(crate) struct Rendition {
    pub(crate) key: RenditionKey,
    pub(crate) core: Arc<Core>,
    pub(crate) log: Arc<Log>,
    pub(crate) metrics: Mutex<Recorder>,
    pub(crate) ahead: Ahead,
    head: watch::Sender<u64>,
    rate: watch::Sender<Rate>,
    ready: AtomicUsize,
    state: Mutex<State>,
    work: Condvar,
}

struct State {
    /// A thread exists and will look at everything here before it ends.
    running: bool,
    members: Vec<Arc<Member>>,
    /// Of those who take every unit.
    feeds: Vec<Arc<Feed>>,
    /// When the last viewer or recorder left.
    empty_since: Timestamp,
    keys: KeyframeBudget,
    /// When the encoder was given the frame of the newest key unit.
    last_key: Option<Timestamp>,
    rate: RatePolicy,
    /// What the policy was last told to stay below.
    ceiling: Bitrate,
    encoder: Option<String>,
    sticky: Sticky,
}

/// What one viewer says about itself, without a lock.
#[derive(Debug, Default)]
struct Member {
    ready: AtomicBool,
    /// Bits per second; 0 means unknown.
    delivery: AtomicU32,
    refuses_png: AtomicBool,
}

/// What a server knows of one viewer's path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewerEstimate {
    /// What arrives, where it is known.
    pub delivery: Option<Bitrate>,
}

/// A viewer's place in a rendition. Dropping it leaves.
pub struct Subscription {
    rendition: Arc<Rendition>,
    member: Arc<Member>,
}

impl Subscription {
    pub(crate) fn new(rendition: &Arc<Rendition>) -> Result<Self, Error> {
        let member = Arc::new(Member::default());
        let mut state = lock(&rendition.state);
        rendition.ensure_running(&mut state)?;
        state.members.push(Arc::clone(&member));
        drop(state);
        rendition.core.viewers.add();
        rendition.work.notify_one();
        Ok(Self { rendition: Arc::clone(rendition), member })
    }

    /// Which rendition this is.
    pub fn key(&self) -> RenditionKey {
        self.rendition.key
    }

    /// The units.
    pub fn log(&self) -> &Arc<Log> {
        &self.rendition.log
    }

    /// Changes with every unit; the value is the position of the next one.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.rendition.head.subscribe()
    }

    /// The rate that the rendition aims at. It changes with the stream's rate and when viewers can't keep up.
    pub fn rate(&self) -> watch::Receiver<Rate> {
        self.rendition.rate.subscribe()
    }

    /// Asks for a key unit: of the resting picture if nothing newer is published. Requests of many viewers become one.
    pub fn request_keyframe(&self, reason: KeyframeReason) {
        let rendition = &self.rendition;
        lock(&rendition.state).keys.request(reason, time(rendition.core.now()));
        rendition.work.notify_one();
    }

    /// Says whether this viewer would take a unit now. While none would, nothing is encoded.
    pub fn set_ready(&self, ready: bool) {
        if self.member.ready.swap(ready, Ordering::AcqRel) == ready {
            return;
        }
        let rendition = &self.rendition;
        let was = if ready {
            rendition.ready.fetch_add(1, Ordering::AcqRel)
        } else {
            rendition.ready.fetch_sub(1, Ordering::AcqRel)
        };
        if (ready && was == 0) || (!ready && was == 1) {
            rendition.readiness_changed();
        }
    }

    /// Says how this viewer's path is. Costs nothing while nothing changes.
    pub fn report(&self, estimate: ViewerEstimate) {
        let bits = estimate.delivery.map_or(0, |rate| rate.bits_per_second());
        if self.member.delivery.load(Ordering::Relaxed) != bits {
            self.member.delivery.store(bits, Ordering::Relaxed);
        }
    }

    /// Says that this viewer shows no PNG. While it is here, the sharp version of a resting image has the rendition's own
    /// format.
    pub fn refuse_png(&self) {
        self.member.refuses_png.store(true, Ordering::Relaxed);
    }

    /// The name of the encoder at work; `None` before the first frame.
    pub fn encoder(&self) -> Option<String> {
        lock(&self.rendition.state).encoder.clone()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.set_ready(false);
        let rendition = &self.rendition;
        let mut state = lock(&rendition.state);
        state.members.retain(|member| !Arc::ptr_eq(member, &self.member));
        if state.members.is_empty() {
            // A rendition without viewers is not congested.
            state.rate.set_ready(true, time(rendition.core.now()));
        }
        rendition.left(&mut state);
        drop(state);
        rendition.work.notify_one();
        rendition.core.viewers.subtract();
    }
}

impl Rendition {
    pub(crate) fn new(key: RenditionKey, core: Arc<Core>) -> Self {
        let rate = core.rate();
        let state = State {
            running: false,
            members: Vec::new(),
            feeds: Vec::new(),
            empty_since: core.now(),
            keys: KeyframeBudget::default(),
            last_key: None,
            rate: RatePolicy::new(rate.bitrate, time(core.now())),
            ceiling: rate.bitrate,
            encoder: None,
            sticky: Sticky::default(),
        };
        Self {
            key,
            core,
            log: Arc::default(),
            metrics: Mutex::default(),
            ahead: Ahead::default(),
            head: watch::Sender::new(0),
            rate: watch::Sender::new(rate),
            ready: AtomicUsize::new(0),
            state: Mutex::new(state),
            work: Condvar::new(),
        }
    }

    /// Lets the thread look for work, and replaces one that has panicked once there is hope.
    pub(crate) fn wake(self: &Arc<Self>) {
        // The thread decides under this lock; taking it makes sure that it is not between deciding and waiting.
        let mut state = self.lock();
        if !state.running && !state.is_idle() && self.may_run() {
            // Without a thread the viewers wait for the next frame, which tries again.
            if let Err(error) = self.ensure_running(&mut state) {
                tracing::error!("{} of \"{}\": {error}", self.key, self.core.name);
            }
        }
        drop(state);
        self.work.notify_one();
    }

    /// Lets the device of a frame to come begin with its conversion, if somebody takes it.
    pub(crate) fn convert_ahead(&self, frame: &Frame) {
        let awaited = self.is_awaited(&self.lock());
        if awaited {
            self.ahead.start(frame, self.key.scale);
        }
    }

    /// Waits for something to encode; `None` when the thread is to end, which it then has to do.
    pub(crate) fn next(&self, schedule: &Schedule) -> Option<Request> {
        let mut state = self.lock();
        loop {
            let now = self.core.now();
            let deadline = if self.core.is_closed() {
                self.rest(&mut state);
                return None;
            } else if state.is_idle() {
                let end = state.empty_since.saturating_add(self.core.config().grace);
                if now >= end {
                    self.rest(&mut state);
                    return None;
                }
                Some(end)
            } else {
                match schedule.decide(self.view(&state), now) {
                    Step::Encode(request) => return Some(request),
                    Step::Wait(deadline) => deadline,
                }
            };
            state = match deadline {
                None => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    // A microsecond more: a wait that ends just before its deadline would only begin again.
                    let timeout = deadline.since(now) + Duration::from_micros(1);
                    let waited = self.work.wait_timeout(state, timeout);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// What the rate control is to aim at from now on.
    pub(crate) fn current_rate(&self) -> Rate {
        let mut configured = self.core.rate();
        if let Some(measured) = self.core.slot.frame_rate() {
            configured.frame_rate = measured;
        }
        configured.bitrate = configured.bitrate.scaled(1.0 / f64::from(self.key.scale.divisor()));
        let mut state = self.lock();
        if state.ceiling != configured.bitrate {
            state.ceiling = configured.bitrate;
            state.rate.configure(configured.bitrate);
        }
        let slowest = state.slowest();
        state.rate.update(slowest, time(self.core.now()));
        let bitrate = state.rate.bitrate();
        drop(state);
        let rate = Rate { bitrate, ..configured };
        self.rate.send_if_modified(|told| {
            let changed =
                told.bitrate != rate.bitrate || crate::cadence::differs(told.frame_rate, rate.frame_rate);
            if changed {
                *told = rate;
            }
            changed
        });
        *self.rate.borrow()
    }

    pub(crate) fn accepts_png(&self) -> bool {
        !self.lock().members.iter().any(|member| member.refuses_png.load(Ordering::Relaxed))
    }

    pub(crate) fn set_encoder(&self, name: Option<&str>) {
        let mut state = self.lock();
        if state.encoder.as_deref() != name {
            state.encoder = name.map(str::to_owned);
            drop(state);
            name.into_iter().for_each(|name| self.core.log_encoder(name));
        }
    }

    pub(crate) fn request_keyframe(&self, reason: KeyframeReason) {
        self.lock().keys.request(reason, time(self.core.now()));
        self.work.notify_one();
    }

    /// Makes units visible. `key` says that one of them serves whoever asked for a key frame.
    pub(crate) fn publish(&self, units: impl IntoIterator<Item = crate::Unit>) {
        for unit in units {
            let mut state = self.lock();
            if unit.key {
                state.keys.emitted(time(self.core.now()));
                state.last_key = Some(unit.moment());
            }
            let feeds = state.feeds.clone();
            drop(state);
            let unit = self.log.push(unit);
            for feed in &feeds {
                feed.push(&unit);
            }
            self.head.send_replace(unit.position + 1);
        }
    }

    pub(crate) fn with_sticky<T>(&self, use_it: impl FnOnce(&mut Sticky) -> T) -> T {
        use_it(&mut self.lock().sticky)
    }

    /// The thread has panicked: whoever still watches is told to go elsewhere.
    pub(crate) fn crashed(&self) {
        let mut state = self.lock();
        state.running = false;
        state.encoder = None;
        drop(state);
        self.failed("the encoder's thread has panicked");
    }

    /// Nothing encodes it: viewers go elsewhere, and recorders are told that nothing comes.
    pub(crate) fn failed(&self, why: &str) {
        self.core.fail(self.key.kind, why);
        let rendition = self.key.to_string();
        self.core.notify(Notice::RenditionFailed { rendition, why: why.to_owned() });
        let feeds = self.lock().feeds.clone();
        feeds.iter().for_each(|feed| feed.fail(why));
    }

    /// A frame shows what the newest unit shows.
    pub(crate) fn repeated(&self, frame: FrameId) {
        let feeds = self.lock().feeds.clone();
        feeds.iter().for_each(|feed| feed.repeat(frame));
    }

    pub(crate) fn metrics(&self) -> RenditionMetrics {
        let now = self.core.now();
        let size = self.log.newest().map(|unit| unit.size);
        let state = self.lock();
        let (encoder, viewers) = (state.encoder.clone(), state.members.len());
        drop(state);
        let recorder = lock(&self.metrics);
        let (fps, bitrate_bps) = recorder.recent(now);
        RenditionMetrics {
            key: self.key,
            encoder,
            size,
            viewers,
            ready: self.ready.load(Ordering::Relaxed),
            rate: *self.rate.borrow(),
            frames_encoded: recorder.encoded,
            frames_skipped: recorder.skipped,
            frames_repeated: recorder.repeated,
            frames_failed: recorder.failed,
            keyframes: recorder.keys,
            stills: recorder.stills,
            bytes: recorder.bytes,
            bitrate_bps,
            fps,
            encode_ms: recorder.encode_ms(),
            encode_ms_p99: recorder.encode_ms_p99(),
        }
    }

    pub(crate) fn viewers(&self) -> usize {
        self.lock().members.len()
    }

    /// Lets a recorder in.
    pub(crate) fn add_feed(self: &Arc<Self>) -> Result<Arc<Feed>, Error> {
        let feed = Arc::new(Feed::default());
        let mut state = self.lock();
        self.ensure_running(&mut state)?;
        state.feeds.push(Arc::clone(&feed));
        state.keys.request(KeyframeReason::Join, time(self.core.now()));
        drop(state);
        if self.core.is_closed() {
            // Closed in between: whoever closed it has not seen this one.
            feed.end();
        }
        self.work.notify_one();
        Ok(feed)
    }

    pub(crate) fn remove_feed(&self, feed: &Arc<Feed>) {
        feed.end();
        let mut state = self.lock();
        state.feeds.retain(|other| !Arc::ptr_eq(other, feed));
        self.left(&mut state);
        drop(state);
        self.work.notify_one();
    }

    /// Ends the feeds: no unit comes any more.
    pub(crate) fn end_feeds(&self) {
        let feeds = self.lock().feeds.clone();
        feeds.iter().for_each(|feed| feed.end());
    }

    /// A viewer or recorder has gone.
    fn left(&self, state: &mut State) {
        if state.is_idle() {
            state.empty_since = self.core.now();
            state.keys = KeyframeBudget::default();
        }
    }

    /// The thread that holds the lock ends: from here on a viewer starts another one.
    fn rest(&self, state: &mut State) {
        state.running = false;
        state.encoder = None;
        // The units would only grow old; whatever comes next begins with a key unit.
        self.log.clear();
    }

    fn ensure_running(self: &Arc<Self>, state: &mut State) -> Result<(), Error> {
        if !state.running {
            pipeline::spawn(self).map_err(Error::Thread)?;
            state.running = true;
        }
        Ok(())
    }

    fn readiness_changed(&self) {
        let mut state = self.lock();
        let open = self.ready.load(Ordering::Acquire) > 0 || state.members.is_empty();
        state.rate.set_ready(open, time(self.core.now()));
        drop(state);
        self.work.notify_one();
    }

    fn may_run(&self) -> bool {
        !self.core.is_closed() && self.core.failure(self.key.kind).is_none()
    }

    /// Whether somebody would take a unit now.
    fn is_awaited(&self, state: &State) -> bool {
        self.may_run() && (self.ready.load(Ordering::Acquire) > 0 || !state.feeds.is_empty())
    }

    fn view(&self, state: &State) -> View {
        let asked = state.keys.deadline().map(|at| at.since_epoch().into());
        let recorded = state.last_key.filter(|_| !state.feeds.is_empty());
        View {
            newest: self.core.slot.newest().map(|(id, published)| Newest { id, published }),
            ready: self.is_awaited(state),
            key_at: [asked, recorded.map(tap::key_at)].into_iter().flatten().min(),
            next_key_at: recorded.map(tap::next_key_at),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// Whether nobody takes units.
    fn is_idle(&self) -> bool {
        self.members.is_empty() && self.feeds.is_empty()
    }

    /// The smallest delivery rate that any viewer reports.
    fn slowest(&self) -> Option<Bitrate> {
        let rates = self.members.iter().map(|member| member.delivery.load(Ordering::Relaxed));
        rates.filter(|bits| *bits > 0).min().map(Bitrate::from_bits_per_second)
    }
}

/// The stream's clock as the session's types take it.
fn time(now: Timestamp) -> Time {
    Time::from_epoch(now.since(Timestamp::ZERO))
}
