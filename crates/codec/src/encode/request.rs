use framewire_frame::Timestamp;
use std::{num::NonZeroU32, time::Duration};

/// A request for a key frame, or for a picture that repairs a loss, from the wish to the bytes.
///
/// Encoders may answer late (a pipeline) or not at all (a dropped frame, a device that was busy). The request holds
/// until the answer has been seen, and asks only once per pipeline depth, so that a late answer is not two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Request {
    /// Nobody waits.
    #[default]
    None,
    /// The next picture is to be the answer.
    Armed,
    /// A picture was asked to be it; its unit is due after so many more pictures.
    Asked { patience: usize },
}

impl Request {
    /// Somebody needs an answer. One that is already on its way serves.
    pub(super) fn arm(&mut self) {
        if *self == Self::None {
            *self = Self::Armed;
        }
    }

    /// Somebody needs an answer from an encoder that has nothing on its way.
    pub(super) fn arm_anew(&mut self) {
        *self = Self::Armed;
    }

    /// Whether the next picture is to be the answer.
    pub(super) fn is_armed(self) -> bool {
        self == Self::Armed
    }

    /// A picture was encoded that was to be the answer; `delay` is the encoder's pipeline depth.
    pub(super) fn asked(&mut self, delay: usize) {
        if !matches!(self, Self::Asked { .. }) {
            // The call that asks counts as one.
            *self = Self::Asked { patience: delay + 1 };
        }
    }

    /// The answer has come out.
    pub(super) fn seen(&mut self) {
        *self = Self::None;
    }

    /// One picture was encoded, whatever came out.
    pub(super) fn picture_done(&mut self) {
        if let Self::Asked { patience } = self {
            *patience -= 1;
            if *patience == 0 {
                *self = Self::Armed;
            }
        }
    }

    /// The encoder has nothing left to answer with.
    pub(super) fn flushed(&mut self) {
        if let Self::Asked { .. } = self {
            *self = Self::Armed;
        }
    }
}

/// How far the last key frame is, where there may be only so many frames, or so much time, from one to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyDistance {
    most: Option<NonZeroU32>,
    longest: Option<Duration>,
    /// Pictures since the last key frame that was asked for or came out, itself among them.
    pictures: u32,
    /// The moment of that key frame.
    since: Option<Timestamp>,
}

impl KeyDistance {
    /// At most `most` frames and a time below `longest` from one key frame to the next; `None` sets no limit.
    pub(super) fn new(most: Option<NonZeroU32>, longest: Option<Duration>) -> Self {
        Self { most, longest, pictures: 0, since: None }
    }

    /// Whether the next picture, which shows this moment, has to be a key frame.
    pub(super) fn is_reached(self, moment: Timestamp) -> bool {
        let passed = |since: Timestamp| moment.as_micros().saturating_sub(since.as_micros());
        self.most.is_some_and(|most| self.pictures >= most.get())
            || self
                .longest
                .zip(self.since)
                .is_some_and(|(longest, since)| u128::from(passed(since)) >= longest.as_micros())
    }

    /// A picture was encoded, which was to be a key frame or not.
    pub(super) fn went_in(&mut self, key: bool, moment: Timestamp) {
        self.pictures = if key { 1 } else { self.pictures.saturating_add(1) };
        if key {
            self.since = Some(moment);
        }
    }

    /// A key frame of this moment came out, after which `behind` pictures have gone in.
    pub(super) fn came_out(&mut self, behind: usize, moment: Timestamp) {
        let since = u32::try_from(behind).unwrap_or(u32::MAX).saturating_add(1);
        self.pictures = self.pictures.min(since);
        self.since = self.since.max(Some(moment));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Request {
        /// What the next picture is asked, in an encoder of this depth.
        fn ask(&mut self, delay: usize) -> bool {
            let armed = self.is_armed();
            if armed {
                self.asked(delay);
            }
            armed
        }
    }

    #[test]
    fn a_request_asks_once_and_ends_with_the_key_frame() {
        let mut request = Request::Armed;
        assert!(request.ask(0));
        request.seen();
        request.picture_done();
        assert!(!request.ask(0));
    }

    #[test]
    fn a_picture_that_did_not_become_a_key_frame_is_followed_by_another_request() {
        let mut request = Request::Armed;
        for _ in 0..3 {
            assert!(request.ask(0));
            request.picture_done();
        }
    }

    #[test]
    fn a_pipeline_is_given_its_depth_before_it_is_asked_again() {
        let mut request = Request::Armed;
        assert!(request.ask(2));
        request.picture_done();
        for _ in 0..2 {
            assert!(!request.ask(2));
            request.arm();
            request.picture_done();
        }
        assert!(request.ask(2));
    }

    #[test]
    fn a_flush_without_a_key_frame_arms_the_request_again() {
        let mut request = Request::Armed;
        assert!(request.ask(5));
        request.picture_done();
        request.flushed();
        assert!(request.ask(5));
    }

    /// The pictures of 100 ms each that become key frames. Picture 4 is one of the encoder's own, known before picture 6.
    fn keys(mut distance: KeyDistance) -> Vec<u64> {
        let moment = |picture: u64| Timestamp::from_micros(picture * 100_000);
        let mut keys = Vec::new();
        for picture in 0..12 {
            let key = picture == 0 || distance.is_reached(moment(picture));
            distance.went_in(key, moment(picture));
            keys.extend(key.then_some(picture));
            if picture == 5 {
                distance.came_out(1, moment(4));
            }
        }
        keys
    }

    #[test]
    fn the_distance_is_counted_from_what_was_asked_or_came_out_by_itself() {
        let three = NonZeroU32::new(3);
        assert_eq!(keys(KeyDistance::new(three, None)), [0, 3, 7, 10]);
        assert_eq!(keys(KeyDistance::new(None, Some(Duration::from_millis(250)))), [0, 3, 7, 10]);
        assert_eq!(keys(KeyDistance::new(three, Some(Duration::from_millis(200)))), [0, 2, 4, 6, 8, 10]);
        assert_eq!(keys(KeyDistance::new(None, None)), [0]);
    }

    #[test]
    fn an_answer_that_comes_late_moves_nothing() {
        let mut distance = KeyDistance::new(NonZeroU32::new(3), Some(Duration::from_millis(300)));
        let moment = |picture: u64| Timestamp::from_micros(picture * 100_000);
        (0..5_u64).for_each(|picture| distance.went_in(picture == 3, moment(picture)));
        distance.came_out(4, moment(0));
        assert!(!distance.is_reached(moment(5)));
        distance.went_in(false, moment(5));
        assert!(distance.is_reached(moment(6)));
    }
}
