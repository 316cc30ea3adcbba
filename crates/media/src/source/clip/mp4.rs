use super::{HIDDEN, InputError, Units, average_rate, name};
use crate::{Timescale, remux};
use framewire_bitstream::Codec;
use framewire_frame::FrameRate;
use framewire_mp4::{FourCc, Mp4Reader, Rotation, Track};
use std::io::{Read, Seek};

/// The video track of an MP4 file.
pub(super) struct Mp4<R> {
    reader: Mp4Reader<R>,
    track: Track,
    codec: Codec,
    sample: Vec<u8>,
    index: usize,
}

impl<R: Read + Seek> Mp4<R> {
    pub(super) fn open(file: R) -> Result<Self, InputError> {
        let reader = Mp4Reader::open(file)?;
        let track = reader.video_track()?.clone();
        track.require_known()?;
        let codec = track.codec().and_then(FourCc::video_codec).unwrap_or_default();
        if reader.is_truncated() {
            tracing::warn!("the file is cut off; what is there is shown");
        }
        Ok(Self { reader, track, codec, sample: Vec::new(), index: 0 })
    }
}

impl<R: Read + Seek + Send> Units for Mp4<R> {
    fn codec(&self) -> Codec {
        self.codec
    }

    fn next(&mut self, unit: &mut Vec<u8>) -> Result<Option<u64>, InputError> {
        if self.index >= self.track.samples().len() {
            return Ok(None);
        }
        let sample = self.reader.read_sample(self.track.id(), self.index, &mut self.sample)?;
        self.index += 1;
        unit.clear();
        self.track.to_annexb(&sample, &self.sample, unit)?;
        Ok(Some(u64::try_from(sample.pts).unwrap_or(HIDDEN)))
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        self.index = 0;
        Ok(true)
    }

    fn left_out(&self) -> Vec<String> {
        let others = self.reader.tracks().iter().filter(|track| track.id() != self.track.id());
        others.map(remux::name).collect()
    }

    fn timescale(&self) -> Timescale {
        Timescale::new(self.track.timescale())
    }

    fn counted(&self) -> Option<FrameRate> {
        None
    }

    fn average(&self) -> Option<FrameRate> {
        let shown = || self.track.samples().iter().filter(|sample| sample.pts >= 0);
        let first = shown().map(|sample| sample.pts).min()?;
        let end = shown().map(|sample| sample.pts.saturating_add(sample.duration.into())).max()?;
        let ticks = u64::try_from(end.checked_sub(first)?).ok()?;
        average_rate(shown().count() as u64, ticks, self.track.timescale())
    }

    fn count(&self) -> Option<u64> {
        Some(self.track.samples().iter().filter(|sample| sample.pts >= 0).count() as u64)
    }

    fn rotation(&self) -> Rotation {
        self.track.rotation()
    }

    fn describe(&self) -> String {
        let seconds = self.track.duration().as_secs_f64();
        let codec =
            self.track.codec_string().map_or_else(|| name(self.codec).to_owned(), |codec| codec.to_string());
        format!("MP4, {codec}, {seconds:.1} s")
    }
}
