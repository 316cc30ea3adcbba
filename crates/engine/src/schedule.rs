use framewire_frame::{FrameId, Timestamp};
use std::time::Duration;

/// Decides what a pipeline does next. It has no clock and no thread: it is told what there is and what time it is.
#[derive(Debug)]
pub(crate) struct Schedule {
    still_after: Option<Duration>,
    /// The newest frame that came out.
    done: Option<FrameId>,
    /// The frame whose sharp version came out.
    still_done: Option<FrameId>,
    /// The frame that showed what one before it showed, and since when that is shown.
    resting: Option<(FrameId, Timestamp)>,
    attempt: Option<Attempt>,
}

/// What a pipeline sees when it decides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) newest: Option<Newest>,
    /// Whether any viewer would take a unit.
    pub(crate) ready: bool,
    /// From when on a key frame is wanted.
    pub(crate) key_at: Option<Timestamp>,
    /// From when on a frame that is encoded anyway is to be a key frame.
    pub(crate) next_key_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Newest {
    pub(crate) id: FrameId,
    pub(crate) published: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Encode(Request),
    /// Until something changes, or this moment.
    Wait(Option<Timestamp>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) key: bool,
    pub(crate) still: bool,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The unit of the frame itself came out, or never will.
    pub(crate) done: bool,
    /// A unit came out that decoding can begin with.
    pub(crate) key: bool,
}

/// A request that did not come out yet. Until it does, or a newer frame comes, it is what the pipeline works on.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    id: FrameId,
    request: Request,
    count: u32,
    retry_at: Timestamp,
}

/// How long an encoder that dropped a frame is left alone; doubled with every attempt.
const FIRST_RETRY: Duration = Duration::from_millis(30);
const LAST_RETRY: Duration = Duration::from_secs(1);

impl Schedule {
    pub(crate) fn new(still_after: Option<Duration>) -> Self {
        Self { still_after, done: None, still_done: None, resting: None, attempt: None }
    }

    pub(crate) fn decide(&self, view: View, now: Timestamp) -> Step {
        let Some(newest) = view.newest.filter(|_| view.ready) else { return Step::Wait(None) };
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let settled = self.done == Some(newest.id);
        let key = is_due(view.key_at) || (!settled && is_due(view.next_key_at));
        if let Some(attempt) = self.attempt.filter(|attempt| attempt.id == newest.id) {
            if attempt.retry_at > now {
                return Step::Wait(Some(attempt.retry_at));
            }
            return Step::Encode(Request { key: attempt.request.key || key, ..attempt.request });
        }
        let sharpened = settled && self.still_done == Some(newest.id);
        let still_at = self.still_after.filter(|_| settled && !sharpened);
        let still_at = still_at.map(|rest| self.resting_since(newest).saturating_add(rest));
        if key || !settled || is_due(still_at) {
            // A key frame of a picture that was sent sharp is sharp again, or it would look worse than before.
            let still = is_due(still_at) || sharpened;
            return Step::Encode(Request { key: key || still, still });
        }
        Step::Wait([view.key_at, still_at].into_iter().flatten().min())
    }

    /// How many frames between the one that came out last and `id` never will.
    pub(crate) fn skipped_before(&self, id: FrameId) -> u64 {
        self.done.map_or(0, |done| id.0.saturating_sub(done.0 + 1))
    }

    /// A frame shows what the one that came out last shows, and need not come out itself.
    pub(crate) fn record_repetition(&mut self, of: Newest) {
        let since =
            self.resting.filter(|(id, _)| self.done == Some(*id)).map_or(of.published, |(_, since)| since);
        if self.still_done.is_some() && self.still_done == self.done {
            self.still_done = Some(of.id);
        }
        self.done = Some(of.id);
        self.resting = Some((of.id, since));
    }

    fn resting_since(&self, newest: Newest) -> Timestamp {
        self.resting.filter(|(id, _)| *id == newest.id).map_or(newest.published, |(_, since)| since)
    }

    /// Whether this frame was tried before.
    pub(crate) fn has_tried(&self, id: FrameId) -> bool {
        self.attempt.is_some_and(|attempt| attempt.id == id)
    }

    pub(crate) fn record(&mut self, id: FrameId, request: Request, outcome: Outcome, now: Timestamp) {
        if outcome.done {
            self.done = Some(id);
        }
        if outcome.done && (outcome.key || !request.key) {
            self.attempt = None;
            if request.still {
                self.still_done = Some(id);
            }
            return;
        }
        let before = self.attempt.filter(|attempt| attempt.id == id).map_or(0, |attempt| attempt.count);
        let pause = FIRST_RETRY.saturating_mul(1 << before.min(8)).min(LAST_RETRY);
        let retry_at = now.saturating_add(pause);
        self.attempt = Some(Attempt { id, request, count: before + 1, retry_at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Request = Request { key: false, still: false };
    const KEY: Request = Request { key: true, still: false };
    const STILL: Request = Request { key: true, still: true };
    const OUT: Outcome = Outcome { done: true, key: true };
    const LOST: Outcome = Outcome { done: false, key: false };

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    fn view(id: u64) -> View {
        let newest = Some(Newest { id: FrameId(id), published: at(0) });
        View { newest, ready: true, key_at: None, next_key_at: None }
    }

    fn after_frame_0(still_after: Option<Duration>) -> Schedule {
        let mut schedule = Schedule::new(still_after);
        schedule.record(FrameId(0), PLAIN, OUT, at(0));
        schedule
    }

    #[test]
    fn nothing_is_done_without_a_frame_or_without_a_ready_viewer() {
        let schedule = Schedule::new(Some(Duration::ZERO));
        let nothing = View { newest: None, key_at: Some(at(0)), ..view(0) };
        assert_eq!(schedule.decide(nothing, at(9)), Step::Wait(None));
        let nobody = View { ready: false, key_at: Some(at(0)), ..view(3) };
        assert_eq!(schedule.decide(nobody, at(9)), Step::Wait(None));
    }

    #[test]
    fn a_frame_is_encoded_once() {
        let mut schedule = Schedule::new(None);
        assert_eq!(schedule.decide(view(4), at(0)), Step::Encode(PLAIN));
        schedule.record(FrameId(4), PLAIN, OUT, at(0));
        assert_eq!(schedule.decide(view(4), at(0)), Step::Wait(None));
        assert_eq!(schedule.decide(view(7), at(0)), Step::Encode(PLAIN));
        assert_eq!(schedule.skipped_before(FrameId(7)), 2);
    }

    #[test]
    fn a_key_frame_is_made_of_the_resting_picture_when_its_time_has_come() {
        let schedule = after_frame_0(None);
        let wanted = View { key_at: Some(at(100)), ..view(0) };
        assert_eq!(schedule.decide(wanted, at(99)), Step::Wait(Some(at(100))));
        assert_eq!(schedule.decide(wanted, at(100)), Step::Encode(KEY));
        let newer = View { key_at: Some(at(100)), ..view(1) };
        assert_eq!(schedule.decide(newer, at(50)), Step::Encode(PLAIN), "a newer frame does not wait for it");
    }

    #[test]
    fn a_key_frame_that_only_a_newer_frame_is_to_be_waits_for_it() {
        let schedule = after_frame_0(None);
        let resting = View { next_key_at: Some(at(100)), key_at: Some(at(200)), ..view(0) };
        assert_eq!(schedule.decide(resting, at(150)), Step::Wait(Some(at(200))));
        let newer = View { newest: view(1).newest, ..resting };
        assert_eq!(schedule.decide(newer, at(99)), Step::Encode(PLAIN));
        assert_eq!(schedule.decide(newer, at(100)), Step::Encode(KEY));
        assert_eq!(
            schedule.decide(resting, at(200)),
            Step::Encode(KEY),
            "at last the resting picture is one"
        );
    }

    #[test]
    fn a_resting_picture_is_sent_sharp_once() {
        let mut schedule = after_frame_0(Some(Duration::from_millis(300)));
        assert_eq!(schedule.decide(view(0), at(1)), Step::Wait(Some(at(300))));
        assert_eq!(schedule.decide(view(0), at(300)), Step::Encode(STILL));
        schedule.record(FrameId(0), STILL, OUT, at(300));
        assert_eq!(schedule.decide(view(0), at(900)), Step::Wait(None));
        let joined = View { key_at: Some(at(900)), ..view(0) };
        assert_eq!(schedule.decide(joined, at(900)), Step::Encode(STILL), "a joiner gets the sharp one");
    }

    #[test]
    fn a_picture_that_is_published_again_and_again_is_sharpened_once() {
        let mut schedule = after_frame_0(Some(Duration::from_millis(300)));
        let mut stills = Vec::new();
        for id in 1..100 {
            let now = at(id * 16);
            let newest = Newest { id: FrameId(id), published: now };
            let view = View { newest: Some(newest), ..view(id) };
            assert_eq!(schedule.decide(view, now), Step::Encode(PLAIN));
            schedule.record_repetition(newest);
            if let Step::Encode(request) = schedule.decide(view, now) {
                assert_eq!(request, STILL);
                stills.push(id);
                schedule.record(FrameId(id), request, OUT, now);
            }
        }
        assert_eq!(stills, [20], "300 ms after frame 1, the first repetition");
    }

    #[test]
    fn a_still_that_nobody_could_take_is_made_up_for() {
        let schedule = after_frame_0(Some(Duration::from_millis(300)));
        let nobody = View { ready: false, ..view(0) };
        assert_eq!(schedule.decide(nobody, at(300)), Step::Wait(None));
        assert_eq!(schedule.decide(view(0), at(5000)), Step::Encode(STILL));
    }

    #[test]
    fn a_picture_that_never_came_out_is_not_sharpened() {
        let schedule = Schedule::new(Some(Duration::from_millis(300)));
        assert_eq!(schedule.decide(view(0), at(900)), Step::Encode(PLAIN));
    }

    #[test]
    fn a_dropped_picture_is_tried_again_ever_more_rarely() {
        let mut schedule = after_frame_0(None);
        let mut now = at(0);
        let mut pauses = Vec::new();
        while pauses.len() < 8 {
            assert_eq!(schedule.decide(view(1), now), Step::Encode(PLAIN));
            schedule.record(FrameId(1), PLAIN, LOST, now);
            let Step::Wait(Some(then)) = schedule.decide(view(1), now) else { panic!("no pause") };
            pauses.push(then.since(now).as_millis());
            now = then;
        }
        assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1000, 1000]);
        assert_eq!(schedule.decide(view(2), at(0)), Step::Encode(PLAIN), "the next frame is another chance");
    }

    #[test]
    fn a_pending_key_request_does_not_turn_a_failing_frame_into_a_busy_loop() {
        let mut schedule = after_frame_0(None);
        let wanted = View { key_at: Some(at(0)), ..view(1) };
        assert_eq!(schedule.decide(wanted, at(0)), Step::Encode(KEY));
        schedule.record(FrameId(1), KEY, LOST, at(0));
        assert_eq!(schedule.decide(wanted, at(1)), Step::Wait(Some(at(30))));
    }

    #[test]
    fn a_key_frame_that_did_not_become_one_is_asked_for_again() {
        let mut schedule = after_frame_0(None);
        schedule.record(FrameId(0), KEY, Outcome { done: true, key: false }, at(0));
        assert_eq!(schedule.decide(view(0), at(0)), Step::Wait(Some(at(30))));
        assert_eq!(schedule.decide(view(0), at(30)), Step::Encode(KEY));
        schedule.record(FrameId(0), KEY, OUT, at(30));
        assert_eq!(schedule.decide(view(0), at(99)), Step::Wait(None));
    }
}
