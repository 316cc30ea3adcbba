use super::TestSurface;
use crate::{BackendError, ConverterBackend, ConverterCandidate, ConverterConfig, Shape};
use framewire_convert::Converter;
use framewire_frame::{Picture, PictureMut, PictureRef, PixelFormat, Surface};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A converter that makes [`TestSurface`]s, which a [`Script`](super::Script) may take, and fails where it is told to. A
/// clone counts the same pictures.
#[derive(Clone, Debug)]
pub struct ConverterScript {
    encoder: &'static str,
    refuses: bool,
    fails_from: Option<u64>,
    asked: Arc<AtomicU64>,
    opened: Arc<AtomicU64>,
}

impl ConverterScript {
    /// The name of the candidate.
    pub const NAME: &str = "scripted";

    /// One without a fault for the encoder of this name.
    pub fn new(encoder: &'static str) -> Self {
        Self { encoder, refuses: false, fails_from: None, asked: Arc::default(), opened: Arc::default() }
    }

    /// The same, which refuses to open.
    #[must_use]
    pub fn refusing(self) -> Self {
        Self { refuses: true, ..self }
    }

    /// The same, which fails at this picture and all after it, counted from 0 over all sessions.
    #[must_use]
    pub fn failing_from(self, number: u64) -> Self {
        Self { fails_from: Some(number), ..self }
    }

    /// For a roster. It converts RGBA.
    pub fn candidate(&self) -> ConverterCandidate {
        let script = self.clone();
        ConverterCandidate {
            name: Self::NAME,
            encoder: self.encoder,
            from: &[PixelFormat::Rgba8],
            open: Arc::new(move |config| script.open(*config)),
        }
    }

    /// How many pictures it was given.
    pub fn pictures(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// How often it was asked to open.
    pub fn openings(&self) -> u64 {
        self.opened.load(Ordering::SeqCst)
    }

    fn open(&self, config: ConverterConfig) -> Result<Box<dyn ConverterBackend>, BackendError> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let ConverterConfig { from, to, color } = config;
        if self.refuses || from.size != to.size {
            return Err(BackendError::unsupported(format!("a conversion of {from} to {to}")));
        }
        let converter = Converter::new(from.format, to.format, to.size, color)
            .map_err(|error| BackendError::failed_with("conversion", error))?;
        Ok(Box::new(Scripted { script: self.clone(), converter, to }))
    }
}

struct Scripted {
    script: ConverterScript,
    converter: Converter,
    to: Shape,
}

impl ConverterBackend for Scripted {
    fn convert(&mut self, picture: PictureRef<'_>) -> Result<Surface, BackendError> {
        let number = self.script.asked.fetch_add(1, Ordering::SeqCst);
        if self.script.fails_from.is_some_and(|first| number >= first) {
            return Err(BackendError::failed("the script says so"));
        }
        let Shape { format, size } = self.to;
        let mut data = vec![0; format.packed_len(size)];
        let mut target = PictureMut::packed(format, size, &mut data).expect("the buffer was made for it");
        self.converter
            .convert(&picture, &mut target)
            .map_err(|error| BackendError::failed_with("conversion", error))?;
        let made = Picture::packed(format, size, data).expect("the buffer was made for it");
        Ok(TestSurface::frame(made).surface)
    }
}
