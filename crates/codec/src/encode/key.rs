/// A request for a key frame, from the wish to the bytes.
///
/// Encoders may answer late (a pipeline) or not at all (a dropped frame, a device that was busy). The request holds
/// until a key frame has been seen, and asks only once per pipeline depth, so that a late answer is not two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum KeyRequest {
    /// Nobody waits.
    #[default]
    None,
    /// The next picture is to be a key frame.
    Armed,
    /// A picture was asked to be one; its unit is due after so many more pictures.
    Asked { patience: usize },
}

impl KeyRequest {
    /// Somebody needs a key frame. One that is already on its way serves.
    pub(super) fn arm(&mut self) {
        if *self == Self::None {
            *self = Self::Armed;
        }
    }

    /// Somebody needs a key frame from an encoder that has nothing on its way.
    pub(super) fn arm_anew(&mut self) {
        *self = Self::Armed;
    }

    /// Whether the picture that is encoded now is to be a key frame; `delay` is the encoder's pipeline depth.
    pub(super) fn ask(&mut self, delay: usize) -> bool {
        let armed = *self == Self::Armed;
        if armed {
            // The call that asks counts as one.
            *self = Self::Asked { patience: delay + 1 };
        }
        armed
    }

    /// A key frame has come out.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_asks_once_and_ends_with_the_key_frame() {
        let mut request = KeyRequest::Armed;
        assert!(request.ask(0));
        request.seen();
        request.picture_done();
        assert!(!request.ask(0));
    }

    #[test]
    fn a_picture_that_did_not_become_a_key_frame_is_followed_by_another_request() {
        let mut request = KeyRequest::Armed;
        for _ in 0..3 {
            assert!(request.ask(0));
            request.picture_done();
        }
    }

    #[test]
    fn a_pipeline_is_given_its_depth_before_it_is_asked_again() {
        let mut request = KeyRequest::Armed;
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
        let mut request = KeyRequest::Armed;
        assert!(request.ask(5));
        request.picture_done();
        request.flushed();
        assert!(request.ask(5));
    }
}
