//! FFmpeg as the judge of files that are written: it plays them without a warning, and finds in them what it finds in its
//! own.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

#[path = "support/ffmpeg.rs"]
mod judge;
mod support;

use std::{
    fs::File,
    io::{BufReader, Cursor},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use framewire_bitstream::{Codec, annexb};
use framewire_mp4::*;
use judge::{Temporary, assert_same_lines, clip, hashes, make, probe, quiet, sorted};
use support::{
    shape::{SHAPES, Shape, Writer},
    written::{before_the_last_write, top_boxes},
};

/// A copy of all tracks of a file, beside it.
fn copy(path: &Path, shape: Shape) -> PathBuf {
    copy_with(path, shape, |_| {})
}

/// The same, with other settings.
fn copy_with(path: &Path, shape: Shape, change: impl Fn(&mut TrackSettings)) -> PathBuf {
    let mut reader = Mp4Reader::open(BufReader::new(File::open(path).unwrap())).unwrap();
    let mut writer = Writer::new(shape, *reader.movie()).unwrap();
    let tracks = reader.tracks().to_vec();
    let ids: Vec<TrackId> = tracks.iter().map(Track::id).collect();
    let copies: Vec<TrackId> = tracks
        .iter()
        .map(|track| {
            let mut settings = track.settings();
            change(&mut settings);
            writer.add_track(settings).unwrap()
        })
        .collect();
    let mut order = reader.interleaved(&ids);
    let mut data = Vec::new();
    while let Some((id, index)) = order.next(&reader) {
        let sample = reader.read_sample(id, index, &mut data).unwrap();
        let at = ids.iter().position(|known| *known == id).unwrap();
        writer.write_sample(copies[at], tracks[at].copy(&sample, &data)).unwrap();
    }
    let copy = path.with_file_name(format!("{shape:?}.mp4"));
    std::fs::write(&copy, writer.finish().unwrap()).unwrap();
    copy
}

/// What ffprobe says of streams.
const STREAM: &str = "stream=index,codec_name,codec_tag_string,profile,level,width,height,sample_aspect_ratio,pix_fmt,\
    color_range,color_space,color_transfer,color_primaries,has_b_frames,sample_rate,channels,time_base:\
    stream_tags=language:stream_side_data=rotation:stream_disposition=default";

/// Holds a copy against its source, in every shape.
fn copies_are_the_same(test: &str, arguments: &str) {
    let folder = Temporary::new(test);
    let Some(path) = clip(test, &folder.0, arguments) else { return };
    copies_of_a_file_are_the_same(&path);
}

fn copies_of_a_file_are_the_same(path: &Path) {
    let packets = "packet=stream_index,pts,dts,duration,size,flags";
    let plain_packets = "packet=stream_index,pts,dts,size";
    let hash = ["-v", "warning", "-i", "FILE", "-map", "0", "-c", "copy", "-f", "streamhash", "-"];
    let decode = ["-v", "warning", "-i", "FILE", "-map", "0", "-f", "framemd5", "-"];
    let pictures =
        ["-v", "warning", "-ignore_editlist", "1", "-i", "FILE", "-map", "0:v", "-f", "framemd5", "-"];
    for shape in SHAPES {
        let copy = copy(path, shape);
        let of = format!("{shape:?} of {}", path.display());
        // FFmpeg cuts what is shown of plain files as their edit lists say, and not that of fragmented ones.
        let (packets, decode) = match shape {
            Shape::Fragmented => (plain_packets, &pictures[..]),
            _ => (packets, &decode[..]),
        };
        assert_same_lines(&sorted(&probe(&copy, packets)), &sorted(&probe(path, packets)), &of);
        assert_eq!(probe(&copy, STREAM), probe(path, STREAM), "{of}");
        if shape != Shape::Fragmented {
            let start = "stream=start_pts,duration_ts,nb_frames";
            assert_eq!(probe(&copy, start), probe(path, start), "{of}");
        }
        assert_eq!(quiet("ffmpeg", &hash, &copy), quiet("ffmpeg", &hash, path), "{of}");
        assert_eq!(quiet("ffmpeg", decode, &copy), quiet("ffmpeg", decode, path), "{of}");
    }
}

const AAC: &str = "-f lavfi -i sine=frequency=440:duration=2 -c:a aac";

#[test]
fn reordered_pictures_with_sound_are_copied() {
    copies_are_the_same(
        "reordered_pictures_with_sound_are_copied",
        &format!("{AAC} -c:v libx264 -bf 3 -g 20 -metadata:s:a:0 language=deu"),
    );
}

#[test]
fn hevc_is_copied() {
    let video = "-c:v libx265 -x265-params log-level=none:bframes=3 -tag:v hvc1 -g 20";
    copies_are_the_same("hevc_is_copied", &format!("{AAC} {video}"));
}

#[test]
fn variable_frame_rates_are_copied() {
    copies_are_the_same(
        "variable_frame_rates_are_copied",
        "-vf select='not(mod(n,3))+eq(n,10)+eq(n,40)' -fps_mode vfr -c:v libx264 -bf 2 -video_track_timescale 12345",
    );
}

#[test]
fn colour_and_pixel_ratio_are_copied() {
    copies_are_the_same(
        "colour_and_pixel_ratio_are_copied",
        "-vf setsar=4/3 -c:v libx264 -color_range pc -colorspace bt709 -color_trc bt709 -color_primaries bt709",
    );
}

#[test]
fn codecs_that_nothing_here_knows_are_copied() {
    let test = "codecs_that_nothing_here_knows_are_copied";
    copies_are_the_same(test, &format!("{AAC} -c:v mpeg4"));
}

#[test]
fn a_fragmented_file_is_copied() {
    let folder = Temporary::new("a_fragmented_file_is_copied");
    let arguments =
        format!("{AAC} -c:v libx264 -bf 2 -g 20 -movflags +frag_keyframe+empty_moov+default_base_moof");
    let Some(path) = clip("a_fragmented_file_is_copied", &folder.0, &arguments) else { return };
    let packets = |path: &Path| sorted(&probe(path, "packet=stream_index,pts,dts,size,flags"));
    for shape in SHAPES {
        let copy = copy(&path, shape);
        assert_same_lines(&packets(&copy), &packets(&path), &format!("{shape:?}"));
        assert_eq!(hashes(&copy), hashes(&path), "{shape:?}");
    }
}

#[test]
fn a_rotation_and_a_cut_are_copied() {
    let test = "a_rotation_and_a_cut_are_copied";
    let folder = Temporary::new(test);
    let Some(path) = clip(test, &folder.0, &format!("{AAC} -c:v libx264 -bf 2 -g 30")) else { return };
    let cut = folder.0.join("cut.mp4");
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-ss", "0.5", "-i"])
        .arg(&path)
        .args(["-c", "copy"])
        .arg(&cut)
        .status()
        .unwrap();
    assert!(made.success());
    let turned = copy_with(&cut, Shape::Plain, |settings| {
        if settings.kind == TrackKind::Video {
            settings.matrix = Matrix::rotated(Rotation::Clockwise90, settings.entries[0].size());
        }
    });
    let path = folder.0.join("turned.mp4");
    std::fs::rename(turned, &path).unwrap();
    assert!(probe(&path, STREAM).contains("rotation=-90"), "{}", probe(&path, STREAM));
    let reader = Mp4Reader::open(BufReader::new(File::open(&path).unwrap())).unwrap();
    assert!(reader.tracks().iter().all(|track| !track.edits().is_empty()));
    assert_eq!(reader.video_track().unwrap().rotation(), Rotation::Clockwise90);
    copies_of_a_file_are_the_same(&path);
}

/// An Annex B stream of a picture size, with its access units.
fn stream(test: &str, folder: &Path, codec: Codec, size: &str) -> Option<Vec<Vec<u8>>> {
    let (name, encoder) = match codec {
        Codec::H264 => ("stream.h264", "libx264 -bf 0 -x264-params aud=1"),
        Codec::Hevc => {
            ("stream.h265", "libx265 -x265-params log-level=none:bframes=0:aud=1:repeat-headers=1")
        }
    };
    let color = "-color_range tv -colorspace bt709 -color_trc bt709 -color_primaries bt709";
    let arguments = format!("-vf scale={size} -c:v {encoder} -g 10 {color}");
    let stream = make(test, folder.join(name), &arguments)?;
    let stream = std::fs::read(stream).unwrap();
    // Each begins with its delimiter.
    let delimiter = match codec {
        Codec::H264 => 9,
        Codec::Hevc => 35,
    };
    let mut units: Vec<Vec<u8>> = Vec::new();
    for nal in annexb::nals(&stream) {
        let kind = match codec {
            Codec::H264 => nal.header() & 31,
            Codec::Hevc => nal.header() >> 1,
        };
        if kind == delimiter {
            units.push(Vec::new());
        }
        annexb::push_nal(units.last_mut().unwrap(), nal.bytes());
    }
    Some(units)
}

/// Writes access units at 30 per second.
fn mux(codec: Codec, shape: Shape, units: &[Vec<u8>]) -> Vec<u8> {
    let mut samples = AnnexBSamples::new(codec);
    let mut writer = Writer::new(shape, MovieSettings::default()).unwrap();
    let (mut track, mut description) = (None, DescriptionId::default());
    for (index, unit) in units.iter().enumerate() {
        let sample = samples.convert(unit).unwrap();
        if let Some(entry) = sample.new_entry {
            match track {
                Some(track) => description = writer.add_description(track, entry).unwrap(),
                None => {
                    let mut settings = TrackSettings::video(NonZeroU32::new(90_000).unwrap(), entry);
                    settings.may_change = true;
                    track = Some(writer.add_track(settings).unwrap());
                }
            }
        }
        let mut new = NewSample::new(sample.data, index as i64 * 3000);
        (new.duration, new.sync, new.description) = (Some(3000), sample.sync, description);
        writer.write_sample(track.unwrap(), new).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn a_change_of_size_is_followed_in_every_shape() {
    let test = "a_change_of_size_is_followed_in_every_shape";
    for codec in Codec::ALL {
        let folder = Temporary::new(test);
        let Some(mut units) = stream(test, &folder.0, codec, "128:96") else { return };
        let Some(second) = stream(test, &folder.0, codec, "64:48") else { return };
        units.extend(second);
        for shape in SHAPES {
            let file = mux(codec, shape, &units);
            let mut files = vec![file];
            if shape == Shape::Seekable {
                files.push(before_the_last_write(files[0].clone()));
            }
            for (index, file) in files.iter().enumerate() {
                let path = folder.0.join(format!("{codec}-{shape:?}-{index}.mp4"));
                std::fs::write(&path, file).unwrap();
                let frames =
                    ["-v", "error", "-show_entries", "frame=pts,width,height", "-of", "csv=p=0", "FILE"];
                let shown = quiet("ffprobe", &frames, &path);
                let shown: Vec<&str> = shown
                    .lines()
                    .map(|line| line.trim_end_matches(','))
                    .filter(|line| !line.is_empty())
                    .collect();
                assert_eq!(shown.len(), 120, "{codec} {shape:?} {index}");
                for (at, line) in shown.iter().enumerate() {
                    let size = if at < 60 { "128,96" } else { "64,48" };
                    assert_eq!(*line, format!("{},{size}", at * 3000), "{codec} {shape:?} {index}");
                }
                let entries = "stream=codec_tag_string,color_space,color_range,profile";
                let stream = quiet("ffprobe", &["-v", "error", "-show_entries", entries, "FILE"], &path);
                assert!(
                    stream.contains("color_space=bt709") && stream.contains("color_range=tv"),
                    "{stream}"
                );
                let fragments = shape == Shape::Fragmented || index == 1;
                let tag = match (codec, fragments) {
                    (Codec::H264, false) => "avc1",
                    (Codec::H264, true) => "avc3",
                    (Codec::Hevc, false) => "hvc1",
                    (Codec::Hevc, true) => "hev1",
                };
                assert!(stream.contains(&format!("codec_tag_string={tag}")), "{stream}");
            }
        }
    }
}

#[test]
fn a_recording_that_is_cut_off_anywhere_plays() {
    let test = "a_recording_that_is_cut_off_anywhere_plays";
    let folder = Temporary::new(test);
    let Some(units) = stream(test, &folder.0, Codec::H264, "128:96") else { return };
    let file = before_the_last_write(mux(Codec::H264, Shape::Seekable, &units));
    let path = folder.0.join("cut.mp4");
    let tops = top_boxes(&file);
    let ends: Vec<usize> = tops.iter().filter(|top| top.0 == "mdat").map(|top| top.1.end).collect();
    assert_eq!(ends.len(), 6);
    let in_index = |len: usize| tops.iter().any(|top| top.0 == "moof" && top.1.contains(&len));
    let mut played = Vec::new();
    for part in 1..=50 {
        let len = file.len() * part / 50;
        std::fs::write(&path, &file[..len]).unwrap();
        let ours = match Mp4Reader::open(Cursor::new(&file[..len])) {
            Ok(reader) => reader.video_track().map_or(0, |track| track.samples().len()),
            Err(_) => 0,
        };
        let whole = ends.iter().filter(|end| **end <= len).count() * 10;
        assert!(ours >= whole, "{part}: {ours} samples");
        let mut command = std::process::Command::new("ffprobe");
        command.args([
            "-v",
            "quiet",
            "-count_frames",
            "-show_entries",
            "stream=nb_read_frames",
            "-of",
            "csv=p=0",
        ]);
        if in_index(len) {
            // FFmpeg looks at all fragments before the first picture, and gives up at a table that ends with the file.
            command.args(["-fflags", "+ignidx"]);
        }
        let output = command.arg(&path).output().unwrap();
        let theirs: usize =
            String::from_utf8(output.stdout).unwrap().trim().trim_end_matches(',').parse().unwrap_or(0);
        // A sample of which a part is missing may be a picture to FFmpeg.
        assert!(
            theirs >= whole && theirs <= ours + 1,
            "{part}: {theirs} pictures, {ours} samples, {whole} whole"
        );
        played.push(theirs);
    }
    assert_eq!(played.last(), Some(&60));
    assert!(played.iter().filter(|pictures| **pictures > 0).count() > 40, "{played:?}");
}

#[test]
fn a_seekable_file_has_an_index() {
    let test = "a_seekable_file_has_an_index";
    let folder = Temporary::new(test);
    let Some(units) = stream(test, &folder.0, Codec::H264, "128:96") else { return };
    let path = folder.0.join("seekable.mp4");
    std::fs::write(&path, mux(Codec::H264, Shape::Seekable, &units)).unwrap();
    // The count comes from the index alone.
    assert!(probe(&path, "stream=nb_frames").contains("nb_frames=60"));
    let seek = ["-v", "warning", "-ss", "1.5", "-i", "FILE", "-f", "framemd5", "-"];
    let rest = quiet("ffmpeg", &seek, &path);
    assert_eq!(rest.lines().filter(|line| !line.starts_with('#')).count(), 15);
    assert_eq!(hashes(&path).len(), 60);
}
