use super::{Due, InputError, Overrides, Source, Timed, read_picture};
use framewire::frame::{Color, Frame, FrameRate, PixelFormat, Pool, Size};
use std::io::Read;

/// Raw pictures on standard input, one behind the other without padding.
pub struct Raw<R> {
    input: R,
    format: PixelFormat,
    size: Size,
    color: Color,
    frame_rate: Option<FrameRate>,
    pool: Pool,
    index: u64,
}

impl<R: Read + Send> Raw<R> {
    /// With a frame rate, frames are paced by it; without one, each is due when it is there.
    pub fn new(input: R, format: PixelFormat, size: Size, overrides: Overrides) -> Self {
        let Overrides { frame_rate, color } = overrides;
        Self { input, format, size, color, frame_rate, pool: Pool::new(4), index: 0 }
    }
}

impl<R: Read + Send> Source for Raw<R> {
    fn describe(&self) -> String {
        let pace = self.frame_rate.map_or_else(|| "as they come".to_owned(), |rate| format!("{rate} fps"));
        format!("raw {} frames, {}, {pace}", self.format, self.size)
    }

    fn frame_rate(&self) -> Option<FrameRate> {
        self.frame_rate
    }

    fn next(&mut self) -> Result<Option<Timed>, InputError> {
        let Some(picture) = read_picture(&mut self.input, self.format, self.size, &self.pool)? else {
            return if self.index == 0 { Err(InputError::Empty) } else { Ok(None) };
        };
        let due = self.frame_rate.map_or(Due::Now, |rate| Due::At(rate.due(self.index)));
        self.index += 1;
        Ok(Some(Timed { frame: Frame { color: self.color, ..Frame::new(picture) }, due }))
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_frame_at_the_end_is_said() {
        let bytes = [7; 2 * 2 * 3 + 5];
        let size = Size::new(2, 2).unwrap();
        let mut source = Raw::new(&bytes[..], PixelFormat::Rgb8, size, Overrides::default());
        assert_eq!(source.next().unwrap().unwrap().due, Due::Now);
        let error = source.next().err().unwrap();
        assert_eq!(error.to_string(), "it is cut off: the last frame has 5 of 12 bytes");
    }

    #[test]
    fn nothing_at_all_is_said() {
        let size = Size::new(2, 2).unwrap();
        let mut source = Raw::new(&[][..], PixelFormat::Rgb8, size, Overrides::default());
        assert!(matches!(source.next(), Err(InputError::Empty)));
    }
}
