//! What the encoders of a benchmark are given.

use crate::{args::BenchEncode, exit::Failure, pattern_source::PatternSource};
use framewire::{
    engine,
    frame::{Color, Frame, PixelFormat, Size},
    media::source::{self, Source, SourceOptions},
};

/// Pictures of a clip or pattern that are held in memory and encoded over and over.
const MAX_HELD: usize = 60;

/// Pictures to encode, all of one size.
pub struct Content {
    pub name: String,
    pub size: Size,
    pub frames: Vec<Frame>,
}

impl Content {
    /// Those that the options name.
    pub fn all(args: &BenchEncode) -> Result<Vec<Self>, Failure> {
        let mut contents = Vec::new();
        for &size in &args.sizes {
            for &pattern in &args.patterns {
                let source = PatternSource::new(pattern, size, args.fps, Color::default());
                contents.push(Content::hold(pattern.to_string(), Box::new(source))?);
            }
        }
        if let Some(path) = &args.clip {
            let name = path.display().to_string();
            let source = source::open_file(path, &SourceOptions::default(), &engine::roster())
                .map_err(|error| Failure::Input(format!("{name}: {error}")))?;
            contents.push(Content::hold(name, source)?);
        }
        Ok(contents)
    }

    /// Whether its pictures are drawn, not decoded.
    pub fn is_rgba(&self) -> bool {
        self.frames[0].surface.format() == PixelFormat::Rgba8
    }

    fn hold(name: String, mut source: Box<dyn Source>) -> Result<Self, Failure> {
        let mut frames: Vec<Frame> = Vec::new();
        while frames.len() < MAX_HELD {
            let next = source.next().map_err(|error| Failure::Input(format!("{name}: {error}")))?;
            let Some(timed) = next else { break };
            if frames.first().is_some_and(|first| first.size() != timed.frame.size()) {
                break;
            }
            // A decoder's surfaces would have each encoder fetch them in the time that is measured.
            let picture = timed.frame.surface.to_host();
            let picture = picture.map_err(|error| Failure::Failed(format!("{name}: {error}")))?;
            frames.push(Frame { surface: picture.into(), ..timed.frame });
        }
        let size = frames
            .first()
            .map(Frame::size)
            .ok_or_else(|| Failure::Input(format!("{name}: it has no frame")))?;
        Ok(Self { name, size, frames })
    }

    /// Forth and back, so that the content never jumps.
    pub fn frame(&self, index: usize) -> &Frame {
        let period = (self.frames.len() * 2).saturating_sub(2).max(1);
        let place = index % period;
        &self.frames[place.min(period - place).min(self.frames.len() - 1)]
    }
}
