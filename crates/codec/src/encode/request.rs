use std::num::NonZeroU32;

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

/// How far the last key frame is, where there may be only so many frames from one to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyDistance {
    most: Option<NonZeroU32>,
    /// Pictures since the last key frame that was asked for or came out, itself among them.
    pictures: u32,
}

impl KeyDistance {
    /// At most `most` frames from one key frame to the next; `None` sets no limit.
    pub(super) fn new(most: Option<NonZeroU32>) -> Self {
        Self { most, pictures: 0 }
    }

    /// Whether the next picture has to be a key frame.
    pub(super) fn is_reached(self) -> bool {
        self.most.is_some_and(|most| self.pictures >= most.get())
    }

    /// A picture was encoded, which was to be a key frame or not.
    pub(super) fn went_in(&mut self, key: bool) {
        self.pictures = if key { 1 } else { self.pictures.saturating_add(1) };
    }

    /// A key frame came out, after which `behind` pictures have gone in.
    pub(super) fn came_out(&mut self, behind: usize) {
        let since = u32::try_from(behind).unwrap_or(u32::MAX).saturating_add(1);
        self.pictures = self.pictures.min(since);
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

    #[test]
    fn the_distance_is_counted_from_what_was_asked_or_came_out_by_itself() {
        let mut distance = KeyDistance::new(NonZeroU32::new(3));
        let mut keys = Vec::new();
        for picture in 0..12 {
            let key = picture == 0 || distance.is_reached();
            distance.went_in(key);
            keys.extend(key.then_some(picture));
            if picture == 5 {
                // Picture 4 was a key frame of the encoder's own.
                distance.came_out(1);
            }
            // That of picture 6 comes late and moves nothing.
            if picture == 8 {
                distance.came_out(1);
            }
        }
        assert_eq!(keys, [0, 3, 7, 10]);
        assert!(!KeyDistance::new(None).is_reached());
    }
}
