use super::InputPicture;
use crate::BackendError;
use framewire_convert::{ChangeMap, Converter};
use framewire_frame::{Color, PictureMut, PictureRef, PixelFormat, Size};

/// Makes the picture that a backend takes out of any host picture of one size, in a buffer that is used again, and
/// compares it on the way with the last one that was encoded. Of pictures that a device has made and compared it keeps the
/// account.
#[derive(Debug)]
pub(super) struct Prepare {
    input: &'static [PixelFormat],
    size: Size,
    color: Color,
    tracking: Tracking,
    converter: Option<Converter>,
    buffer: Vec<u8>,
    /// The last picture; `None` where the next one can be compared with none.
    held: Option<Held>,
    /// Which blocks of the last picture differ from those of the last one that was encoded.
    changes: ChangeMap,
    /// The last picture is that one.
    settled: bool,
}

/// Who has the picture that the next one is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// The buffer, in this format.
    Buffer(PixelFormat),
    /// The device's converter.
    Device,
}

/// Which pictures are compared with the last one that was encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tracking {
    /// None.
    #[default]
    Off,
    /// Those that have to be converted: comparing costs little there.
    Converted,
    /// All: those that the backend could take as they are, too, are copied.
    All,
}

/// A picture for the backend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prepared<'a> {
    pub(super) picture: PictureRef<'a>,
    /// What differs from the last picture that was encoded; `None` where they were not compared.
    pub(super) changes: Option<&'a ChangeMap>,
}

impl<'a> Prepared<'a> {
    /// As a backend takes it.
    pub(super) fn input(self) -> (InputPicture<'a>, Option<&'a ChangeMap>) {
        (InputPicture::Host(self.picture), self.changes)
    }
}

impl Prepare {
    /// For frames of `size`, whose 4:2:0 side means `color`, and a backend that takes `input`.
    pub(super) fn new(input: &'static [PixelFormat], size: Size, color: Color) -> Self {
        Self {
            input,
            size,
            color,
            tracking: Tracking::Off,
            converter: None,
            buffer: Vec::new(),
            held: None,
            changes: ChangeMap::default(),
            settled: false,
        }
    }

    /// Which of the next pictures are compared.
    pub(super) fn track(&mut self, tracking: Tracking) {
        self.tracking = tracking;
    }

    /// In which blocks the last picture differs from the one that was encoded before it; `None` where they were not
    /// compared.
    pub(super) fn changes(&self) -> Option<&ChangeMap> {
        self.held.map(|_| &self.changes)
    }

    /// The last picture was encoded: the next one is compared with it. Without this call the differences gather.
    pub(super) fn settle(&mut self) {
        self.settled = true;
    }

    /// Nothing is known about the last picture that was encoded: in the next one all is new.
    pub(super) fn forget(&mut self) {
        self.held = None;
    }

    /// `source` in a format that the backend takes, padded to even sides: itself, where it is so already.
    pub(super) fn host<'a>(&'a mut self, source: PictureRef<'a>) -> Result<Prepared<'a>, BackendError> {
        if self.fits(source.format()) && self.tracking != Tracking::All {
            self.forget();
            return Ok(Prepared { picture: source, changes: None });
        }
        let converter = match self.converter.take_if(|kept| kept.source_format() == source.format()) {
            Some(kept) => kept,
            None => self.plan(source.format())?,
        };
        let result = self.convert(&converter, source);
        let format = converter.target_format();
        self.converter = Some(converter);
        result.map_err(|error| BackendError::failed_with("conversion", error))?;
        let picture = PictureRef::packed(format, self.size.padded_to_even(), &self.buffer).expect(PLANNED);
        Ok(Prepared { picture, changes: self.held.map(|_| &self.changes) })
    }

    /// A picture that a device has made as the backend takes it, of which `made` says what differs from the one that it made
    /// before.
    pub(super) fn device<'a>(&'a mut self, picture: PictureRef<'a>, made: &ChangeMap) -> Prepared<'a> {
        let before = self.held.take();
        if self.tracking == Tracking::Off {
            return Prepared { picture, changes: None };
        }
        if self.settled {
            self.changes.clear();
        }
        self.changes.merge(made);
        if before != Some(Held::Device) {
            self.changes.mark_all();
        }
        self.held = Some(Held::Device);
        self.settled = false;
        Prepared { picture, changes: Some(&self.changes) }
    }

    /// Whether the backend takes pictures of this format as they are.
    fn fits(&self, format: PixelFormat) -> bool {
        self.size.is_even() && self.input.contains(&format)
    }

    fn plan(&self, source: PixelFormat) -> Result<Converter, BackendError> {
        // Packed RGB has no padding to even sides, only 4:2:0 has; and 4:2:0 is compared at less than half the cost.
        let yuv = self.input.iter().copied().filter(|format| format.is_yuv());
        let rgb = self.input.iter().copied().filter(|format| self.size.is_even() && !format.is_yuv());
        let as_it_is = (self.fits(source) && source.is_yuv()).then_some(source);
        as_it_is
            .into_iter()
            .chain(yuv)
            .chain(rgb)
            .find_map(|target| Converter::new(source, target, self.size, self.color).ok())
            .ok_or_else(|| BackendError::unsupported(format!("a {} picture of {source}", self.size)))
    }

    fn convert(
        &mut self,
        converter: &Converter,
        source: PictureRef<'_>,
    ) -> Result<(), framewire_convert::Error> {
        let (size, format) = (self.size.padded_to_even(), converter.target_format());
        // The buffer keeps its picture only if the next one goes over it.
        let held = self.held.take().filter(|held| *held == Held::Buffer(format));
        self.buffer.resize(format.packed_len(size), 0);
        let mut target = PictureMut::packed(format, size, &mut self.buffer).expect(PLANNED);
        if held.is_some() {
            if self.settled {
                self.changes.clear();
            }
            converter.convert_tracking(&source, &mut target, &mut self.changes)?;
        } else {
            converter.convert(&source, &mut target)?;
            self.changes.reset(size);
            self.changes.mark_all();
        }
        self.held = (self.tracking != Tracking::Off).then_some(Held::Buffer(format));
        self.settled = false;
        Ok(())
    }
}

const PLANNED: &str = "the buffer was made for this picture";

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> Size {
        text.parse().unwrap()
    }

    #[test]
    fn a_picture_that_fits_is_passed_on_where_it_lies() {
        let mut prepare =
            Prepare::new(&[PixelFormat::I420, PixelFormat::Nv12], size("4x2"), Color::default());
        let data = [7; 12];
        let source = PictureRef::packed(PixelFormat::Nv12, size("4x2"), &data).unwrap();
        let picture = prepare.host(source).unwrap().picture;
        assert_eq!(picture.format(), PixelFormat::Nv12);
        assert!(std::ptr::eq(picture.plane(0).data().as_ptr(), data.as_ptr()));
    }

    #[test]
    fn any_format_of_an_odd_size_becomes_the_preferred_one_with_even_sides() {
        for format in PixelFormat::ALL {
            let mut prepare = Prepare::new(&[PixelFormat::I420], size("3x5"), Color::default());
            let data = vec![90; format.packed_len(size("3x5"))];
            let source = PictureRef::packed(format, size("3x5"), &data).unwrap();
            let picture = prepare.host(source).unwrap().picture;
            assert_eq!((picture.format(), picture.size()), (PixelFormat::I420, size("4x6")), "{format}");
        }
    }

    #[test]
    fn a_backend_of_packed_rgb_alone_refuses_odd_sizes_by_name() {
        let mut prepare = Prepare::new(&[PixelFormat::Bgra8], size("3x5"), Color::default());
        let data = vec![90; PixelFormat::Nv12.packed_len(size("3x5"))];
        let source = PictureRef::packed(PixelFormat::Nv12, size("3x5"), &data).unwrap();
        let error = prepare.host(source).unwrap_err();
        assert_eq!(error.to_string(), "a 3x5 picture of nv12 is not supported");
    }

    /// A picture of one grey, and how many of its two blocks are marked.
    fn see(prepare: &mut Prepare, format: PixelFormat, greys: [u8; 2]) -> Option<usize> {
        let size = size("32x16");
        let mut data = vec![128; format.packed_len(size)];
        for row in data[..format.row_bytes(size, 0) * 16].chunks_mut(format.row_bytes(size, 0)) {
            let (left, right) = row.split_at_mut(row.len() / 2);
            left.fill(greys[0]);
            right.fill(greys[1]);
        }
        let source = PictureRef::packed(format, size, &data).unwrap();
        prepare.host(source).unwrap().changes.map(ChangeMap::count)
    }

    #[test]
    fn changes_are_all_at_first_and_then_those_of_the_pixels() {
        let mut prepare = Prepare::new(&[PixelFormat::I420], size("32x16"), Color::default());
        prepare.track(Tracking::Converted);
        for (greys, expected) in [([9, 9], 2), ([9, 9], 0), ([9, 8], 1), ([7, 7], 2), ([7, 7], 0)] {
            assert_eq!(see(&mut prepare, PixelFormat::Rgba8, greys), Some(expected), "{greys:?}");
            prepare.settle();
        }
        assert_eq!(
            see(&mut prepare, PixelFormat::Bgra8, [7, 7]),
            Some(0),
            "another format, the same picture"
        );
    }

    #[test]
    fn the_differences_of_pictures_that_were_not_encoded_gather() {
        let mut prepare = Prepare::new(&[PixelFormat::I420], size("32x16"), Color::default());
        prepare.track(Tracking::Converted);
        see(&mut prepare, PixelFormat::Rgb8, [1, 1]);
        prepare.settle();
        assert_eq!(see(&mut prepare, PixelFormat::Rgb8, [2, 1]), Some(1));
        assert_eq!(see(&mut prepare, PixelFormat::Rgb8, [2, 2]), Some(2));
        assert_eq!(see(&mut prepare, PixelFormat::Rgb8, [2, 2]), Some(2));
        prepare.settle();
        assert_eq!(see(&mut prepare, PixelFormat::Rgb8, [2, 2]), Some(0));
        prepare.forget();
        assert_eq!(see(&mut prepare, PixelFormat::Rgb8, [2, 2]), Some(2));
    }

    #[test]
    fn what_a_device_says_gathers_until_it_is_settled_and_counts_after_pictures_of_its_own_alone() {
        let mut prepare = Prepare::new(&[PixelFormat::I420], size("32x16"), Color::default());
        let data = vec![9; PixelFormat::I420.packed_len(size("32x16"))];
        let picture = PictureRef::packed(PixelFormat::I420, size("32x16"), &data).unwrap();
        let see = |prepare: &mut Prepare, blocks: &[usize]| {
            let mut made = ChangeMap::new(size("32x16"));
            blocks.iter().for_each(|block| made.flags_for(size("32x16"))[*block] = true);
            prepare.device(picture, &made).changes.map(ChangeMap::count)
        };
        assert_eq!((see(&mut prepare, &[0]), prepare.changes()), (None, None), "they are not compared");
        prepare.track(Tracking::Converted);
        assert_eq!(see(&mut prepare, &[]), Some(2), "of the one before nothing is known");
        assert_eq!(see(&mut prepare, &[]), Some(2));
        prepare.settle();
        assert_eq!(see(&mut prepare, &[1]), Some(1));
        assert_eq!(see(&mut prepare, &[0]), Some(2));
        prepare.settle();
        assert_eq!(see(&mut prepare, &[]), Some(0));
        for on_host in [true, false] {
            prepare.forget();
            if on_host {
                assert_eq!(super::tests::see(&mut prepare, PixelFormat::Rgb8, [1, 1]), Some(2));
            }
            prepare.settle();
            assert_eq!(see(&mut prepare, &[]), Some(2), "the one before was not the device's");
        }
    }

    #[test]
    fn rgb_that_a_backend_takes_is_compared_as_its_420() {
        let mut prepare =
            Prepare::new(&[PixelFormat::Nv12, PixelFormat::Rgb8], size("32x16"), Color::default());
        let data = vec![90; PixelFormat::Rgb8.packed_len(size("32x16"))];
        let source = PictureRef::packed(PixelFormat::Rgb8, size("32x16"), &data).unwrap();
        assert_eq!(prepare.host(source).unwrap().picture.format(), PixelFormat::Rgb8);
        prepare.track(Tracking::All);
        assert_eq!(prepare.host(source).unwrap().picture.format(), PixelFormat::Nv12);
    }

    #[test]
    fn a_picture_that_needs_no_conversion_is_compared_only_on_request() {
        let mut prepare = Prepare::new(&[PixelFormat::I420], size("32x16"), Color::default());
        prepare.track(Tracking::Converted);
        assert_eq!(see(&mut prepare, PixelFormat::I420, [1, 1]), None);
        prepare.track(Tracking::All);
        for expected in [2, 0] {
            assert_eq!(see(&mut prepare, PixelFormat::I420, [1, 1]), Some(expected));
            prepare.settle();
        }
    }
}
