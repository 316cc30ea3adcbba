//! Pixels in a buffer: what the kernels read.

use crate::{Codes, Light, Params};
use framewire_frame::{PixelFormat, Size};

/// Where pixels lie in a buffer, and what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceLayout {
    /// In pixels.
    pub size: Size,
    /// How the components of a pixel lie in memory.
    pub texel: Texel,
    /// What the components are.
    pub light: Light,
    /// Bytes before the first pixel; a multiple of four.
    pub offset: u64,
    /// Bytes from row to row; a multiple of four, but for [`Texel::Rgb8`].
    pub stride: u32,
}

/// How the components of a pixel lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texel {
    /// Red, green, blue, alpha: a byte each.
    Rgba8,
    /// Blue, green, red, alpha: a byte each.
    Bgra8,
    /// Red, green, blue: a byte each, as arrays of three channels have them.
    Rgb8,
    /// Red, green, blue, alpha: a half float each, in the machine's order of bytes.
    Rgba16Float,
}

/// What the start of a binding is a multiple of, on every device.
const BINDING_ALIGNMENT: u64 = 256;

impl SourceLayout {
    /// Rows that follow each other from the start of the buffer. Bytes are code values, half floats are light.
    pub fn packed(size: Size, texel: Texel) -> Self {
        Self { size, texel, light: texel.light(), offset: 0, stride: texel.bytes() * size.width() }
    }

    /// Bytes from the first pixel to the end of the last, in whole words of four, in which kernels read.
    #[expect(clippy::len_without_is_empty, reason = "no frame is empty")]
    pub fn len(&self) -> u64 {
        let rows_before = u64::from(self.stride) * u64::from(self.size.height() - 1);
        (rows_before + self.texel.row_bytes(self.size)).next_multiple_of(4)
    }

    /// Where a binding begins that holds the pixels, in bytes from the start of the buffer: a multiple of 256, which every
    /// device takes.
    pub fn binding_offset(&self) -> u64 {
        self.offset - self.offset % BINDING_ALIGNMENT
    }

    /// Bytes of the binding.
    pub fn binding_len(&self) -> u64 {
        self.offset % BINDING_ALIGNMENT + self.len()
    }

    /// What the kernels are told of it.
    pub fn params(&self) -> Params {
        let (red_shift, blue_shift) = match self.texel {
            Texel::Rgba8 | Texel::Rgb8 | Texel::Rgba16Float => (0, 16),
            Texel::Bgra8 => (16, 0),
        };
        let (texel, unit) = match self.texel {
            Texel::Rgba8 | Texel::Bgra8 => (0, 4),
            Texel::Rgba16Float => (1, 4),
            Texel::Rgb8 => (2, 1),
        };
        Params {
            size: [self.size.width(), self.size.height()],
            source_offset: (self.offset % BINDING_ALIGNMENT) as u32 / unit,
            source_stride: self.stride / unit,
            red_shift,
            blue_shift,
            texel,
            coded: self.texel == Texel::Rgba16Float || self.light == Light::Linear,
            ..Params::default()
        }
    }

    /// Whether a kernel that was told of `other` reads this one right.
    pub fn reads_like(&self, other: &Self) -> bool {
        let rest = |layout: &Self| layout.offset % BINDING_ALIGNMENT;
        rest(self) == rest(other) && Self { offset: other.offset, ..*self } == *other
    }

    /// The format of the bytes as they lie there; `None` where they are no code values.
    pub fn plain_format(&self) -> Option<PixelFormat> {
        match (self.texel, self.light) {
            (Texel::Rgba8, Light::Encoded) => Some(PixelFormat::Rgba8),
            (Texel::Bgra8, Light::Encoded) => Some(PixelFormat::Bgra8),
            (Texel::Rgb8, Light::Encoded) => Some(PixelFormat::Rgb8),
            (Texel::Rgba8 | Texel::Bgra8 | Texel::Rgb8, Light::Linear) | (Texel::Rgba16Float, _) => None,
        }
    }

    /// The table that the kernels look code values up in; of no effect where they are [told](Params::coded) of none.
    pub fn codes(&self) -> Codes {
        match self.texel {
            Texel::Rgba8 | Texel::Bgra8 | Texel::Rgb8 => Codes::LinearBytes,
            Texel::Rgba16Float => Codes::Halves(self.light),
        }
    }

    /// Why the pixels cannot be read from a buffer of `len` bytes, as a sentence that says what can; `None` where they can.
    pub fn misfit(&self, len: u64) -> Option<String> {
        let row_bytes = self.texel.row_bytes(self.size);
        if !self.offset.is_multiple_of(4) || self.texel != Texel::Rgb8 && !self.stride.is_multiple_of(4) {
            return Some("the offset and the bytes in a row have to be multiples of four".to_owned());
        }
        if u64::from(self.stride) < row_bytes {
            return Some(format!("a row has {row_bytes} bytes at least"));
        }
        if u32::try_from(self.binding_len()).is_err() {
            return Some("a frame spans less than 4 GiB".to_owned());
        }
        match self.offset.checked_add(self.len()) {
            Some(end) if end <= len => None,
            _ => Some(format!(
                "the {} bytes of the frame, in whole words, do not lie in a buffer of {len} bytes",
                self.len()
            )),
        }
    }
}

impl Texel {
    /// What the components usually are.
    pub fn light(self) -> Light {
        match self {
            Self::Rgba8 | Self::Bgra8 | Self::Rgb8 => Light::Encoded,
            Self::Rgba16Float => Light::Linear,
        }
    }

    /// Of one pixel.
    pub fn bytes(self) -> u32 {
        match self {
            Self::Rgb8 => 3,
            Self::Rgba8 | Self::Bgra8 => 4,
            Self::Rgba16Float => 8,
        }
    }

    /// Of the pixels of one row.
    pub fn row_bytes(self, size: Size) -> u64 {
        u64::from(self.bytes()) * u64::from(size.width())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_have_to_lie_in_whole_words_within_the_buffer() {
        let good = SourceLayout {
            size: Size::new(5, 3).unwrap(),
            texel: Texel::Bgra8,
            light: Light::Encoded,
            offset: 300,
            stride: 24,
        };
        assert_eq!((good.len(), good.binding_offset(), good.binding_len()), (68, 256, 112));
        assert_eq!(good.misfit(368), None);
        let bytes = SourceLayout { texel: Texel::Rgb8, stride: 15, ..good };
        assert_eq!(
            (bytes.len(), bytes.misfit(348)),
            (48, None),
            "rows of any length, the last in whole words"
        );
        let misfits = [
            (SourceLayout { offset: 302, ..good }, 400, "multiples of four"),
            (SourceLayout { stride: 22, ..good }, 400, "multiples of four"),
            (SourceLayout { stride: 16, ..good }, 400, "20 bytes at least"),
            (good, 367, "the 68 bytes"),
            (SourceLayout { texel: Texel::Rgb8, stride: 15, ..good }, 347, "the 48 bytes"),
            (SourceLayout { stride: 1 << 31, ..good }, u64::MAX, "less than 4 GiB"),
            (SourceLayout { offset: u64::MAX - 3, ..good }, 400, "the 68 bytes"),
        ];
        for (layout, len, words) in misfits {
            let misfit = layout.misfit(len).unwrap();
            assert!(misfit.contains(words), "{misfit}");
        }
    }
}
