use super::{OutputError, file::OutputFile};
use crate::Cancel;
use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::mpsc::{RecvTimeoutError, sync_channel},
    thread,
    time::Duration,
};

/// How often the wish to end is looked at while nobody reads a pipe yet.
const PATIENCE: Duration = Duration::from_millis(50);

/// Where an output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A file, or a device or pipe of that name.
    Path {
        /// Its name.
        path: PathBuf,
        /// Whether a file that is there already is replaced.
        overwrite: bool,
    },
}

/// An output that has been opened.
#[derive(Debug)]
pub enum Opened {
    /// A file, in which one can go back.
    File(OutputFile),
    /// A pipe or device: bytes go in one after the other.
    Stream(Stream),
}

/// What takes bytes one after the other, without a buffer.
pub struct Stream {
    output: Box<dyn Write + Send>,
    written: u64,
}

impl Destination {
    /// Whether it could be opened: nothing is there that must stay, and it is not `input`. Nothing is made.
    pub fn check(&self, input: Option<&Path>) -> Result<(), OutputError> {
        let Self::Path { path, overwrite } = self else { return Ok(()) };
        if input.is_some_and(|input| is_same_file(input, path)) {
            return Err(OutputError::IsInput);
        }
        match fs::metadata(path) {
            Ok(facts) if facts.is_dir() => Err(OutputError::Create(io::Error::other("it is a folder"))),
            Ok(facts) if facts.is_file() && !overwrite => Err(OutputError::Exists),
            _ => Ok(()),
        }
    }

    /// Opens it. A file is made; see [`OutputFile`] for one that may be overwritten. A named pipe is waited for until
    /// somebody reads it or the end is wished.
    pub fn open(&self, cancel: &Cancel) -> Result<Opened, OutputError> {
        let Self::Path { path, overwrite } = self else {
            return Ok(Opened::Stream(Stream::of(io::stdout())));
        };
        if fs::metadata(path).is_ok_and(|facts| !facts.is_file()) {
            return Ok(Opened::Stream(Stream::of(open_other(path, cancel)?)));
        }
        Ok(Opened::File(OutputFile::open(path, *overwrite)?))
    }

    /// Opens it to be written from one end to the other.
    pub fn open_stream(&self, cancel: &Cancel) -> Result<Stream, OutputError> {
        Ok(self.open(cancel)?.into())
    }

    /// Makes one of the files of a numbered output.
    pub(super) fn create(&self, path: &Path) -> Result<File, OutputError> {
        let overwrite = matches!(self, Self::Path { overwrite: true, .. });
        let is_other = fs::metadata(path).is_ok_and(|facts| !facts.is_file());
        let mut options = OpenOptions::new();
        options.write(true);
        if overwrite || is_other {
            options.create(true).truncate(true);
        } else {
            options.create_new(true);
        }
        options.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => OutputError::Exists,
            _ => OutputError::Create(error),
        })
    }
}

/// Opens a device or pipe. A pipe opens when somebody reads it, so that a thread of its own waits for that, and is left
/// alone when nobody wants it any more.
fn open_other(path: &Path, cancel: &Cancel) -> Result<File, OutputError> {
    let (sender, opened) = sync_channel(1);
    let path = path.to_owned();
    let waiting = move || {
        let opened = OpenOptions::new().write(true).open(path);
        // Nobody takes it after the end was wished.
        let _ = sender.send(opened);
    };
    thread::Builder::new().name("open".to_owned()).spawn(waiting).map_err(OutputError::Create)?;
    loop {
        match opened.recv_timeout(PATIENCE) {
            Ok(file) => return file.map_err(OutputError::Create),
            Err(RecvTimeoutError::Timeout) if !cancel.is_wished() => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(OutputError::Cancelled);
            }
        }
    }
}

impl From<Opened> for Stream {
    fn from(opened: Opened) -> Self {
        match opened {
            Opened::File(file) => Self::of(file),
            Opened::Stream(stream) => stream,
        }
    }
}

impl Stream {
    pub(super) fn of(output: impl Write + Send + 'static) -> Self {
        Self { output: Box::new(output), written: 0 }
    }

    /// Bytes that it took.
    pub(super) fn written(&self) -> u64 {
        self.written
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.output.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::Path { path, .. } => path.display().fmt(f),
        }
    }
}

#[cfg(unix)]
fn is_same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let id = |path| fs::metadata(path).ok().map(|facts| (facts.is_file(), facts.dev(), facts.ino()));
    id(one).is_some_and(|one| one.0 && id(other) == Some(one))
}

#[cfg(not(unix))]
fn is_same_file(one: &Path, other: &Path) -> bool {
    fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(path: &Path, overwrite: bool) -> Destination {
        Destination::Path { path: path.to_owned(), overwrite }
    }

    #[test]
    fn a_file_that_is_there_stays_unless_it_may_be_overwritten() {
        let path = std::env::temp_dir().join(format!("framewire-output-{}", std::process::id()));
        fs::write(&path, b"kept").unwrap();
        assert!(matches!(to(&path, false).check(None), Err(OutputError::Exists)));
        let open = |overwrite| to(&path, overwrite).open(&Cancel::default());
        assert!(matches!(open(false), Err(OutputError::Exists)));
        assert_eq!(fs::read(&path).unwrap(), b"kept");
        assert!(matches!(to(&path, true).check(Some(&path)), Err(OutputError::IsInput)));
        let dotted = path.parent().unwrap().join(".").join(path.file_name().unwrap());
        assert!(matches!(to(&path, true).check(Some(&dotted)), Err(OutputError::IsInput)));
        assert!(matches!(open(true), Ok(Opened::File(_))));
        assert_eq!(fs::read(&path).unwrap(), b"kept", "nothing was written");
        let Ok(Opened::File(mut file)) = open(true) else { panic!("a file") };
        file.write_all(b"n").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"n");
        fs::remove_file(&path).unwrap();
        assert!(matches!(open(false), Ok(Opened::File(_))));
        assert!(!path.exists(), "nothing was written");
        assert!(to(&path, false).check(Some(&path)).is_ok(), "neither is there");
        assert!(matches!(to(&std::env::temp_dir(), true).check(None), Err(OutputError::Create(_))));
    }
}
