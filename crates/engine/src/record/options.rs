use crate::Error;
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::PathBuf,
};

/// Where a recording goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordOptions {
    /// The file.
    pub path: PathBuf,
    /// Whether a file that is there is replaced. Without it, one that is there is an error.
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

    /// Opens the file.
    ///
    /// # Errors
    /// [`Error::RecordFile`].
    pub fn open(&self) -> Result<File, Error> {
        let mut options = OpenOptions::new();
        options.write(true);
        if self.overwrite {
            options.create(true).truncate(true)
        } else {
            options.create_new(true)
        };
        options.open(&self.path).map_err(|source| Error::RecordFile { path: self.path.clone(), source })
    }

    /// Leaves a finished file on the disk, whatever happens to the machine afterwards; one without units is removed.
    ///
    /// # Errors
    /// What the system says.
    pub fn settle(&self, file: &File, units: u64) -> io::Result<()> {
        if units == 0 && file.metadata()?.is_file() {
            return fs::remove_file(&self.path);
        }
        match file.sync_all() {
            // A pipe or device has nothing to synchronize.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
            {
                Ok(())
            }
            other => other,
        }
    }
}

impl<P: Into<PathBuf>> From<P> for RecordOptions {
    fn from(path: P) -> Self {
        Self::new(path)
    }
}
