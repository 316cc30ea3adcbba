use framewire_frame::{PixelRatio, Size, Timestamp};
use std::time::Duration;

/// The space that a viewer has for the picture, in device pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Device pixels across.
    pub width: f64,
    /// Device pixels down.
    pub height: f64,
    /// Device pixels per layout pixel.
    pub ratio: PixelRatio,
}

/// The size that the publisher should render.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetSize {
    /// Both sides are even.
    pub size: Size,
    /// Device pixels per layout pixel of the viewer that asked.
    pub ratio: PixelRatio,
}

/// Makes a steady target out of the viewports that viewers report: the latest one, capped, rounded down to even sides,
/// and only once it has rested for [`TargetTracker::DEBOUNCE`].
#[derive(Clone, Debug)]
pub struct TargetTracker {
    max_side: u32,
    stable: Option<TargetSize>,
    pending: Option<(TargetSize, Timestamp)>,
}

impl TargetTracker {
    /// How long a size must rest.
    pub const DEBOUNCE: Duration = Duration::from_millis(120);

    /// A tracker whose targets have no side larger than `max_side`.
    pub fn new(max_side: u32) -> Self {
        Self { max_side: max_side.clamp(2, Size::MAX_SIDE), stable: None, pending: None }
    }

    /// Takes a viewport. One that isn't a number of pixels is ignored.
    pub fn report(&mut self, viewport: Viewport, now: Timestamp) {
        self.settle(now);
        let Some(size) = self.target(viewport) else { return };
        let target = TargetSize { size, ratio: viewport.ratio };
        match self.pending {
            Some((pending, _)) if pending.size == size => {}
            None if self.stable.is_some_and(|stable| stable.size == size) => {}
            // Back to the size that is rendered anyway: there is nothing to wait for.
            Some(_) if self.stable.is_some_and(|stable| stable.size == size) => self.pending = None,
            _ => self.pending = Some((target, now)),
        }
    }

    /// The target at this moment; `None` before any viewport has rested.
    pub fn target_size(&mut self, now: Timestamp) -> Option<TargetSize> {
        self.settle(now);
        self.stable
    }

    fn settle(&mut self, now: Timestamp) {
        if let Some((target, since)) = self.pending
            && now.since(since) >= Self::DEBOUNCE
        {
            (self.stable, self.pending) = (Some(target), None);
        }
    }

    fn target(&self, viewport: Viewport) -> Option<Size> {
        let Viewport { width, height, .. } = viewport;
        if !(width.is_finite() && height.is_finite()) {
            return None;
        }
        let (width, height) = (width.max(2.0), height.max(2.0));
        let scale = (f64::from(self.max_side) / width.max(height)).min(1.0);
        let side = |pixels: f64| even(pixels * scale, self.max_side);
        Size::new(side(width), side(height)).ok()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
fn even(side: f64, max: u32) -> u32 {
    let rounded = side.round() as u32;
    (rounded.clamp(2, max) / 2) * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    fn viewport(width: f64, height: f64) -> Viewport {
        Viewport { width, height, ratio: PixelRatio::ONE }
    }

    fn settled(max_side: u32, width: f64, height: f64) -> Option<(u32, u32)> {
        let mut tracker = TargetTracker::new(max_side);
        tracker.report(viewport(width, height), at(0));
        tracker.target_size(at(120)).map(|target| (target.size.width(), target.size.height()))
    }

    #[test]
    fn a_size_counts_once_it_has_rested() {
        let mut tracker = TargetTracker::new(3840);
        tracker.report(viewport(800.0, 600.0), at(0));
        assert_eq!(tracker.target_size(at(119)), None);
        tracker.report(viewport(802.0, 600.0), at(119));
        assert_eq!(tracker.target_size(at(238)), None, "a change begins the wait again");
        assert_eq!(tracker.target_size(at(239)).unwrap().size, Size::new(802, 600).unwrap());
    }

    #[test]
    fn the_same_size_again_does_not_begin_the_wait_again() {
        let mut tracker = TargetTracker::new(3840);
        tracker.report(viewport(800.0, 600.0), at(0));
        tracker.report(viewport(801.0, 601.0), at(100));
        assert!(tracker.target_size(at(120)).is_some(), "801x601 rounds down to the same size");
    }

    #[test]
    fn going_back_to_the_present_size_ends_the_wait() {
        let mut tracker = TargetTracker::new(3840);
        tracker.report(viewport(800.0, 600.0), at(0));
        tracker.report(viewport(900.0, 600.0), at(200));
        tracker.report(viewport(800.0, 600.0), at(250));
        assert_eq!(tracker.target_size(at(900)).unwrap().size, Size::new(800, 600).unwrap());
    }

    #[test]
    fn sizes_are_capped_even_and_at_least_two() {
        assert_eq!(settled(3840, 801.0, 601.0), Some((800, 600)));
        assert_eq!(settled(3840, 0.0, -5.0), Some((2, 2)));
        assert_eq!(settled(3840, 7680.0, 4320.0), Some((3840, 2160)));
        assert_eq!(settled(1000, 1.0, 1e300), Some((2, 1000)));
        assert_eq!(settled(1001, 5000.0, 5000.0), Some((1000, 1000)));
        assert_eq!(settled(3840, f64::NAN, 600.0), None);
        assert_eq!(settled(3840, 600.0, f64::INFINITY), None);
    }
}
