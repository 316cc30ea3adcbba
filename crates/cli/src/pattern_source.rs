//! Test patterns as frames.

use framewire::{
    frame::{Color, Frame, FrameRate, Picture, PictureMut, PixelFormat, Pool, Size},
    media::{
        Moment,
        source::{Due, InputError, Source, Timed},
    },
};
use framewire_pattern::Pattern;

/// A test pattern without an end.
pub struct PatternSource {
    pattern: Pattern,
    size: Size,
    frame_rate: FrameRate,
    color: Color,
    pool: Pool,
    index: u64,
}

impl PatternSource {
    /// The pattern from its first frame on.
    pub fn new(pattern: Pattern, size: Size, frame_rate: FrameRate, color: Color) -> Self {
        Self { pattern, size, frame_rate, color, pool: Pool::new(2), index: 0 }
    }
}

impl Source for PatternSource {
    fn describe(&self) -> String {
        format!("pattern {}, {}, {} fps", self.pattern, self.size, self.frame_rate)
    }

    fn frame_rate(&self) -> Option<FrameRate> {
        Some(self.frame_rate)
    }

    fn next(&mut self) -> Result<Option<Timed>, InputError> {
        let picture = draw(self.pattern, self.index, self.size, &self.pool);
        let due = Due::At(Moment::of_frame(self.frame_rate, self.index));
        self.index += 1;
        Ok(Some(Timed::new(Frame { color: self.color, ..Frame::new(picture) }, due)))
    }

    fn resize(&mut self, size: Size) {
        self.size = size;
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        self.index = 0;
        Ok(true)
    }
}

/// One picture of a pattern, in RGBA.
pub fn draw(pattern: Pattern, index: u64, size: Size, pool: &Pool) -> Picture {
    let mut buffer = pool.take(PixelFormat::Rgba8.packed_len(size));
    let mut target =
        PictureMut::packed(PixelFormat::Rgba8, size, &mut buffer).expect("the buffer has the packed length");
    pattern.draw(index, &mut target).expect("RGBA can be drawn into");
    Picture::packed(PixelFormat::Rgba8, size, buffer.freeze()).expect("the buffer has the packed length")
}
