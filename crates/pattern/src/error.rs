use framewire_frame::{PictureError, PixelFormat};

/// A pattern that can't be drawn as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// The text names no pattern.
    #[error(
        "\"{0}\" is not a pattern: bouncing_box, test_card, gradient, counter, checkerboard, solid and noise are"
    )]
    UnknownName(String),
    /// Patterns are drawn in RGB only.
    #[error("patterns are drawn as rgb, rgba or bgra, not as {0}")]
    Format(PixelFormat),
    /// The target does not hold a picture of the size.
    #[error(transparent)]
    Picture(#[from] PictureError),
}
