//! The bodies of the fuzz targets. Each takes any bytes, must not panic, and asserts what holds for all input.

use std::io::Cursor;

use crate::{
    Error, FragmentSettings, FragmentedWriter, Mp4Reader, Mp4Writer, NewSample, TrackId, TrackSettings,
};

/// Samples that are copied of one input.
const MAX_COPIED: usize = 200;

/// Opens the bytes as a file and reads the samples of every track.
pub fn file(bytes: &[u8]) {
    let Ok(mut reader) = Mp4Reader::open(Cursor::new(bytes)) else { return };
    let _ = reader.video_track().map(drop);
    let tracks = reader.tracks().to_vec();
    let (mut sample_bytes, mut annexb) = (Vec::new(), Vec::new());
    for track in &tracks {
        for index in 0..track.samples().len().min(1000) {
            if let Ok(sample) = reader.read_sample(track.id(), index, &mut sample_bytes) {
                annexb.clear();
                let _ = track.to_annexb(&sample, &sample_bytes, &mut annexb);
                let _ = track.presentation_time(&sample);
            }
        }
        let _ = (track.duration(), track.codec_string(), track.rotation(), track.language().to_string());
    }
}

/// Copies the bytes, as a file, into a plain and a fragmented one: what was written is read again as the same.
pub fn copy(bytes: &[u8]) {
    let Ok(mut reader) = Mp4Reader::open(Cursor::new(bytes)) else { return };
    let movie = *reader.movie();
    let fragments = FragmentSettings { seekable: true, ..FragmentSettings::default() };
    let plain = Mp4Writer::new(Cursor::new(Vec::new()), movie).and_then(|mut writer| {
        let copied = Copied::write(&mut reader, &mut writer)?;
        copied.check(writer.finish_fast_start()?.into_inner());
        Ok(())
    });
    let mut fragmented = || {
        let mut writer = FragmentedWriter::new(Cursor::new(Vec::new()), movie, fragments);
        let copied = Copied::write(&mut reader, &mut writer)?;
        copied.check(writer.finish_seekable()?.into_inner());
        Ok::<_, Error>(())
    };
    // A file that cannot be written may be refused in two ways.
    let _ = (plain, fragmented());
}

/// What both writers do.
trait Target {
    fn add_track(&mut self, settings: TrackSettings) -> Result<TrackId, Error>;
    fn write_sample(&mut self, track: TrackId, sample: NewSample<'_>) -> Result<(), Error>;
}

impl Target for Mp4Writer<Cursor<Vec<u8>>> {
    fn add_track(&mut self, settings: TrackSettings) -> Result<TrackId, Error> {
        self.add_track(settings)
    }

    fn write_sample(&mut self, track: TrackId, sample: NewSample<'_>) -> Result<(), Error> {
        self.write_sample(track, sample)
    }
}

impl Target for FragmentedWriter<Cursor<Vec<u8>>> {
    fn add_track(&mut self, settings: TrackSettings) -> Result<TrackId, Error> {
        self.add_track(settings)
    }

    fn write_sample(&mut self, track: TrackId, sample: NewSample<'_>) -> Result<(), Error> {
        self.write_sample(track, sample)
    }
}

/// The samples that were written, by track.
#[derive(Default)]
struct Copied(Vec<(TrackId, Vec<CopiedSample>)>);

#[derive(Debug, PartialEq)]
struct CopiedSample {
    data: Vec<u8>,
    composition_offset: i32,
    sync: bool,
}

impl Copied {
    fn write(reader: &mut Mp4Reader<Cursor<&[u8]>>, target: &mut impl Target) -> Result<Self, Error> {
        let sources = reader.tracks().to_vec();
        let mut copied = Self::default();
        for source in &sources {
            copied.0.push((target.add_track(source.settings())?, Vec::new()));
        }
        let ids: Vec<TrackId> = sources.iter().map(|source| source.id()).collect();
        let mut order = reader.interleaved(&ids);
        let mut data = Vec::new();
        for _ in 0..MAX_COPIED {
            let Some((id, index)) = order.next(reader) else { break };
            let at = ids.iter().position(|other| *other == id).unwrap_or_default();
            let sample = reader.read_sample(id, index, &mut data)?;
            let (target_id, samples) = &mut copied.0[at];
            target.write_sample(*target_id, sources[at].copy(&sample, &data))?;
            let composition_offset = sample.composition_offset();
            samples.push(CopiedSample { data: data.clone(), composition_offset, sync: sample.sync });
        }
        Ok(copied)
    }

    fn check(self, file: Vec<u8>) {
        let mut reader = Mp4Reader::open(Cursor::new(file)).expect("what was written can be read");
        let mut data = Vec::new();
        for (id, samples) in self.0 {
            let count = reader.track(id).map_or(0, |track| track.samples().len());
            assert_eq!(count, samples.len(), "samples of track {id:?}");
            for (index, expected) in samples.into_iter().enumerate() {
                let sample = reader.read_sample(id, index, &mut data).expect("a sample that was written");
                let (composition_offset, sync) = (sample.composition_offset(), sample.sync);
                let found = CopiedSample { data: data.clone(), composition_offset, sync };
                assert!(found == expected, "sample {index} of track {id:?}: {found:?} is not {expected:?}");
            }
        }
    }
}

#[cfg(test)]
mod damaged;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_body_does_not_fail_on_random_boxes(
            boxes in prop::collection::vec((0usize..8, prop::collection::vec(any::<u8>(), 0..60)), 0..6),
        ) {
            let names = [b"ftyp", b"moov", b"trak", b"moof", b"mdat", b"mdia", b"traf", b"mvex"];
            let mut file = Vec::new();
            for (name, contents) in boxes {
                file.extend((contents.len() as u32 + 8).to_be_bytes());
                file.extend(names[name]);
                file.extend(contents);
            }
            super::file(&file);
            super::copy(&file);
        }
    }
}
