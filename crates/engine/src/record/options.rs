use super::RecordFile;
use crate::Error;
use std::path::PathBuf;

/// Where a recording goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordOptions {
    /// The file.
    pub path: PathBuf,
    /// Whether a file that is there is replaced, once there is something to write. Without it, one that is there is an
    /// error.
    pub overwrite: bool,
}

impl RecordOptions {
    /// A new file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), overwrite: false }
    }

    /// Whether a file that is there is replaced.
    #[must_use]
    pub fn overwrite(self, overwrite: bool) -> Self {
        Self { overwrite, ..self }
    }

    /// Opens the file. What is in it stays until something is written.
    ///
    /// # Errors
    /// [`Error::RecordFile`].
    pub fn open(&self) -> Result<RecordFile, Error> {
        RecordFile::open(&self.path, self.overwrite)
            .map_err(|source| Error::RecordFile { path: self.path.clone(), source })
    }
}

impl<P: Into<PathBuf>> From<P> for RecordOptions {
    fn from(path: P) -> Self {
        Self::new(path)
    }
}
