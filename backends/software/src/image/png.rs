use super::rgb::packed_rgb;
use framewire_codec::{BackendError, ImageBackend};
use framewire_frame::{Color, PictureRef};

/// PNG at the compression that costs a fraction of a frame's time.
#[derive(Default)]
pub(super) struct Png {
    rgb: Vec<u8>,
}

impl ImageBackend for Png {
    fn encode(
        &mut self,
        picture: PictureRef<'_>,
        color: Color,
        _quality: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), BackendError> {
        let size = picture.size();
        let pixels = packed_rgb(picture, color, &mut self.rgb)?;
        let mut encoder = png::Encoder::new(out, size.width(), size.height());
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let failed =
            |error| BackendError::failed_with(format!("no PNG could be made of a picture of {size}"), error);
        encoder
            .write_header()
            .and_then(|mut writer| {
                writer.write_image_data(pixels)?;
                writer.finish()
            })
            .map_err(failed)
    }
}
