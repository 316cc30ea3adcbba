use crate::{BackendError, Candidate, Capabilities, Encoded, EncoderBackend, Input, InputPicture, Rate};
use framewire_convert::ChangeMap;
use framewire_frame::{DeviceSurface, Picture, PictureRef};
use std::sync::Arc;

/// Remembers the last picture that was encoded, and holds what is said about the next one against it.
#[derive(Default)]
pub(super) struct Witness {
    last: Option<Picture>,
}

impl Witness {
    /// # Errors
    /// When a block of `picture` is said to be as it was, and is not.
    pub(super) fn check(
        &self,
        picture: PictureRef<'_>,
        changes: Option<&ChangeMap>,
    ) -> Result<(), BackendError> {
        let Some(changes) = changes else { return Ok(()) };
        let equal = |index: usize| {
            let (column, row) = (index % changes.columns(), index / changes.columns());
            self.last
                .as_ref()
                .is_some_and(|last| block(last.as_ref(), column, row) == block(picture, column, row))
        };
        let flags = changes.flags().iter().enumerate();
        match flags.filter(|(_, changed)| !**changed).map(|(index, _)| index).find(|index| !equal(*index)) {
            None => Ok(()),
            Some(index) => Err(BackendError::failed(format!(
                "block {index} has changed and was not marked, of {changes:?}"
            ))),
        }
    }

    /// The unit of `picture` has come out or will.
    pub(super) fn encoded(&mut self, picture: PictureRef<'_>) {
        let mut data = vec![0; picture.format().packed_len(picture.size())];
        picture.copy_packed_to(&mut data);
        let copy = Picture::packed(picture.format(), picture.size(), data);
        self.last = Some(copy.expect("the bytes were made for this size"));
    }

    /// What was encoded was not seen.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }
}

/// The samples of one 16x16 block, and what the format is: equal pictures of two formats are not the same.
fn block(picture: PictureRef<'_>, column: usize, row: usize) -> (framewire_frame::PixelFormat, Vec<u8>) {
    let (format, size) = (picture.format(), picture.size());
    let mut samples = Vec::new();
    for plane in 0..format.plane_count() {
        let row_bytes = format.row_bytes(size, plane);
        // Planes of chroma have half the rows; a row has so many bytes per column that the first plane's has.
        let side = ChangeMap::BLOCK * format.rows(size, plane) / size.height() as usize;
        let width = ChangeMap::BLOCK * row_bytes / size.width() as usize;
        for y in (row * side..(row + 1) * side).take_while(|y| *y < format.rows(size, plane)) {
            let bytes = column * width..((column + 1) * width).min(row_bytes);
            samples.extend_from_slice(&picture.plane(plane).row(y)[bytes]);
        }
    }
    (format, samples)
}

/// The same candidate, whose sessions fail when a hint is wrong.
pub(super) fn witnessed(candidate: &Candidate) -> Candidate {
    let open = Arc::clone(&candidate.open);
    Candidate {
        open: Arc::new(move |config| {
            let backend = open(config)?;
            Ok(Box::new(Witnessed { backend, witness: Witness::default() }))
        }),
        ..candidate.clone()
    }
}

struct Witnessed {
    backend: Box<dyn EncoderBackend>,
    witness: Witness,
}

impl EncoderBackend for Witnessed {
    fn capabilities(&self) -> Capabilities {
        self.backend.capabilities()
    }

    fn takes(&self, surface: &dyn DeviceSurface) -> bool {
        self.backend.takes(surface)
    }

    fn encode(&mut self, input: Input<'_>, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        if let InputPicture::Host(picture) = input.picture {
            self.witness.check(picture, input.changes)?;
            self.witness.encoded(picture);
        } else {
            self.witness.forget();
        }
        self.backend.encode(input, emit)
    }

    fn flush(&mut self, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        self.backend.flush(emit)
    }

    fn set_rate(&mut self, rate: Rate) -> Result<(), BackendError> {
        self.backend.set_rate(rate)
    }
}
