use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// A file with the bytes of units one after the other. It goes with the last reference to it.
///
/// Its name goes at once where the system allows that, so that the space is free again however the process ends;
/// elsewhere with the segment.
#[derive(Debug)]
pub(crate) struct Segment {
    file: File,
    /// Where the name is still there.
    path: Option<PathBuf>,
}

/// Tells the segments of a process apart.
static NEXT: AtomicU64 = AtomicU64::new(0);

impl Segment {
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("framewire-{}-{number}.keep", std::process::id()));
        // A name that is there already belongs to a process of this number that has ended, or is a link that somebody
        // else laid into a shared folder: it goes, and what it may point to is not touched.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        let path = if cfg!(unix) && fs::remove_file(&path).is_ok() { None } else { Some(path) };
        Ok(Self { file, path })
    }

    /// Writes bytes at a place that nothing was written to before. One thread does; others may read meanwhile.
    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        #[cfg(unix)]
        {
            std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, offset)
        }
        #[cfg(not(unix))]
        {
            use std::io::{Seek as _, SeekFrom, Write as _};
            // The place in the file is the writer's alone: whoever reads has a handle of its own.
            (&self.file).seek(SeekFrom::Start(offset))?;
            (&self.file).write_all(bytes)
        }
    }

    /// Reads what was written.
    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        #[cfg(unix)]
        {
            std::os::unix::fs::FileExt::read_exact_at(&self.file, into, offset)
        }
        #[cfg(not(unix))]
        {
            use std::io::{Read as _, Seek as _, SeekFrom};
            let path = self.path.as_ref().ok_or(io::ErrorKind::NotFound)?;
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(offset))?;
            file.read_exact(into)
        }
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
