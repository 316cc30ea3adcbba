use crate::pipeline::REFINED;
use framewire_frame::{Color, ColorSpace, Frame, Picture, PixelRatio, Size};

/// Recognizes a publisher that shows the same picture again and again, so that no image is made and sent for it.
///
/// The first repetitions are encoded, as those of a video are: the quality may have found a better measure by then.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    last: Option<Seen>,
    count: u32,
    /// Where the last difference was found: most scenes change where they changed before.
    hint: usize,
}

/// What a frame shows: its pixels in host memory, so that no frame keeps its surface for the next comparison, and what is
/// said about them.
#[derive(Debug)]
pub(crate) struct Seen {
    picture: Picture,
    words: (Size, Color, Option<ColorSpace>, PixelRatio),
}

impl Seen {
    /// `picture` holds the pixels of `frame`, at any size.
    pub(crate) fn new(frame: &Frame, picture: Picture) -> Self {
        Self { picture, words: (frame.size(), frame.color, frame.color_space, frame.pixel_ratio) }
    }

    pub(crate) fn picture(&self) -> &Picture {
        &self.picture
    }
}

impl Repeats {
    /// Whether this shows what the one before showed, and has often enough.
    pub(crate) fn is_superfluous(&mut self, seen: &Seen) -> bool {
        let same = self.last.as_ref().is_some_and(|last| {
            let difference = difference(last, seen, self.hint);
            self.hint = difference.unwrap_or(self.hint);
            difference.is_none()
        });
        self.count = if same { self.count.saturating_add(1) } else { 0 };
        self.count > REFINED
    }

    /// This is what viewers see now.
    pub(crate) fn shown(&mut self, seen: Seen) {
        self.last = Some(seen);
    }
}

/// A row in which two pictures differ, looked for from row `hint` on; any number where they differ otherwise, and `None`
/// where they show the same.
fn difference(a: &Seen, b: &Seen, hint: usize) -> Option<usize> {
    let (old, new) = (&a.picture, &b.picture);
    let alike = a.words == b.words && old.size() == new.size() && old.format() == new.format();
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
    use framewire_frame::PixelFormat;

    fn picture(format: PixelFormat, change: impl FnOnce(&mut Vec<u8>)) -> Picture {
        let size = Size::new(6, 4).unwrap();
        let mut data = vec![7; format.packed_len(size)];
        change(&mut data);
        Picture::packed(format, size, data).unwrap()
    }

    fn seen(format: PixelFormat, change: impl FnOnce(&mut Vec<u8>)) -> Seen {
        let picture = picture(format, change);
        Seen::new(&picture.clone().into(), picture)
    }

    #[test]
    fn every_byte_counts_wherever_the_search_begins() {
        for format in PixelFormat::ALL {
            let before = seen(format, |_| {});
            let length = format.packed_len(before.picture.size());
            for hint in [0, 2, 99] {
                assert_eq!(difference(&before, &seen(format, |_| {}), hint), None);
                for byte in 0..length {
                    let after = seen(format, |data| data[byte] = 8);
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
        let before = picture(PixelFormat::Rgb8, |_| {});
        let frame = Frame::from(before.clone());
        let larger =
            Frame::from(Picture::packed(PixelFormat::Rgb8, Size::new(7, 4).unwrap(), vec![0; 84]).unwrap());
        let differs = |frame: &Frame, after: Picture| {
            let before = Seen::new(&before.clone().into(), before.clone());
            difference(&before, &Seen::new(frame, after), 0).is_some()
        };
        let after = || picture(PixelFormat::Rgb8, |_| {});
        assert!(!differs(&frame, after()));
        assert!(differs(&frame, before.clone()));
        assert!(differs(&Frame { pixel_ratio: PixelRatio::new(2.0).unwrap(), ..frame }, after()));
        assert!(differs(&larger, after()), "of another frame's size, though it was scaled to the same");
    }

    #[test]
    fn the_first_repetitions_are_not_superfluous() {
        let mut repeats = Repeats::default();
        let mut see = |value| {
            let seen = seen(PixelFormat::Rgb8, |data| data[0] = value);
            let superfluous = repeats.is_superfluous(&seen);
            repeats.shown(seen);
            superfluous
        };
        assert_eq!((0..=40).filter(|_| !see(1)).count(), 1 + REFINED as usize);
        assert!(!see(2), "a change ends it");
        assert!(!see(2));
    }
}
