use crate::pipeline::REFINED;
use framewire_frame::{Frame, Picture, Surface};

/// Recognizes a publisher that shows the same picture again and again, so that no image is made and sent for it.
///
/// The first repetitions are encoded, as those of a video are: the quality may have found a better measure by then.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    last: Option<Frame>,
    count: u32,
    /// Where the last difference was found: most scenes change where they changed before.
    hint: usize,
}

impl Repeats {
    /// Whether `frame` shows what the one before showed, and has often enough.
    pub(crate) fn is_superfluous(&mut self, frame: &Frame) -> bool {
        let same = self.last.as_ref().is_some_and(|last| {
            let difference = difference(last, frame, self.hint);
            self.hint = difference.unwrap_or(self.hint);
            difference.is_none()
        });
        self.count = if same { self.count.saturating_add(1) } else { 0 };
        self.count > REFINED
    }

    /// `frame` is what viewers see now.
    pub(crate) fn shown(&mut self, frame: Frame) {
        self.last = Some(frame);
    }
}

/// A row in which two frames differ, looked for from row `hint` on; any number where they differ otherwise, and `None`
/// where they show the same.
fn difference(a: &Frame, b: &Frame, hint: usize) -> Option<usize> {
    let said = |frame: &Frame| (frame.color, frame.color_space, frame.pixel_ratio);
    let (Surface::Host(old), Surface::Host(new)) = (&a.surface, &b.surface) else { return Some(hint) };
    let alike = said(a) == said(b) && old.size() == new.size() && old.format() == new.format();
    // A publisher may share a buffer and draw into it: the same memory says nothing about what it held before.
    if !alike || start(old) == start(new) {
        return Some(hint);
    }
    let (old, new) = (old.as_ref(), new.as_ref());
    (0..old.format().plane_count()).find_map(|plane| {
        let rows = old.format().rows(old.size(), plane);
        let first = if plane == 0 && hint < rows { hint } else { 0 };
        let (old, new) = (old.plane(plane), new.plane(plane));
        (first..rows).chain(0..first).find(|row| old.row(*row) != new.row(*row))
    })
}

fn start(picture: &Picture) -> *const u8 {
    picture.as_ref().plane(0).data().as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_frame::{PixelFormat, PixelRatio, Size};

    fn frame(format: PixelFormat, change: impl FnOnce(&mut Vec<u8>)) -> Frame {
        let size = Size::new(6, 4).unwrap();
        let mut data = vec![7; format.packed_len(size)];
        change(&mut data);
        Picture::packed(format, size, data).unwrap().into()
    }

    #[test]
    fn every_byte_counts_wherever_the_search_begins() {
        for format in PixelFormat::ALL {
            let before = frame(format, |_| {});
            let length = format.packed_len(before.size());
            for hint in [0, 2, 99] {
                assert_eq!(difference(&before, &frame(format, |_| {}), hint), None);
                for byte in 0..length {
                    let after = frame(format, |data| data[byte] = 8);
                    assert!(
                        difference(&before, &after, hint).is_some(),
                        "{format} byte {byte} from row {hint}"
                    );
                }
            }
        }
    }

    #[test]
    fn shared_memory_and_other_words_about_the_pixels_are_a_difference() {
        let before = frame(PixelFormat::Rgb8, |_| {});
        assert!(difference(&before, &before.clone(), 0).is_some());
        let ratio = PixelRatio::new(2.0).unwrap();
        let after = Frame { pixel_ratio: ratio, ..frame(PixelFormat::Rgb8, |_| {}) };
        assert!(difference(&before, &after, 0).is_some());
    }

    #[test]
    fn the_first_repetitions_are_not_superfluous() {
        let mut repeats = Repeats::default();
        let mut see = |value| {
            let frame = frame(PixelFormat::Rgb8, |data| data[0] = value);
            let superfluous = repeats.is_superfluous(&frame);
            repeats.shown(frame);
            superfluous
        };
        assert_eq!((0..=40).filter(|_| !see(1)).count(), 1 + REFINED as usize);
        assert!(!see(2), "a change ends it");
        assert!(!see(2));
    }
}
