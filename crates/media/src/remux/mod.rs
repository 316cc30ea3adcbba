//! From one container into another, without coding: exact times, every track that the target holds.

mod annex_b;
mod mp4;
mod order;
mod patient;
#[cfg(test)]
mod tests;

pub(crate) use mp4::{kind, name};

use crate::{
    Cancel, Error, Failed,
    sink::{
        Destination, OutputError, VideoFormat,
        movie::{Layout, Movie},
    },
    source::{self, InputError, Kind, Opened},
};
use framewire_frame::FrameRate;
use patient::Patient;
use serde::Serialize;
use std::{
    io::{Cursor, Read},
    path::Path,
    time::Instant,
};

/// Bytes by which MP4 is known.
const MP4_BYTES: u64 = 12;

/// What is copied.
pub enum Input<'a> {
    /// A file.
    File(&'a Path),
    /// Annex B that comes through a pipe.
    Stream(Box<dyn Read + Send>),
}

/// How it is copied.
#[derive(Clone, Copy, Debug)]
pub struct RemuxOptions {
    /// What is written.
    pub format: VideoFormat,
    /// Frames a second of a stream that stores no times, instead of what its parameter sets say.
    pub frame_rate: Option<FrameRate>,
}

/// What was copied.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The tracks of the output.
    pub tracks: Vec<CopiedTrack>,
    /// Samples in all of them.
    pub samples: u64,
    /// Those of them that play though the output could not be completed.
    #[serde(skip)]
    pub whole_samples: u64,
    /// Bytes of the output.
    pub bytes: u64,
    /// How long the copying took, in seconds.
    pub seconds: f64,
    /// What the target cannot hold, each a clause for a person.
    pub left_out: Vec<String>,
    /// Whether the input ends in the middle: what is whole was copied.
    pub input_is_cut_off: bool,
    /// Whether the caller ended it.
    pub cancelled: bool,
}

/// One track of the output.
#[derive(Clone, Debug, Serialize)]
pub struct CopiedTrack {
    /// `video`, `audio` or the name of its handler.
    pub kind: String,
    /// The name of its sample entry, or of its codec.
    pub codec: String,
    /// Its samples.
    pub samples: u64,
}

/// How far a copy is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Samples written.
    pub samples: u64,
    /// Samples in all, where that is known.
    pub total: Option<u64>,
    /// Bytes written.
    pub bytes: u64,
}

/// Copies `input` to `output`, in the order in which samples are decoded. `observe` is called after each sample.
///
/// # Errors
/// [`Failed`] has the reason and the report of what was written, which plays.
pub fn remux(
    input: Input<'_>,
    output: &Destination,
    options: RemuxOptions,
    cancel: &Cancel,
    observe: &mut dyn FnMut(Progress),
) -> Result<Report, Failed<Report>> {
    let mut work = Work { options, output, cancel, observe, report: Report::default(), opened: false };
    let start = Instant::now();
    let result = work.run(input);
    let mut report = work.report;
    report.seconds = start.elapsed().as_secs_f64();
    report.cancelled = cancel.is_wished();
    match result {
        Ok(()) => Ok(report),
        Err(error) => Err(Failed { error, report: work.opened.then(|| Box::new(report)) }),
    }
}

/// A copy under way.
struct Work<'a> {
    options: RemuxOptions,
    output: &'a Destination,
    cancel: &'a Cancel,
    observe: &'a mut dyn FnMut(Progress),
    report: Report,
    /// Whether the output was opened.
    opened: bool,
}

impl Work<'_> {
    fn run(&mut self, input: Input<'_>) -> Result<(), Error> {
        let path = match input {
            Input::File(path) => path,
            Input::Stream(stream) => return self.copy_pipe(stream),
        };
        let (file, kind) = match Opened::new(path)? {
            Opened::File { file, kind, .. } => (file, kind),
            Opened::Pipe(pipe) => return self.copy_pipe(Box::new(pipe)),
        };
        match kind {
            Some(Kind::Mp4) => mp4::copy(self, source::buffered(file)),
            Some(Kind::AnnexB) => annex_b::copy(self, Box::new(file)),
            Some(Kind::Y4m) => Err(InputError::Usage(
                "its pictures are not coded, so that there is nothing to copy; framewire encode makes a video of them"
                    .to_owned(),
            )
            .into()),
            Some(Kind::Image) | None => Err(InputError::NoVideo.into()),
        }
    }

    fn copy_pipe(&mut self, pipe: Box<dyn Read + Send>) -> Result<(), Error> {
        let mut pipe = Patient::new(pipe, self.cancel.clone()).map_err(InputError::Read)?;
        let mut magic = Vec::new();
        pipe.by_ref().take(MP4_BYTES).read_to_end(&mut magic).map_err(InputError::Read)?;
        if Kind::of(&magic) == Some(Kind::Mp4) {
            return Err(source::mp4_in_a_pipe().into());
        }
        annex_b::copy(self, Box::new(Cursor::new(magic).chain(pipe)))
    }

    /// Whether the copy goes on after one more sample.
    fn goes_on(&mut self, total: Option<u64>) -> bool {
        self.report.samples += 1;
        let (samples, bytes) = (self.report.samples, self.report.bytes);
        (self.observe)(Progress { samples, total, bytes });
        !self.cancel.is_wished()
    }

    /// Completes a movie. What ended the copy is said; what stands in the output is completed in any case, unless there is
    /// nothing.
    fn finish(&mut self, copied: Result<(), Error>, mut movie: Box<dyn Movie>) -> Result<(), Error> {
        if copied.is_err() && self.report.samples == 0 {
            return copied;
        }
        let flushed = movie.flush();
        self.report.whole_samples = movie.whole();
        let finished = movie.finish();
        copied?;
        flushed.map_err(OutputError::from)?;
        self.report.bytes = finished.map_err(OutputError::from)?;
        Ok(())
    }
}

impl VideoFormat {
    /// How the boxes lie; `None` for Annex B.
    fn layout(self) -> Option<Layout> {
        match self {
            Self::Mp4 => Some(Layout::Plain),
            Self::FastStartMp4 => Some(Layout::FastStart),
            Self::FragmentedMp4 => Some(Layout::Fragmented),
            Self::AnnexB => None,
        }
    }
}
