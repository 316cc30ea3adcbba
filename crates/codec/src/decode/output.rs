use super::{Decoded, DecodedPicture};
use crate::BackendError;
use framewire_convert::Converter;
use framewire_frame::{Color, PictureMut, PictureRef, PixelFormat};
use std::error::Error;

/// Turns a backend's pictures into the format that was asked for.
pub(super) struct Output {
    format: PixelFormat,
    /// The conversion of the last picture that needed one, and what its samples mean.
    plan: Option<(Converter, Color)>,
    buffer: Vec<u8>,
}

impl Output {
    pub(super) fn new(format: PixelFormat) -> Self {
        Self { format, plan: None, buffer: Vec::new() }
    }

    /// The picture in the format of the output: the backend's own planes where that is theirs, else a copy that lasts until
    /// the next picture. It fails only where the backend gives another format than its contract allows.
    pub(super) fn shape<'a>(
        &'a mut self,
        decoded: &DecodedPicture<'a>,
        color: Color,
    ) -> Result<Decoded<'a>, BackendError> {
        let timestamp = decoded.timestamp;
        let picture = decoded
            .picture
            .host()
            .ok_or_else(|| BackendError::failed("a decoder gave a surface that nobody asked for"))?;
        let picture = if picture.format() == self.format {
            picture
        } else {
            let unfit = |error| BackendError::failed_with("a decoded picture cannot be converted", error);
            self.convert(picture, color).map_err(unfit)?
        };
        Ok(Decoded { picture, timestamp, color })
    }

    fn convert(
        &mut self,
        picture: PictureRef<'_>,
        color: Color,
    ) -> Result<PictureRef<'_>, Box<dyn Error + Send + Sync>> {
        let (format, size) = (self.format, picture.size());
        let fits = |(converter, of): &(Converter, Color)| {
            converter.source_format() == picture.format() && converter.size() == size && *of == color
        };
        let (converter, _) = match self.plan.take().filter(fits) {
            Some(plan) => self.plan.insert(plan),
            None => self.plan.insert((Converter::new(picture.format(), format, size, color)?, color)),
        };
        self.buffer.resize(format.packed_len(size), 0);
        let mut target = PictureMut::packed(format, size, &mut self.buffer)?;
        converter.convert(&picture, &mut target)?;
        Ok(PictureRef::packed(format, size, &self.buffer)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_frame::{Matrix, Size, Timestamp};

    /// An I420 picture of `size` with other values in each of its samples.
    fn samples(size: Size) -> Vec<u8> {
        (0..PixelFormat::I420.packed_len(size)).map(|index| (index * 7 % 251) as u8).collect()
    }

    fn shaped(output: &mut Output, size: Size, data: &[u8], color: Color) -> Vec<u8> {
        let picture = PictureRef::packed(PixelFormat::I420, size, data).unwrap();
        let decoded = DecodedPicture::host(picture, Timestamp::from_micros(5));
        let format = output.format;
        let decoded = output.shape(&decoded, color).unwrap();
        assert_eq!((decoded.timestamp.as_micros(), decoded.color), (5, color));
        assert_eq!((decoded.picture.format(), decoded.picture.size()), (format, size));
        let mut copy = vec![0; format.packed_len(size)];
        decoded.picture.copy_packed_to(&mut copy);
        copy
    }

    #[test]
    fn nv12_holds_the_same_samples_at_odd_sizes_one_after_the_other() {
        let mut output = Output::new(PixelFormat::Nv12);
        for (width, height) in [(6, 4), (5, 3), (1, 1), (7, 2), (6, 4)] {
            let size = Size::new(width, height).unwrap();
            let data = samples(size);
            let (luma, chroma) = data.split_at((width * height) as usize);
            let (u, v) = chroma.split_at(chroma.len() / 2);
            let pairs = u.iter().zip(v).flat_map(|(&u, &v)| [u, v]);
            let expected: Vec<u8> = luma.iter().copied().chain(pairs).collect();
            assert_eq!(shaped(&mut output, size, &data, Color::default()), expected, "{size}");
        }
    }

    #[test]
    fn i420_is_the_picture_itself() {
        let size = Size::new(5, 3).unwrap();
        let data = samples(size);
        let mut output = Output::new(PixelFormat::I420);
        assert_eq!(shaped(&mut output, size, &data, Color::default()), data);
        assert!(output.buffer.is_empty(), "nothing is copied");
    }

    #[test]
    fn rgb_follows_a_change_of_colour() {
        let size = Size::new(2, 2).unwrap();
        let data = [120, 120, 120, 120, 90, 200];
        let mut output = Output::new(PixelFormat::Rgb8);
        let colors =
            [Matrix::Bt601, Matrix::Bt709, Matrix::Bt601].map(|matrix| Color { matrix, ..Color::default() });
        let [first, second, third] = colors.map(|color| shaped(&mut output, size, &data, color));
        assert_ne!(first, second);
        assert_eq!(first, third);
    }
}
