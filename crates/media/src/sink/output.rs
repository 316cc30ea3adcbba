use super::OutputError;
use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

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
    File(File),
    /// A pipe or device: bytes go in one after the other.
    Stream(Stream),
}

/// What takes bytes one after the other, without a buffer.
pub struct Stream(Box<dyn Write + Send>);

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

    /// Opens it. A file is made, or emptied where it may be overwritten.
    pub fn open(&self) -> Result<Opened, OutputError> {
        let Self::Path { path, .. } = self else {
            return Ok(Opened::Stream(Stream(Box::new(io::stdout()))));
        };
        let file = self.create(path)?;
        let facts = file.metadata().map_err(OutputError::Create)?;
        Ok(if facts.is_file() { Opened::File(file) } else { Opened::Stream(Stream(Box::new(file))) })
    }

    /// Opens it to be written from one end to the other.
    pub fn open_stream(&self) -> Result<Stream, OutputError> {
        Ok(self.open()?.into())
    }

    /// Makes one of the files of a numbered output.
    pub(super) fn create(&self, path: &Path) -> Result<File, OutputError> {
        let overwrite = matches!(self, Self::Path { overwrite: true, .. });
        let is_other = fs::metadata(path).is_ok_and(|facts| !facts.is_file());
        let mut options = OpenOptions::new();
        // Read as well: an index that moves to the front is made by moving what was written.
        options.read(!is_other).write(true);
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

impl From<Opened> for Stream {
    fn from(opened: Opened) -> Self {
        match opened {
            Opened::File(file) => Self(Box::new(file)),
            Opened::Stream(stream) => stream,
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
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
        assert!(matches!(to(&path, false).open(), Err(OutputError::Exists)));
        assert_eq!(fs::read(&path).unwrap(), b"kept");
        assert!(matches!(to(&path, true).check(Some(&path)), Err(OutputError::IsInput)));
        let dotted = path.parent().unwrap().join(".").join(path.file_name().unwrap());
        assert!(matches!(to(&path, true).check(Some(&dotted)), Err(OutputError::IsInput)));
        assert!(matches!(to(&path, true).open(), Ok(Opened::File(_))));
        assert_eq!(fs::read(&path).unwrap(), b"");
        fs::remove_file(&path).unwrap();
        assert!(to(&path, false).check(Some(&path)).is_ok(), "neither is there");
        assert!(matches!(to(&std::env::temp_dir(), true).check(None), Err(OutputError::Create(_))));
    }
}
