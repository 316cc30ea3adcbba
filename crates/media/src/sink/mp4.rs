use super::{
    Opened, OutputError, UnitSink, VideoFacts,
    movie::{Layout, Movie, open_movie},
};
use crate::Moment;
use framewire_codec::{AccessUnit, Codec};
use framewire_mp4::{AnnexBSamples, DescriptionId, Matrix, MovieSettings, NewSample, TrackId, TrackSettings};
use std::fmt;

/// MP4 of one video track.
///
/// It is written in fragments of a second at most, so that it plays whatever happens next. In a file, a clean end makes a
/// plain, seekable MP4 of it without a copy; see [`FragmentedWriter`](framewire_mp4::FragmentedWriter) for how.
pub struct Mp4Sink {
    /// `None` once the file is complete.
    movie: Option<Box<dyn Movie>>,
    /// Of the codec of the first unit.
    samples: Option<AnnexBSamples>,
    facts: VideoFacts,
    track: Option<TrackId>,
    description: DescriptionId,
    bytes: u64,
    whole: u64,
}

impl Mp4Sink {
    /// A plain file at its end; fragments where it is a pipe.
    pub fn plain(output: Opened, facts: VideoFacts) -> Self {
        Self::new(output, facts, Layout::Plain)
    }

    /// A file with its index in front, for playing while it is loaded. Its media are moved at the end: while that lasts, and
    /// only then, an interruption costs the file.
    pub fn fast_start(output: Opened, facts: VideoFacts) -> Self {
        Self::new(output, facts, Layout::FastStart)
    }

    /// A file that stays in fragments.
    pub fn fragmented(output: Opened, facts: VideoFacts) -> Self {
        Self::new(output, facts, Layout::Fragmented)
    }

    fn new(output: Opened, facts: VideoFacts, layout: Layout) -> Self {
        let mut settings = MovieSettings::default();
        settings.timescale = facts.timescale.into();
        Self {
            movie: Some(open_movie(output, layout, settings)),
            samples: None,
            facts,
            track: None,
            description: DescriptionId::default(),
            bytes: 0,
            whole: 0,
        }
    }
}

impl UnitSink for Mp4Sink {
    fn write(&mut self, unit: &AccessUnit, moment: Moment, lasts: u64) -> Result<(), OutputError> {
        let Some(movie) = &mut self.movie else { return Err(OutputError::Complete) };
        let codec = if unit.codec.is_hevc() { Codec::Hevc } else { Codec::H264 };
        let samples = self.samples.get_or_insert_with(|| AnnexBSamples::new(codec));
        let sample = samples.convert(&unit.data)?;
        let track = match (self.track, sample.new_entry) {
            (Some(track), Some(entry)) => {
                self.description = movie.add_description(track, entry)?;
                track
            }
            (Some(track), None) => track,
            (None, Some(entry)) => {
                let size = entry.size();
                let mut settings = TrackSettings::video(self.facts.timescale.into(), entry);
                settings.matrix = Matrix::rotated(self.facts.rotation, size);
                // An encoder that takes the place of another brings parameter sets of its own.
                settings.may_change = true;
                *self.track.insert(movie.add_track(settings)?)
            }
            // A picture before its parameter sets; encoders here begin with a key frame.
            (None, None) => return Ok(()),
        };
        let mut new = NewSample::new(sample.data, i64::try_from(moment.ticks).unwrap_or(i64::MAX));
        new.sync = sample.sync;
        new.description = self.description;
        new.duration = u32::try_from(lasts).ok();
        let written = movie.write_sample(track, new);
        (self.bytes, self.whole) = (movie.bytes(), movie.whole());
        Ok(written?)
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        let Some(mut movie) = self.movie.take() else { return Ok(()) };
        let flushed = movie.flush();
        self.whole = movie.whole();
        let finished = movie.finish();
        flushed?;
        self.bytes = finished?;
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn whole_units(&self) -> u64 {
        self.whole
    }
}

impl fmt::Debug for Mp4Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mp4Sink({} bytes)", self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Timescale, sink::Destination};
    use framewire_bitstream::annexb;
    use framewire_frame::{Color, FrameId, Size, Timestamp};
    use framewire_mp4::{Mp4Reader, Rotation};
    use std::fs::{self, File};

    const SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x0a, 0x8c, 0x8d, 0x44, 0xb2, 0x01];

    fn key() -> AccessUnit {
        let mut data = Vec::new();
        for nal in [SPS, &[0x68, 0xce, 0x3c, 0x80], &[0x65, 0x88, 0x84, 0x00, 0x33]] {
            annexb::push_nal(&mut data, nal);
        }
        AccessUnit {
            id: FrameId(0),
            timestamp: Timestamp::ZERO,
            data: data.into(),
            key: true,
            recovers: true,
            disposable: false,
            temporal_layer: 0,
            codec: framewire_bitstream::h264::Sps::parse(SPS).unwrap().codec_string(),
            size: Size::new(16, 16).unwrap(),
            color: Color::default(),
        }
    }

    #[test]
    fn a_complete_file_takes_nothing_more() {
        let path = std::env::temp_dir().join(format!("framewire-mp4-sink-{}", std::process::id()));
        let output = Destination::Path { path: path.clone(), overwrite: true }
            .open(&crate::Cancel::default())
            .unwrap();
        let timescale = Timescale::new(30);
        let mut sink = Mp4Sink::plain(output, VideoFacts { timescale, rotation: Rotation::None });
        let at = |ticks| Moment { ticks, timescale };
        sink.write(&key(), at(0), 1).unwrap();
        sink.finish().unwrap();
        assert!(matches!(sink.write(&key(), at(1), 1), Err(OutputError::Complete)));
        sink.finish().unwrap();
        assert_eq!(sink.bytes(), fs::metadata(&path).unwrap().len());
        let reader = Mp4Reader::open(File::open(&path).unwrap()).unwrap();
        assert_eq!(reader.video_track().unwrap().samples().len(), 1);
        fs::remove_file(&path).unwrap();
    }
}
