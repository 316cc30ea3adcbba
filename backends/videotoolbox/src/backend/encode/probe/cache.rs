//! What was found, on disk: a file of JSON in the user's cache folder.
//!
//! It holds for one machine, system and version of framewire, and for thirty days: whatever was seen by mistake is seen anew
//! one day. Only what is sound is kept, so that a bad moment of a busy machine stays within its run.

use super::{findings::Found, machine::Machine};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

const FILE: &str = "videotoolbox.json";
/// Bytes; what is written takes a few hundred for each codec.
const LARGEST: u64 = 64 * 1024;
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A folder to keep findings in, for one machine.
pub(super) struct Cache {
    folder: PathBuf,
    machine: Machine,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    machine: Machine,
    found: Vec<Found>,
}

impl Cache {
    /// `None` where the machine does not say what it is: a finding would hold for others too.
    pub(super) fn new(folder: PathBuf) -> Option<Self> {
        Some(Self { folder, machine: Machine::this()? })
    }

    /// Everything that was found on this machine and is not too old; nothing where the file is broken or another machine's.
    pub(super) fn read(&self, now: SystemTime) -> Vec<Found> {
        let path = self.path();
        let content = match read(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                tracing::debug!("{} is passed over: {error}", path.display());
                return Vec::new();
            }
        };
        if content.machine != self.machine {
            tracing::debug!("{} is passed over: it is of another machine or version", path.display());
            return Vec::new();
        }
        let age = |found: &Found| now.duration_since(found.at()?).ok();
        let is_fresh = |found: &Found| age(found).is_some_and(|age| age <= LONGEST);
        let is_good = |found: &Found| found.may_be_kept() && found.is_plain() && is_fresh(found);
        content.found.into_iter().filter(is_good).collect()
    }

    /// Writes all of `found` that may be kept. A folder that cannot be written to costs later runs a look.
    pub(super) fn write<'a>(&self, found: impl Iterator<Item = &'a Found>) {
        let found: Vec<_> = found.filter(|found| found.may_be_kept()).cloned().collect();
        let content = Content { machine: self.machine.clone(), found };
        if let Err(error) = self.replace(&content) {
            tracing::debug!("{} is not written: {error}", self.path().display());
        }
    }

    /// Writes a file beside it and moves that over it, so that no reader finds half of one.
    fn replace(&self, content: &Content) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        static WRITTEN: AtomicUsize = AtomicUsize::new(0);
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let beside = self.folder.join(format!("{FILE}.{}.{number}", process::id()));
        // What a process of this number has left behind, or somebody has laid there; a link is not followed.
        let _ = fs::remove_file(&beside);
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&beside)
            .and_then(|mut file| file.write_all(&serde_json::to_vec_pretty(content)?));
        let moved = written.and_then(|()| fs::rename(&beside, self.path()));
        if moved.is_err() {
            // The error to tell is the first one.
            let _ = fs::remove_file(&beside);
        }
        moved
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }
}

fn read(path: &Path) -> io::Result<Content> {
    // A pipe would be waited for.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file"));
    }
    let mut text = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too large"));
    }
    Ok(serde_json::from_slice(&text)?)
}
