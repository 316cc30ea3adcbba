use crate::core::lock;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// A file with the bytes of units one after the other. It goes with the last reference to it.
///
/// Its name goes at once where the system allows that, so that the space is free again however the process ends;
/// elsewhere with the segment.
#[derive(Debug)]
pub(super) struct Segment {
    file: Mutex<File>,
    /// Where the name is still there.
    path: Option<PathBuf>,
}

/// Tells the segments of a process apart.
static NEXT: AtomicU64 = AtomicU64::new(0);

impl Segment {
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("framewire-{}-{number}.keep", std::process::id()));
        // A name that is there already belongs to a process of this number that has ended.
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        let path = if cfg!(unix) && fs::remove_file(&path).is_ok() { None } else { Some(path) };
        Ok(Self { file: Mutex::new(file), path })
    }

    /// Writes bytes at a place that nothing was written to before.
    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = lock(&self.file);
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }

    /// Reads what was written.
    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let mut file = lock(&self.file);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(into)
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if let Some(path) = &self.path
            && let Err(error) = fs::remove_file(path)
        {
            tracing::warn!("{} stays: {error}", path.display());
        }
    }
}
