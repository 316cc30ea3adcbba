//! PNG and JPEG files into pictures.

use framewire_frame::{Picture, PixelFormat, Pool, PoolBuffer, Size};
use std::io::Cursor;
use zune_jpeg::{
    JpegDecoder,
    errors::DecodeErrors,
    zune_core::{colorspace::ColorSpace, options::DecoderOptions},
};

const PNG_MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG_MAGIC: &[u8] = &[0xff, 0xd8, 0xff];
/// Pixels of the largest picture that level 6.2 of H.264 allows, which no encoder here exceeds: 139,264 macroblocks.
/// What a header says is held against it before there is memory for the picture.
const MAX_PIXELS: usize = 139_264 * 16 * 16;
/// The longest side that a JPEG header can say. Sides are held against limits of our own.
const MAX_JPEG_SIDE: usize = 65_535;

/// Why a file gave no picture: the end of a sentence that begins with its name.
pub(super) enum Fault {
    /// Well-formed, but not of a kind that is read.
    Unsupported(String),
    /// Malformed.
    Broken(String),
}

/// Whether these are the first bytes of a file that is read here.
pub(crate) fn is_image(magic: &[u8]) -> bool {
    magic.starts_with(PNG_MAGIC) || magic.starts_with(JPEG_MAGIC)
}

/// The picture of a whole file, in RGB or RGBA.
pub(super) fn picture(file: &[u8], pool: &Pool) -> Result<Picture, Fault> {
    if file.starts_with(PNG_MAGIC) {
        png(file, pool)
    } else if file.starts_with(JPEG_MAGIC) {
        jpeg(file, pool)
    } else {
        Err(Fault::Unsupported("is neither PNG nor JPEG".to_owned()))
    }
}

fn png(file: &[u8], pool: &Pool) -> Result<Picture, Fault> {
    let broken = |error: png::DecodingError| Fault::Broken(error.to_string());
    let mut decoder = png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(broken)?;
    let size = size(reader.info().width, reader.info().height)?;
    let (color, _) = reader.output_color_type();
    let (format, gray) = match color {
        png::ColorType::Rgba => (PixelFormat::Rgba8, None),
        png::ColorType::Grayscale => (PixelFormat::Rgb8, Some(1)),
        png::ColorType::GrayscaleAlpha => (PixelFormat::Rgba8, Some(2)),
        png::ColorType::Rgb | png::ColorType::Indexed => (PixelFormat::Rgb8, None),
    };
    let mut buffer = pool.take(format.packed_len(size));
    let Some(samples) = gray else {
        if reader.output_buffer_size() != Some(buffer.len()) {
            return Err(Fault::Unsupported(format!("has {color:?} samples that are not read")));
        }
        reader.next_frame(&mut buffer).map_err(broken)?;
        return finished(format, size, buffer);
    };
    let mut grays = vec![0; size.pixels() * samples];
    reader.next_frame(&mut grays).map_err(broken)?;
    let pixels = buffer.chunks_exact_mut(format.packed_len(size) / size.pixels());
    for (pixel, gray) in pixels.zip(grays.chunks_exact(samples)) {
        pixel[..3].fill(gray[0]);
        if let (Some(alpha), Some(value)) = (pixel.get_mut(3), gray.get(1)) {
            *alpha = *value;
        }
    }
    finished(format, size, buffer)
}

fn jpeg(file: &[u8], pool: &Pool) -> Result<Picture, Fault> {
    let broken = |error: DecodeErrors| Fault::Broken(sentence(&error));
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_max_width(MAX_JPEG_SIDE)
        .set_max_height(MAX_JPEG_SIDE);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(file), options);
    decoder.decode_headers().map_err(broken)?;
    let info = decoder.info().ok_or_else(|| Fault::Broken("it has no header".to_owned()))?;
    let size = size(info.width.into(), info.height.into())?;
    let mut buffer = pool.take(PixelFormat::Rgb8.packed_len(size));
    if decoder.output_buffer_size() != Some(buffer.len()) {
        return Err(Fault::Unsupported("has samples that are not read".to_owned()));
    }
    decoder.decode_into(&mut buffer).map_err(broken)?;
    finished(PixelFormat::Rgb8, size, buffer)
}

/// What is wrong with a JPEG file. The decoder's own words are for programmers.
fn sentence(error: &DecodeErrors) -> String {
    match error {
        DecodeErrors::ZeroError => "its header says a side of zero",
        DecodeErrors::IllegalMagicBytes(_) => "it does not begin as JPEG does",
        DecodeErrors::HuffmanDecode(_) => "its Huffman tables or codes are damaged",
        DecodeErrors::DqtError(_) => "its quantization tables are damaged",
        DecodeErrors::SosError(_) => "the header of a scan is damaged",
        DecodeErrors::SofError(_) => "the header of its frame is damaged",
        DecodeErrors::Unsupported(_) => "it is a kind of JPEG that is not read: baseline and progressive are",
        DecodeErrors::MCUError(_) => "its blocks are damaged",
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => "it ends before the picture does",
        _ => "its JPEG data are damaged",
    }
    .to_owned()
}

fn size(width: u32, height: u32) -> Result<Size, Fault> {
    let size = Size::new(width, height).map_err(|error| Fault::Broken(error.to_string()))?;
    if size.pixels() > MAX_PIXELS {
        return Err(Fault::Unsupported(format!(
            "is a picture of {size}, and no encoder takes more than {MAX_PIXELS} pixels, which are 8192x4352"
        )));
    }
    Ok(size)
}

fn finished(format: PixelFormat, size: Size, buffer: PoolBuffer) -> Result<Picture, Fault> {
    Picture::packed(format, size, buffer.freeze()).map_err(|error| Fault::Broken(error.to_string()))
}
