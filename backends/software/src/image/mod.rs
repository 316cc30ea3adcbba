//! Images of single pictures: JPEG, PNG and lossless WebP.

mod jpeg;
mod png;
mod rgb;
mod strips;
#[cfg(test)]
mod tests;
#[cfg(feature = "turbojpeg")]
mod turbo;
mod webp;

use framewire_codec::{BackendError, ImageBackend, ImageCandidate, ImageFormat, Tier};
use std::sync::Arc;

pub(crate) fn candidates() -> Vec<ImageCandidate> {
    vec![
        #[cfg(feature = "turbojpeg")]
        row("turbojpeg", ImageFormat::Jpeg, Tier::Standard, || Ok(Box::new(turbo::Turbojpeg::new()?))),
        row("jpeg-encoder", ImageFormat::Jpeg, Tier::Fallback, || Ok(Box::new(jpeg::Jpeg::default()))),
        row("png", ImageFormat::Png, Tier::Standard, || Ok(Box::new(png::Png::default()))),
        row("image-webp", ImageFormat::Webp, Tier::Standard, || Ok(Box::new(webp::Webp::default()))),
    ]
}

fn row(
    name: &'static str,
    format: ImageFormat,
    tier: Tier,
    open: fn() -> Result<Box<dyn ImageBackend>, BackendError>,
) -> ImageCandidate {
    ImageCandidate { name, format, tier, open: Arc::new(open) }
}
