use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// The file of a recording. One that was there before keeps what is in it until the first byte is written.
#[derive(Debug)]
pub struct RecordFile {
    file: File,
    path: PathBuf,
    /// What is in it, and whether it goes when nothing is recorded.
    content: Content,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// A pipe or a device: it has no content, and stays whatever happens.
    Other,
    /// Somebody else's.
    Old,
    /// Nothing, or what was recorded.
    Own,
}

impl RecordFile {
    /// Opens it for writing; one that is there only where it may be replaced.
    pub(super) fn open(path: &Path, overwrite: bool) -> io::Result<Self> {
        let open = |file, content| Self { file, path: path.to_owned(), content };
        let made = OpenOptions::new().write(true).create_new(true).open(path);
        let exists = match made {
            Ok(file) => return Ok(open(file, Content::Own)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => error,
            Err(error) => return Err(error),
        };
        let is_file = fs::metadata(path)?.is_file();
        if is_file && !overwrite {
            return Err(exists);
        }
        let file = OpenOptions::new().write(true).open(path)?;
        Ok(open(file, if is_file { Content::Old } else { Content::Other }))
    }

    /// Leaves a finished file on the disk, whatever happens to the machine afterwards. Without units there is none, and
    /// one that was there before is as it was.
    ///
    /// # Errors
    /// What the system says.
    pub fn settle(&self, units: u64) -> io::Result<()> {
        match (units, self.content) {
            (0, Content::Own) => return fs::remove_file(&self.path),
            (0, Content::Old) => return Ok(()),
            _ => {}
        }
        match self.file.sync_all() {
            // A pipe or device has nothing to synchronize.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// Makes room for what is to be written.
    fn begin(&mut self) -> io::Result<()> {
        if self.content == Content::Old {
            self.file.set_len(0)?;
            self.content = Content::Own;
        }
        Ok(())
    }
}

impl Write for RecordFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin()?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for RecordFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
