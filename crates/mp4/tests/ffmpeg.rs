//! FFmpeg as the outside judge: it writes the files, and its demuxer says what is in them.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    process::Command,
};

use framewire_mp4::{Error, FourCc, Mp4Reader, TrackKind};

struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("framewire-mp4-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes a clip of a test pattern with these arguments; `None` where this FFmpeg is missing or cannot.
fn clip(test: &str, folder: &Path, arguments: &str) -> Option<PathBuf> {
    let path = folder.join("clip.mp4");
    let input = "-hide_banner -v error -f lavfi -i testsrc2=size=128x96:rate=30:duration=2";
    let made = Command::new("ffmpeg")
        .args(input.split(' '))
        .args(arguments.split_ascii_whitespace())
        .args(["-pix_fmt", "yuv420p"])
        .arg(&path)
        .output();
    match made {
        Ok(output) if output.status.success() => Some(path),
        Ok(output) => {
            println!("SKIPPED {test}: ffmpeg says {}", String::from_utf8_lossy(&output.stderr).trim());
            None
        }
        Err(error) => {
            println!("SKIPPED {test}: ffmpeg cannot be run: {error}");
            None
        }
    }
}

fn open(path: &Path) -> Result<Mp4Reader<BufReader<File>>, Error> {
    Mp4Reader::open(BufReader::new(File::open(path)?))
}

/// `(pts, dts, size, position, key)` of each video packet, as FFmpeg's demuxer has it.
fn judge(path: &Path) -> Vec<(i64, i64, u32, u64, bool)> {
    let entries = "packet=pts,dts,size,pos,flags";
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "compact=p=0:nk=0"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            let field = |name: &str| {
                line.split('|')
                    .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
                    .unwrap_or_default()
            };
            (
                field("pts").parse().unwrap(),
                field("dts").parse().unwrap(),
                field("size").parse().unwrap(),
                field("pos").parse().unwrap(),
                field("flags").starts_with('K'),
            )
        })
        .collect()
}

fn agrees_with_ffmpeg(test: &str, arguments: &str) {
    let folder = Temporary::new(test);
    let Some(path) = clip(test, &folder.0, arguments) else { return };
    let mut reader = open(&path).unwrap();
    let track = reader.video_track().unwrap().clone();
    assert_eq!((track.size().width, track.size().height), (128, 96));
    let ours: Vec<_> = track.samples().iter().map(|s| (s.pts, s.dts, s.size, s.offset, s.sync)).collect();
    let theirs = judge(&path);
    assert_eq!(ours, theirs, "{arguments}");
    assert!(ours.len() >= 50, "{} samples", ours.len());
    let (mut bytes, mut stream) = (Vec::new(), Vec::new());
    for index in 0..ours.len() {
        let sample = reader.read_sample(track.id(), index, &mut bytes).unwrap();
        track.to_annexb(&sample, &bytes, &mut stream).unwrap();
    }
    let hevc = track.codec().unwrap() == FourCc(*b"hvc1");
    if !hevc {
        assert_eq!(framewire_bitstream::annexb::access_units(&stream).count(), ours.len());
    }
    let raw = folder.0.join(if hevc { "clip.h265" } else { "clip.h264" });
    std::fs::write(&raw, &stream).unwrap();
    assert_eq!(hashes(&raw), hashes(&path), "the pictures of the raw stream are those of the file");
}

/// A hash of each decoded picture.
fn hashes(path: &Path) -> Vec<String> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let pictures: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit(',').next().unwrap_or_default().trim().to_owned())
        .collect();
    assert!(!pictures.is_empty());
    pictures
}

#[test]
fn a_progressive_file() {
    agrees_with_ffmpeg("a_progressive_file", "-c:v libx264 -bf 0 -g 20");
}

#[test]
fn a_faststart_file_with_reordered_pictures_and_an_edit_list() {
    agrees_with_ffmpeg(
        "a_faststart_file_with_reordered_pictures_and_an_edit_list",
        "-c:v libx264 -bf 3 -g 20 -movflags +faststart",
    );
}

#[test]
fn a_file_with_sound_between_the_pictures() {
    let sound = "-f lavfi -i sine=frequency=440:duration=2 -c:a aac -c:v libx264 -g 20";
    agrees_with_ffmpeg("a_file_with_sound_between_the_pictures", sound);
    let folder = Temporary::new("sound");
    let Some(path) = clip("a_file_with_sound_between_the_pictures", &folder.0, sound) else { return };
    let reader = open(&path).unwrap();
    let audio = reader.tracks().iter().find(|track| track.kind() == TrackKind::Audio).unwrap();
    assert_eq!(audio.codec(), Some(FourCc(*b"mp4a")));
    assert!(audio.sample_count() > 80, "{}", audio.sample_count());
    assert!((1900..2200).contains(&audio.duration().as_millis()), "{:?}", audio.duration());
    let video = reader.video_track().unwrap();
    assert_eq!(video.duration().as_millis(), 2000);
}

#[test]
fn a_fragmented_file() {
    agrees_with_ffmpeg(
        "a_fragmented_file",
        "-c:v libx264 -bf 0 -g 20 -movflags +frag_keyframe+empty_moov+default_base_moof",
    );
}

#[test]
fn a_fragmented_file_with_sound_and_explicit_offsets() {
    agrees_with_ffmpeg(
        "a_fragmented_file_with_sound_and_explicit_offsets",
        "-f lavfi -i sine=duration=2 -c:a aac -c:v libx264 -bf 2 -g 20 -movflags +frag_keyframe",
    );
}

#[test]
fn a_file_cut_by_an_edit_list() {
    let folder = Temporary::new("cut");
    let test = "a_file_cut_by_an_edit_list";
    let Some(path) = clip(test, &folder.0, "-c:v libx264 -bf 0 -g 30") else { return };
    let cut = folder.0.join("cut.mp4");
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-ss", "0.5", "-i"])
        .arg(&path)
        .args(["-c", "copy"])
        .arg(&cut)
        .status()
        .unwrap();
    assert!(status.success());
    let reader = open(&cut).unwrap();
    let track = reader.video_track().unwrap();
    let hidden = track.samples().iter().filter(|s| track.presentation_time(s).is_none()).count();
    assert_eq!(hidden, 15, "the pictures from the key frame to the cut are decoded and not shown");
    assert_eq!(track.duration().as_millis(), 1500);
}

#[test]
fn a_file_of_hevc() {
    agrees_with_ffmpeg("a_file_of_hevc", "-c:v libx265 -x265-params log-level=none -tag:v hvc1 -g 20");
    let folder = Temporary::new("hevc");
    let arguments = "-c:v libx265 -x265-params log-level=none -tag:v hvc1";
    let Some(path) = clip("a_file_of_hevc", &folder.0, arguments) else { return };
    let reader = open(&path).unwrap();
    let track = reader.video_track().unwrap();
    assert_eq!(track.codec_string().unwrap().four_cc(), "hvc1");
    let error = track.require_h264().unwrap_err();
    assert_eq!(error.to_string(), "the video is HEVC (hvc1), which cannot be read yet");
}

#[test]
fn a_file_of_another_codec_is_named() {
    let folder = Temporary::new("codec");
    let Some(path) = clip("a_file_of_another_codec_is_named", &folder.0, "-c:v mpeg4") else { return };
    let error = open(&path).unwrap().video_track().map(drop).unwrap_err();
    assert_eq!(error.to_string(), "the video is MPEG-4 Visual (mp4v), which cannot be read yet");
}

#[test]
fn prefixes_of_real_files_are_read_or_refused() {
    for (name, flags) in
        [("plain", ""), ("faststart", "-movflags +faststart"), ("fragments", "-movflags +frag_keyframe")]
    {
        let folder = Temporary::new(name);
        let arguments = format!("-c:v libx264 -t 0.3 -preset ultrafast {flags}");
        let Some(path) = clip("prefixes_of_real_files_are_read_or_refused", &folder.0, &arguments) else {
            return;
        };
        let file = std::fs::read(&path).unwrap();
        let mut read = 0;
        for len in (0..file.len()).step_by(7) {
            let Ok(mut reader) = Mp4Reader::open(std::io::Cursor::new(&file[..len])) else { continue };
            let Ok(track) = reader.video_track().cloned() else { continue };
            let mut bytes = Vec::new();
            for index in 0..track.samples().len() {
                reader.read_sample(track.id(), index, &mut bytes).unwrap();
            }
            read += 1;
        }
        assert!(name == "plain" || name == "faststart" || read > 0, "{name}");
    }
}
