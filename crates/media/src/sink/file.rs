use super::OutputError;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// A file that is being written.
///
/// What was there before stays until the first byte comes, and a file that was made and got none goes again: an input that
/// is refused at its first sample costs nothing and leaves nothing.
#[derive(Debug)]
pub struct OutputFile {
    file: File,
    path: PathBuf,
    /// Whether nothing was there before.
    made: bool,
    /// Whether a byte has come.
    begun: bool,
}

impl OutputFile {
    /// Makes it, or opens the one that is there and may be overwritten.
    pub(super) fn open(path: &Path, overwrite: bool) -> Result<Self, OutputError> {
        let mut options = OpenOptions::new();
        // Read as well: an index that moves to the front is made by moving what was written.
        options.read(true).write(true);
        let (file, made) = match options.clone().create_new(true).open(path) {
            Ok(file) => (file, true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && overwrite => {
                (options.open(path).map_err(OutputError::Create)?, false)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(OutputError::Exists),
            Err(error) => return Err(OutputError::Create(error)),
        };
        Ok(Self { file, path: path.to_owned(), made, begun: false })
    }

    /// The same file once more, to cut off what a full disk left half-way.
    pub(super) fn again(&self) -> Option<File> {
        self.file.try_clone().ok()
    }

    /// Its bytes.
    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.begun && !bytes.is_empty() {
            self.file.set_len(0)?;
            self.begun = true;
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Read for OutputFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for OutputFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if self.made && self.len().is_ok_and(|bytes| bytes == 0) {
            // An empty file that stays does no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}
