//! Numbered PNG and JPEG files, or one.

mod decode;
mod name;

pub(super) use decode::is_image;
pub(crate) use name::NamePattern;

use super::{Due, InputError, SPARE_PICTURES, Source, SourceOptions, Timed};
use crate::Moment;
use framewire_frame::{Color, Frame, FrameRate, Picture, Pool, Size};
use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// Bytes of one image file.
const MAX_IMAGE_BYTES: u64 = 512 * 1024 * 1024;
/// Frames a second where nothing else is said.
const DEFAULT_RATE: u32 = 30;

/// Image files as frames, all of one size.
pub struct Images {
    files: Files,
    frame_rate: FrameRate,
    color: Color,
    size: Size,
    pool: Pool,
    /// The bytes of a file, used again.
    bytes: Vec<u8>,
    index: u64,
}

enum Files {
    One(PathBuf),
    Numbered { pattern: NamePattern, first: u64, count: u64 },
}

impl Images {
    /// The files of a name such as `frames/%04d.png`; `None` for a name without a place for a number.
    pub fn matching(path: &Path, options: &SourceOptions) -> Result<Option<Self>, InputError> {
        let Some(pattern) = NamePattern::parse(path)? else { return Ok(None) };
        let (first, count) = pattern.numbers(options.start)?;
        Self::open(Files::Numbered { pattern, first, count }, options).map(Some)
    }

    /// One file.
    pub fn single(path: &Path, options: &SourceOptions) -> Result<Self, InputError> {
        Self::open(Files::One(path.to_owned()), options)
    }

    fn open(files: Files, options: &SourceOptions) -> Result<Self, InputError> {
        let frame_rate = options.frame_rate.unwrap_or(FrameRate::whole(DEFAULT_RATE));
        let mut images = Self {
            files,
            frame_rate,
            color: options.color,
            size: Size::new(1, 1).expect("a possible size"),
            pool: Pool::new(SPARE_PICTURES),
            bytes: Vec::new(),
            index: 0,
        };
        // The first is decoded here, so that the size is known and a faulty one is said at once.
        images.size = images.read(0)?.size();
        Ok(images)
    }

    fn count(&self) -> u64 {
        match &self.files {
            Files::One(_) => 1,
            Files::Numbered { count, .. } => *count,
        }
    }

    fn path(&self, index: u64) -> PathBuf {
        match &self.files {
            Files::One(path) => path.clone(),
            Files::Numbered { pattern, first, .. } => pattern.path(first + index),
        }
    }

    fn read(&mut self, index: u64) -> Result<Picture, InputError> {
        let path = self.path(index);
        let named = |error: io::Error| {
            InputError::Read(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
        };
        let file = File::open(&path).map_err(named)?;
        self.bytes.clear();
        file.take(MAX_IMAGE_BYTES + 1).read_to_end(&mut self.bytes).map_err(named)?;
        if self.bytes.len() as u64 > MAX_IMAGE_BYTES {
            let path = path.display();
            return Err(InputError::Broken(format!("{path} has more than {MAX_IMAGE_BYTES} bytes")));
        }
        decode::picture(&self.bytes, &self.pool).map_err(|fault| match fault {
            decode::Fault::Unsupported(what) => InputError::Unsupported(format!("{} {what}", path.display())),
            decode::Fault::Broken(what) => InputError::Broken(format!("{}: {what}", path.display())),
        })
    }
}

impl Source for Images {
    fn describe(&self) -> String {
        let count = self.count();
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} image{plural}, {}, {} fps", self.size, self.frame_rate)
    }

    fn frame_rate(&self) -> Option<FrameRate> {
        Some(self.frame_rate)
    }

    fn frame_count(&self) -> Option<u64> {
        Some(self.count())
    }

    fn next(&mut self) -> Result<Option<Timed>, InputError> {
        if self.index == self.count() {
            return Ok(None);
        }
        let picture = self.read(self.index)?;
        if picture.size() != self.size {
            return Err(InputError::Unsupported(format!(
                "{} is {}, and the images before it are {}",
                self.path(self.index).display(),
                picture.size(),
                self.size
            )));
        }
        let due = Due::At(Moment::of_frame(self.frame_rate, self.index));
        self.index += 1;
        Ok(Some(Timed::new(Frame { color: self.color, ..Frame::new(picture) }, due)))
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        self.index = 0;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("framewire-media-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn png(&self, name: &str, width: u32, color: png::ColorType, samples: &[u8]) {
            let file = File::create(self.0.join(name)).unwrap();
            let height = (samples.len() / (width as usize * color.samples())) as u32;
            let mut encoder = png::Encoder::new(file, width, height);
            encoder.set_color(color);
            encoder.write_header().unwrap().write_image_data(samples).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn open(folder: &Folder, pattern: &str, start: Option<u64>) -> Result<Images, InputError> {
        let options = SourceOptions { start, ..SourceOptions::default() };
        Ok(Images::matching(&folder.0.join(pattern), &options)?.expect("a place for a number"))
    }

    #[test]
    fn numbered_files_come_in_order_from_the_lowest_or_the_one_asked_for() {
        let folder = Folder::new("order");
        for number in [7_u8, 8, 9, 10] {
            let samples = [number; 2 * 2 * 3];
            folder.png(&format!("a{number:03}.png"), 2, png::ColorType::Rgb, &samples);
        }
        let mut images = open(&folder, "a%03d.png", None).unwrap();
        assert_eq!((images.frame_count(), images.describe()), (Some(4), "4 images, 2x2, 30 fps".to_owned()));
        let mut seen = Vec::new();
        while let Some(timed) = images.next().unwrap() {
            seen.push(timed.frame.surface.to_host().unwrap().as_ref().plane(0).row(0)[0]);
        }
        assert_eq!(seen, [7, 8, 9, 10]);
        assert_eq!(open(&folder, "a%03d.png", Some(9)).unwrap().frame_count(), Some(2));
    }

    #[test]
    fn a_gap_a_missing_start_and_a_change_of_size_are_said() {
        let folder = Folder::new("gap");
        for (number, width) in [(0, 2), (1, 1), (3, 2)] {
            folder.png(&format!("{number}.png"), width, png::ColorType::Rgb, &[9; 12]);
        }
        let gap = open(&folder, "%d.png", None).err().unwrap().to_string();
        assert!(gap.contains("2.png") && gap.contains("missing"), "{gap}");
        let start = open(&folder, "%d.png", Some(2)).err().unwrap().to_string();
        assert!(start.contains("2.png"), "{start}");
        fs::remove_file(folder.0.join("3.png")).unwrap();
        let mut images = open(&folder, "%d.png", None).unwrap();
        images.next().unwrap();
        let size = images.next().err().unwrap().to_string();
        assert!(size.contains("1.png") && size.contains("1x4") && size.contains("2x2"), "{size}");
        fs::write(folder.0.join(format!("{}.png", u64::MAX)), b"").unwrap();
        let far = open(&folder, "%d.png", None).err().unwrap().to_string();
        assert!(far.contains("2.png is missing"), "{far}");
        let none = open(&folder, "b%d.png", None).err().unwrap().to_string();
        assert!(none.contains("no file of that name"), "{none}");
    }

    #[test]
    fn every_colour_type_of_png_becomes_rgb_or_rgba() {
        let folder = Folder::new("types");
        folder.png("0.png", 2, png::ColorType::Grayscale, &[10, 20]);
        folder.png("1.png", 2, png::ColorType::GrayscaleAlpha, &[10, 255, 20, 0]);
        folder.png("2.png", 2, png::ColorType::Rgba, &[1, 2, 3, 4, 5, 6, 7, 8]);
        let mut images = open(&folder, "%d.png", None).unwrap();
        let mut rows = Vec::new();
        while let Some(timed) = images.next().unwrap() {
            rows.push(timed.frame.surface.to_host().unwrap().as_ref().plane(0).row(0).to_vec());
        }
        assert_eq!(rows[0], [10, 10, 10, 20, 20, 20]);
        assert_eq!(rows[1], [10, 10, 10, 255, 20, 20, 20, 0]);
        assert_eq!(rows[2], [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn a_file_that_is_no_image_is_named() {
        let folder = Folder::new("broken");
        fs::write(folder.0.join("0.png"), b"\x89PNG\r\n\x1a\nnothing").unwrap();
        let text = open(&folder, "%d.png", None).err().unwrap().to_string();
        assert!(text.contains("0.png"), "{text}");
        fs::write(folder.0.join("0.png"), b"plain text").unwrap();
        let text = open(&folder, "%d.png", None).err().unwrap().to_string();
        assert!(text.contains("0.png") && text.contains("PNG"), "{text}");
    }

    #[test]
    fn a_picture_that_no_encoder_takes_is_refused_by_its_header() {
        let folder = Folder::new("large");
        // Headers alone: what follows them is never asked for.
        let mut file = Vec::new();
        let mut png = png::Encoder::new(&mut file, 16_384, 16_384).write_header().unwrap();
        png.write_chunk(png::chunk::IDAT, &[0x78, 1]).unwrap();
        drop(png);
        fs::write(folder.0.join("a0.png"), file).unwrap();
        let jpeg = |width: u16, height: u16| {
            let [h, w] = [height.to_be_bytes(), width.to_be_bytes()];
            let tables = [&[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0][..], &[1; 64]].concat();
            let frame = [0xff, 0xc0, 0, 11, 8, h[0], h[1], w[0], w[1], 1, 1, 0x11, 0];
            [&tables[..], &frame, &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xff, 0xd9]].concat()
        };
        fs::write(folder.0.join("b0.jpg"), jpeg(16_384, 16_384)).unwrap();
        fs::write(folder.0.join("c0.jpg"), jpeg(65_535, 16)).unwrap();
        for (name, first, size) in [
            ("a%d.png", "a0.png", "16384x16384"),
            ("b%d.jpg", "b0.jpg", "16384x16384"),
            ("c%d.jpg", "c0.jpg", "65535x16"),
        ] {
            let error = open(&folder, name, None).err().unwrap();
            assert!(!error.is_read_failure());
            let text = error.to_string();
            assert!(text.contains(first) && text.contains(size) && !text.contains('"'), "{text}");
        }
    }

    #[test]
    fn damage_of_a_jpeg_file_is_said_without_the_words_of_a_library() {
        let folder = Folder::new("jpeg");
        let begun = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0, 0xff, 0xd9];
        for bytes in [&begun[..], &begun[..12], &[0xff, 0xd8, 0xff, 0xff], &[0xff, 0xd8, 0xff, 0xdb, 0, 1]] {
            fs::write(folder.0.join("0.jpg"), bytes).unwrap();
            let text = open(&folder, "%d.jpg", None).err().unwrap().to_string();
            assert!(
                text.contains("0.jpg: it") && !text.contains('"') && !text.contains("set_limits"),
                "{text}"
            );
        }
    }
}
