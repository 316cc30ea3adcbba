use crate::BackendError;
use framewire_convert::{ChangeMap, Converter};
use framewire_frame::{Color, PictureMut, PictureRef, PixelFormat, Size};

/// Makes the picture that a backend takes out of any host picture of one size, in a buffer that is used again.
#[derive(Debug)]
pub(super) struct Prepare {
    input: &'static [PixelFormat],
    size: Size,
    color: Color,
    plan: Option<Plan>,
    changes: Option<ChangeMap>,
}

#[derive(Debug)]
struct Plan {
    converter: Converter,
    buffer: Vec<u8>,
    /// Whether the buffer holds the picture before.
    filled: bool,
}

impl Prepare {
    /// For frames of `size`, whose 4:2:0 side means `color`, and a backend that takes `input`.
    pub(super) fn new(input: &'static [PixelFormat], size: Size, color: Color) -> Self {
        Self { input, size, color, plan: None, changes: None }
    }

    /// Whether the next pictures are compared with the one before each.
    pub(super) fn track_changes(&mut self, on: bool) {
        if on != self.changes.is_some() {
            self.changes = on.then(ChangeMap::default);
        }
    }

    /// What the last conversion changed; `None` when nothing is tracked or no conversion was needed.
    pub(super) fn changes(&self) -> Option<&ChangeMap> {
        self.plan.as_ref().filter(|plan| plan.filled).and(self.changes.as_ref())
    }

    /// `source` in a format that the backend takes, padded to even sides: itself, where it is so already.
    pub(super) fn host<'a>(&'a mut self, source: PictureRef<'a>) -> Result<PictureRef<'a>, BackendError> {
        if self.size.is_even() && self.input.contains(&source.format()) {
            self.plan = None;
            return Ok(source);
        }
        if self.plan.as_ref().is_none_or(|plan| plan.converter.source_format() != source.format()) {
            self.plan = Some(self.plan(source.format())?);
        }
        let plan = self.plan.as_mut().ok_or_else(|| BackendError::failed("no conversion was planned"))?;
        plan.run(source, self.changes.as_mut())
            .map_err(|error| BackendError::failed_with("conversion", error))
    }

    fn plan(&self, source: PixelFormat) -> Result<Plan, BackendError> {
        // Packed RGB has no padding to even sides, only 4:2:0 has.
        let targets = self.input.iter().filter(|format| self.size.is_even() || format.is_yuv());
        let converter = targets
            .copied()
            .find_map(|target| Converter::new(source, target, self.size, self.color).ok())
            .ok_or_else(|| BackendError::unsupported(format!("a {} picture of {source}", self.size)))?;
        let len = converter.target_format().packed_len(self.size.padded_to_even());
        Ok(Plan { converter, buffer: vec![0; len], filled: false })
    }
}

impl Plan {
    fn run(
        &mut self,
        source: PictureRef<'_>,
        changes: Option<&mut ChangeMap>,
    ) -> Result<PictureRef<'_>, framewire_convert::Error> {
        let size = self.converter.size().padded_to_even();
        let format = self.converter.target_format();
        let planned = "the buffer was made for this picture";
        let mut target = PictureMut::packed(format, size, &mut self.buffer).expect(planned);
        match changes {
            Some(changes) if self.filled => {
                changes.clear();
                self.converter.convert_tracking(&source, &mut target, changes)?;
            }
            Some(changes) => {
                self.converter.convert(&source, &mut target)?;
                changes.reset(size);
                changes.mark_all();
            }
            None => self.converter.convert(&source, &mut target)?,
        }
        self.filled = true;
        Ok(PictureRef::packed(format, size, &self.buffer).expect(planned))
    }
}

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
        let picture = prepare.host(source).unwrap();
        assert_eq!(picture.format(), PixelFormat::Nv12);
        assert!(std::ptr::eq(picture.plane(0).data().as_ptr(), data.as_ptr()));
    }

    #[test]
    fn any_format_of_an_odd_size_becomes_the_preferred_one_with_even_sides() {
        for format in PixelFormat::ALL {
            let mut prepare = Prepare::new(&[PixelFormat::I420], size("3x5"), Color::default());
            let data = vec![90; format.packed_len(size("3x5"))];
            let picture = prepare.host(PictureRef::packed(format, size("3x5"), &data).unwrap()).unwrap();
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

    #[test]
    fn changes_are_all_at_first_and_then_those_of_the_pixels() {
        let mut prepare = Prepare::new(&[PixelFormat::I420], size("32x16"), Color::default());
        prepare.track_changes(true);
        let mut data = vec![90; PixelFormat::Rgba8.packed_len(size("32x16"))];
        let mut counts = Vec::new();
        for _ in 0..3 {
            prepare.host(PictureRef::packed(PixelFormat::Rgba8, size("32x16"), &data).unwrap()).unwrap();
            counts.push(prepare.changes().unwrap().count());
            if counts.len() == 2 {
                data[..4].fill(255);
            }
        }
        assert_eq!(counts, [2, 0, 1]);
    }
}
