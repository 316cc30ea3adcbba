//! A folder for the files of a benchmark, and what can be asked about them.

use crate::exit::Failure;
use framewire::{
    codec::quality::{Difference, Psnr},
    convert::Converter,
    engine,
    frame::{Frame, PictureMut, PictureRef, PixelFormat, Size},
    media::source::{self, Source, SourceOptions},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A folder that goes when the benchmark ends.
pub struct Workshop(PathBuf);

impl Workshop {
    /// Below `parent`, or where the system keeps temporary files.
    pub fn new(parent: Option<&Path>) -> Result<Self, Failure> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let path = parent.join(format!("framewire-bench-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
        Ok(Self(path))
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // What is left over lies in a folder of temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A video file, decoded.
pub fn open(path: &Path) -> Result<Box<dyn Source>, Failure> {
    source::open_file(path, &SourceOptions::default(), &engine::roster())
        .map_err(|error| Failure::Input(format!("{}: {error}", path.display())))
}

/// How far the frames of a file are from the ones that went in, as I420.
pub fn compare(
    path: &Path,
    mut original: impl FnMut(usize) -> Result<Vec<u8>, Failure>,
) -> Result<(usize, Psnr), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(format!("{}: {error}", path.display()));
    let mut decoded = open(path)?;
    let mut difference = Difference::default();
    let mut frames = 0;
    while let Some(timed) = decoded.next().map_err(|error| failed(&error))? {
        let picture = timed.frame.surface.to_host().map_err(|error| failed(&error))?;
        let bytes = original(frames)?;
        let wanted =
            PictureRef::packed(PixelFormat::I420, picture.size(), &bytes).map_err(|error| failed(&error))?;
        difference.add(wanted, picture.as_ref()).map_err(|error| failed(&error))?;
        frames += 1;
    }
    Ok((frames, difference.psnr()))
}

/// The pixels of a frame in another format, packed, with even sides.
pub fn pixels(frame: &Frame, format: PixelFormat) -> Result<Vec<u8>, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(error.to_string());
    let picture = frame.surface.to_host().map_err(|error| failed(&error))?;
    let size: Size = picture.size().padded_to_even();
    let converter = Converter::new(picture.format(), format, picture.size(), frame.color)
        .map_err(|error| failed(&error))?;
    let mut bytes = vec![0; format.packed_len(size)];
    let mut target = PictureMut::packed(format, size, &mut bytes).map_err(|error| failed(&error))?;
    converter.convert(&picture.as_ref(), &mut target).map_err(|error| failed(&error))?;
    Ok(bytes)
}

/// The options that x264 wrote into a stream, one for each of its settings; empty where it did not.
pub fn x264_options(path: &Path) -> BTreeSet<String> {
    const MARK: &[u8] = b"options: ";
    let bytes = fs::read(path).unwrap_or_default();
    let Some(at) = bytes.windows(MARK.len()).position(|window| window == MARK) else {
        return BTreeSet::new();
    };
    let text: Vec<u8> =
        bytes[at + MARK.len()..].iter().copied().take_while(|byte| matches!(byte, b' '..=b'~')).collect();
    String::from_utf8_lossy(&text).split_whitespace().map(str::to_owned).collect()
}
