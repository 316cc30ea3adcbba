use super::{HIDDEN, InputError, Units, rate_of};
use framewire::{
    frame::{FrameRate, Timestamp},
    mp4::{Mp4Reader, Rotation, Track},
};
use std::{fs::File, io::BufReader};

/// The video track of an MP4 file.
pub(super) struct Mp4 {
    reader: Mp4Reader<BufReader<File>>,
    track: Track,
    sample: Vec<u8>,
    index: usize,
}

impl Mp4 {
    pub(super) fn open(file: File) -> Result<Self, InputError> {
        let reader = Mp4Reader::open(BufReader::new(file))?;
        let track = reader.video_track()?.clone();
        track.require_h264()?;
        if reader.is_truncated() {
            tracing::warn!("the file is cut off; what is there is shown");
        }
        if track.rotation() != Rotation::None {
            tracing::warn!("the file asks for a rotation of its pictures, which is not done");
        }
        Ok(Self { reader, track, sample: Vec::new(), index: 0 })
    }
}

impl Units for Mp4 {
    fn next(&mut self, unit: &mut Vec<u8>) -> Result<Option<Timestamp>, InputError> {
        if self.index >= self.track.samples().len() {
            return Ok(None);
        }
        let sample = self.reader.read_sample(self.track.id(), self.index, &mut self.sample)?;
        self.index += 1;
        unit.clear();
        self.track.to_annexb(&sample, &self.sample, unit)?;
        Ok(Some(self.track.presentation_time(&sample).map_or(HIDDEN, Timestamp::from)))
    }

    fn rewind(&mut self) -> Result<(), InputError> {
        self.index = 0;
        Ok(())
    }

    fn counted(&self) -> Option<FrameRate> {
        None
    }

    fn average(&self) -> Option<FrameRate> {
        let frames = u32::try_from(self.track.samples().len()).ok()?;
        rate_of(self.track.duration().checked_div(frames)?)
    }

    fn describe(&self) -> String {
        let seconds = self.track.duration().as_secs_f64();
        let codec = self.track.codec_string().map_or_else(|| "H.264".to_owned(), |codec| codec.to_string());
        format!("MP4, {codec}, {seconds:.1} s")
    }
}
