use super::rgb::packed_rgb;
use framewire_codec::{BackendError, ImageBackend};
use framewire_frame::{Color, PictureRef};
use image_webp::{ColorType, WebPEncoder};

/// Lossless WebP.
#[derive(Default)]
pub(super) struct Webp {
    rgb: Vec<u8>,
}

impl ImageBackend for Webp {
    fn encode(
        &mut self,
        picture: PictureRef<'_>,
        color: Color,
        _quality: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), BackendError> {
        let size = picture.size();
        let pixels = packed_rgb(picture, color, &mut self.rgb)?;
        WebPEncoder::new(out).encode(pixels, size.width(), size.height(), ColorType::Rgb8).map_err(|error| {
            BackendError::failed_with(format!("no WebP could be made of a picture of {size}"), error)
        })
    }
}
