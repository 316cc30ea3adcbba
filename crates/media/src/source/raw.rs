use super::{
    Due, InputError, Position, RawShape, SPARE_PICTURES, Source, SourceOptions, Timed,
    bands::{Bands, Converted},
    read_picture,
};
use crate::Moment;
use framewire_frame::{Color, Frame, FrameRate, Picture, PixelFormat, Pool};
use std::{io::Read, time::Duration};

/// Raw pictures, one behind the other without padding.
pub struct Raw<R> {
    input: Position<R>,
    shape: RawShape,
    color: Color,
    frame_rate: Option<FrameRate>,
    frame_count: Option<u64>,
    /// Where another format is preferred.
    bands: Option<Bands>,
    pool: Pool,
    index: u64,
}

impl<R: Read + Send> Raw<R> {
    /// With a frame rate, frames are counted by it; without one, each is due when it is there.
    pub fn new(input: R, shape: RawShape, options: &SourceOptions) -> Self {
        Self {
            input: Position::new(input),
            shape,
            color: options.color,
            frame_rate: options.frame_rate,
            frame_count: None,
            bands: None,
            pool: Pool::new(SPARE_PICTURES),
            index: 0,
        }
    }

    /// The same, known to have so many frames.
    #[must_use]
    pub fn with_frame_count(self, frames: u64) -> Self {
        Self { frame_count: Some(frames), ..self }
    }

    /// The next picture and the part of the time that was conversion; `None` at the end.
    fn read(&mut self) -> Result<Option<(Picture, Duration)>, InputError> {
        let RawShape { size, format } = self.shape;
        match &mut self.bands {
            Some(bands) => {
                let converted = bands.read(&mut self.input, &self.pool)?;
                Ok(converted.map(|Converted { picture, conversion }| (picture, conversion)))
            }
            None => {
                let picture = read_picture(&mut self.input, format, size, &self.pool)?;
                Ok(picture.map(|picture| (picture, Duration::ZERO)))
            }
        }
    }
}

impl<R: Read + Send> Source for Raw<R> {
    fn describe(&self) -> String {
        let pace = self.frame_rate.map_or_else(String::new, |rate| format!(", {rate} fps"));
        format!("raw {} frames, {}{pace}", self.shape.format, self.shape.size)
    }

    fn frame_rate(&self) -> Option<FrameRate> {
        self.frame_rate
    }

    fn frame_count(&self) -> Option<u64> {
        self.frame_count
    }

    fn next(&mut self) -> Result<Option<Timed>, InputError> {
        let Some((picture, conversion)) = self.read()? else {
            return if self.index == 0 { Err(InputError::Empty) } else { Ok(None) };
        };
        let due = self.frame_rate.map_or(Due::Now, |rate| Due::At(Moment::of_frame(rate, self.index)));
        self.index += 1;
        let frame = Frame { color: self.color, ..Frame::new(picture) };
        Ok(Some(Timed { conversion, ..Timed::new(frame, due) }))
    }

    fn prefer(&mut self, format: PixelFormat) {
        if self.bands.as_ref().is_none_or(|bands| bands.target() != format) {
            self.bands = Bands::new(self.shape.format, format, self.shape.size, self.color);
        }
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_frame::{PixelFormat, Size};

    fn shape() -> RawShape {
        RawShape { size: Size::new(2, 2).unwrap(), format: PixelFormat::Rgb8 }
    }

    #[test]
    fn a_half_frame_at_the_end_is_said() {
        let bytes = [7; 2 * 2 * 3 + 5];
        let mut source = Raw::new(&bytes[..], shape(), &SourceOptions::default());
        assert_eq!(source.next().unwrap().unwrap().due, Due::Now);
        let error = source.next().err().unwrap();
        assert_eq!(error.to_string(), "it is cut off at byte 17: the last frame has 5 of 12 bytes");
    }

    #[test]
    fn nothing_at_all_is_said() {
        let mut source = Raw::new(&[][..], shape(), &SourceOptions::default());
        assert!(matches!(source.next(), Err(InputError::Empty)));
    }
}
