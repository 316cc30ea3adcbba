//! Real clips, with pictures in another order than they are shown: copied and exported, nothing of them is lost.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use framewire_codec::{Choice, EncoderConfig, Preset, Roster, testing::clip};
use framewire_frame::Size;
use framewire_media::{
    Cancel,
    export::{Conversion, ExportOptions, export},
    remux::{Input, RemuxOptions, Report, remux},
    sink::{Destination, VideoFormat, open_video},
    source::{SourceOptions, open_file},
};
use framewire_mp4::{Mp4Reader, TrackKind};
use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
};

const CLIPS: [&str; 4] = ["bigbuckbunny.mp4", "bikes.mp4", "carphone_pristine.mp4", "carphone_distorted.mp4"];

/// The clips that are here; the reason is printed for the others.
fn clips(test: &str) -> Vec<PathBuf> {
    let found = CLIPS.iter().filter_map(|name| {
        let file = clip(name);
        if file.is_none() {
            println!("SKIPPED {test}: no {name}: run cargo xtask clips");
        }
        file
    });
    found.collect()
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("framewire-clips-{}-{name}", std::process::id())))
    }

    fn destination(&self) -> Destination {
        Destination::Path { path: self.0.clone(), overwrite: true }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn copy(from: &Path, to: &Scratch, format: VideoFormat) -> Report {
    let options = RemuxOptions { format, frame_rate: None };
    remux(Input::File(from), &to.destination(), options, &Cancel::default(), &mut |_| {}).unwrap()
}

/// When it is shown, whether decoding can begin there, and its bytes.
type Sample = (i64, bool, Vec<u8>);

/// The samples of each track.
fn samples(path: &Path) -> Vec<(TrackKind, u32, Vec<Sample>)> {
    let mut reader = Mp4Reader::open(BufReader::new(File::open(path).unwrap())).unwrap();
    let tracks = reader.tracks().to_vec();
    let mut read = |id, count| -> Vec<Sample> {
        let mut bytes = Vec::new();
        let mut one = |index| {
            let sample = reader.read_sample(id, index, &mut bytes).unwrap();
            (sample.pts, sample.sync, bytes.clone())
        };
        (0..count).map(&mut one).collect()
    };
    tracks
        .iter()
        .map(|track| (track.kind(), track.timescale(), read(track.id(), track.samples().len())))
        .collect()
}

#[test]
fn a_copy_in_every_layout_has_every_sample_at_its_time() {
    for clip in clips("a_copy_in_every_layout_has_every_sample_at_its_time") {
        let original = samples(&clip);
        for format in [VideoFormat::Mp4, VideoFormat::FastStartMp4, VideoFormat::FragmentedMp4] {
            let output = Scratch::new("copy.mp4");
            let report = copy(&clip, &output, format);
            assert_eq!(report.bytes, fs::metadata(&output.0).unwrap().len());
            assert!(samples(&output.0) == original, "{} as {format:?}", clip.display());
        }
    }
}

#[test]
fn a_stream_without_times_gets_the_order_of_showing_back() {
    for clip in clips("a_stream_without_times_gets_the_order_of_showing_back") {
        let (stream, output) = (Scratch::new("order.h264"), Scratch::new("order.mp4"));
        copy(&clip, &stream, VideoFormat::AnnexB);
        copy(&stream.0, &output, VideoFormat::Mp4);
        let shown = |path: &Path| -> Vec<usize> {
            let tracks = samples(path);
            let (_, _, samples) = tracks.iter().find(|(kind, ..)| *kind == TrackKind::Video).unwrap();
            let mut order: Vec<usize> = (0..samples.len()).collect();
            order.sort_by_key(|index| samples[*index].0);
            order
        };
        assert_eq!(shown(&output.0), shown(&clip), "{}", clip.display());
    }
}

#[test]
fn an_export_has_every_frame_at_its_time() {
    let roster = Roster {
        encoders: framewire_software::encoders(),
        decoders: framewire_software::decoders(),
        ..Roster::default()
    };
    for clip in clips("an_export_has_every_frame_at_its_time") {
        let output = Scratch::new("export.mp4");
        let config = EncoderConfig::new(Size::new(2, 2).unwrap()).with_preset(Preset::Fast);
        let options =
            ExportOptions { choice: Choice::Auto, config, bitrate: None, conversion: Conversion::Auto };
        let source = open_file(&clip, &SourceOptions::default(), &roster).unwrap();
        let open = |facts| open_video(&output.destination(), VideoFormat::Mp4, facts, &Cancel::default());
        let report = export(source, &roster, &options, open, &Cancel::default(), &mut |_| {}).unwrap();
        assert_eq!(report.lost_frames, 0);
        let times = |path: &Path| {
            let tracks = samples(path);
            let (_, timescale, samples) = tracks.iter().find(|(kind, ..)| *kind == TrackKind::Video).unwrap();
            let mut times: Vec<i64> = samples.iter().map(|sample| sample.0).collect();
            times.sort_unstable();
            let first = times[0];
            (*timescale, times.iter().map(|time| time - first).collect::<Vec<_>>())
        };
        assert_eq!(times(&output.0), times(&clip), "{}", clip.display());
    }
}
