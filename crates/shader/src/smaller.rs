use framewire_convert::{Converter, Error, Scaler};
use framewire_frame::{Color, Picture, PictureMut, PictureRef, PixelFormat, Size};

/// What [`SCALE`](crate::SCALE) makes, made by the processor of all pixels: NV12 of `color` at a smaller size, without padding.
///
/// # Errors
/// For a size that is larger than that of the pixels.
pub fn smaller(pixels: &Picture, size: Size, color: Color) -> Result<Picture, Error> {
    const FORMAT: PixelFormat = PixelFormat::Nv12;
    let full_size = pixels.size();
    let mut full = vec![0; FORMAT.packed_len(full_size)];
    let mut small = vec![0; FORMAT.packed_len(size)];
    let mut full_picture = PictureMut::packed(FORMAT, full_size, &mut full).expect(PACKED);
    Converter::new(pixels.format(), FORMAT, full_size, color)?
        .convert(&pixels.as_ref(), &mut full_picture)?;
    let full_picture = PictureRef::packed(FORMAT, full_size, &full).expect(PACKED);
    let mut small_picture = PictureMut::packed(FORMAT, size, &mut small).expect(PACKED);
    Scaler::new(FORMAT, full_size, size)?.scale(&full_picture, &mut small_picture)?;
    Ok(Picture::packed(FORMAT, size, small).expect(PACKED))
}

const PACKED: &str = "the buffer has the packed length";
