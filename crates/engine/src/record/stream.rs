//! What a stream does about files.

use super::{RecordOptions, Recording};
use crate::{Error, Recent, RenditionKind, Stream, Stretch, tap::Tap};
use framewire_protocol::{Capabilities, ImageFormat, VideoCodec};
use std::{
    io::{self, Seek, Write},
    sync::Arc,
};

impl Stream {
    /// Records what viewers of the full video get to a file, at no encoding cost, until the recording is stopped or dropped,
    /// or the stream closed. The encoder runs also without viewers, and makes a key frame at least every two seconds. What
    /// viewers on slow paths lower the rate to, it is lowered to in the file.
    ///
    /// The file is a fragmented MP4, which plays while it is written and, after a crash of the process, up to the last
    /// second; at the end it becomes a plain one with an index. Fragments are handed to the system, which may lose what it
    /// did not write when the machine itself fails; the finished file is forced to the disk. The index grows by some twelve
    /// bytes of memory with each unit, up to [`MAX_SAMPLES`](framewire_mp4::limits::MAX_SAMPLES) of them, which is three
    /// days at 60 frames per second; there the recording ends.
    ///
    /// ```no_run
    /// # fn example(stream: &framewire_engine::Stream) -> Result<(), framewire_engine::Error> {
    /// let recording = stream.record("out.mp4")?;
    /// // stream.publish(frame), then:
    /// let status = recording.stop();
    /// println!("{} frames, {} bytes", status.units, status.bytes);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::RecordFile`] when the file can't be opened, or is there already and
    /// [`overwrite`](RecordOptions::overwrite) is not set; [`Error::NotVideo`] when the stream shows images;
    /// [`Error::Closed`]; [`Error::Thread`].
    pub fn record(&self, options: impl Into<RecordOptions>) -> Result<Recording, Error> {
        let options = options.into();
        // First what leaves no empty file behind.
        let tap = self.tap()?;
        let file = options.open()?;
        let name = options.path.display().to_string();
        self.start_recording(name, file, tap, |file, units| file.settle(units))
    }

    /// As [`Stream::record`], to anything that can be written and sought. `name` stands for it in notices.
    ///
    /// # Errors
    /// [`Error::NotVideo`], [`Error::Closed`] and [`Error::Thread`].
    pub fn record_to(
        &self,
        name: &str,
        sink: impl Write + Seek + Send + 'static,
    ) -> Result<Recording, Error> {
        self.start_recording(name.to_owned(), sink, self.tap()?, |mut sink, _| sink.flush())
    }

    /// A stretch of the past, as far as [`StreamConfig::keep`](crate::StreamConfig::keep) has it.
    ///
    /// # Errors
    /// [`Error::NothingKept`] and [`Error::Closed`].
    pub fn recent(&self, stretch: Stretch) -> Result<Recent, Error> {
        self.core().check_open()?;
        let nothing = || Error::NothingKept { name: self.name().to_owned() };
        Ok(self.keeper().ok_or_else(nothing)?.recent(stretch, self.now()))
    }

    fn start_recording<W: Write + Seek + Send + 'static>(
        &self,
        name: String,
        sink: W,
        tap: Tap,
        finish: impl FnOnce(W, u64) -> io::Result<()> + Send + 'static,
    ) -> Result<Recording, Error> {
        let recording = Recording::start(name, sink, tap, Arc::clone(self.core()), finish)?;
        self.recordings().add(&recording);
        Ok(recording)
    }

    /// Joins the full video rendition to take every unit of it.
    pub(crate) fn tap(&self) -> Result<Tap, Error> {
        let video = VideoCodec::ALL.map(VideoCodec::capability);
        let images = ImageFormat::ALL.map(ImageFormat::mime);
        let key = self.select(Capabilities::from_strings(video.into_iter().chain(images)));
        let Some((key, RenditionKind::Video(codec))) = key.map(|key| (key, key.kind)) else {
            return Err(Error::NotVideo { name: self.name().to_owned() });
        };
        Tap::new(self.rendition(key)?, codec)
    }
}
