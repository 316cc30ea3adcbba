//! Small inputs of the right kind, from which a fuzzer gets further than from nothing.

use crate::shell;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What a target takes.
#[derive(Clone, Copy)]
enum Kind {
    /// Annex B of these codecs, as FFmpeg makes it.
    Streams(&'static [Stream]),
    /// NAL units without their header.
    Payloads(&'static [Stream]),
    /// MP4 files.
    Files,
    /// The decoder configuration records of MP4 files, by the name of their box.
    Record(&'static str),
    /// YUV4MPEG2 files.
    Y4m,
    /// The texts of a file of golden vectors.
    Texts(&'static str),
    /// The binary messages of the golden vectors.
    Envelopes,
}

/// A stream of a few small pictures: its name and FFmpeg's arguments.
type Stream = (&'static str, &'static [&'static str]);

const H264: [Stream; 5] = [
    ("baseline.h264", &["-c:v", "libx264", "-profile:v", "baseline", "-x264-params", "slices=2:aud=1"]),
    ("main.h264", &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "2", "-g", "3"]),
    ("interlaced.h264", &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-x264-params", "interlaced=1"]),
    ("high444.h264", &["-c:v", "libx264", "-pix_fmt", "yuv444p10le", "-x264-params", "cqm=jvt"]),
    (
        "hrd.h264",
        &["-c:v", "libx264", "-b:v", "1M", "-x264-params", "nal-hrd=vbr:vbv-maxrate=1000:vbv-bufsize=500"],
    ),
];
const HEVC: [Stream; 3] = [
    ("main.hevc", &["-c:v", "libx265", "-pix_fmt", "yuv420p", "-x265-params", "log-level=error"]),
    (
        "main10.hevc",
        &[
            "-c:v",
            "libx265",
            "-pix_fmt",
            "yuv420p10le",
            "-x265-params",
            "log-level=error:aud=1:hrd=1:vbv-maxrate=900:vbv-bufsize=900",
        ],
    ),
    (
        "scaling.hevc",
        &[
            "-c:v",
            "libx265",
            "-pix_fmt",
            "yuv444p",
            "-x265-params",
            "log-level=error:scaling-list=default:repeat-headers=1",
        ],
    ),
];
const FILES: [Stream; 4] = [
    ("plain.mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "2", "-movflags", "+faststart"]),
    ("fragmented.mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "frag_keyframe+empty_moov"]),
    (
        "hevc.mp4",
        &["-c:v", "libx265", "-pix_fmt", "yuv420p", "-tag:v", "hvc1", "-x265-params", "log-level=error"],
    ),
    (
        "fragmented-hevc.mp4",
        &[
            "-c:v",
            "libx265",
            "-pix_fmt",
            "yuv420p",
            "-tag:v",
            "hev1",
            "-x265-params",
            "log-level=error",
            "-movflags",
            "frag_keyframe+default_base_moof",
        ],
    ),
];
const Y4M: [Stream; 2] =
    [("420.y4m", &["-pix_fmt", "yuv420p"]), ("full.y4m", &["-pix_fmt", "yuvj420p", "-r", "30000/1001"])];

/// The targets that have seeds.
const SEEDS: [(&str, Kind); 18] = [
    ("access_units", Kind::Streams(&H264)),
    ("framing", Kind::Streams(&H264)),
    ("guard", Kind::Streams(&H264)),
    ("h264_decoder", Kind::Streams(&H264)),
    ("slices", Kind::Streams(&H264)),
    ("parameter_sets", Kind::Payloads(&H264)),
    ("decoder_config", Kind::Record("avcC")),
    ("hevc_access_units", Kind::Streams(&HEVC)),
    ("hevc_guard", Kind::Streams(&HEVC)),
    ("hevc_slices", Kind::Streams(&HEVC)),
    ("hevc_parameter_sets", Kind::Payloads(&HEVC)),
    ("hevc_decoder_config", Kind::Record("hvcC")),
    ("mp4_file", Kind::Files),
    ("mp4_copy", Kind::Files),
    ("y4m", Kind::Y4m),
    ("client_message", Kind::Texts("client_messages.json")),
    ("server_message", Kind::Texts("server_messages.json")),
    ("envelope", Kind::Envelopes),
];

/// The seeds of a target by their names.
type Made = Vec<(String, Vec<u8>)>;

/// The folder of a target's seeds, made where it is missing; `None` for a target without, and where they cannot be made
/// here.
pub fn of(target: &str, seeds: &Path) -> Result<Option<PathBuf>, String> {
    let Some(&(_, kind)) = SEEDS.iter().find(|(name, _)| *name == target) else { return Ok(None) };
    let folder = seeds.join(target);
    if !folder.is_dir() {
        create(seeds)?;
        fill(&folder, kind.make(seeds)?)?;
    }
    Ok(folder.is_dir().then_some(folder))
}

/// Writes seeds into a folder that is there only when all of them are; none make no folder.
fn fill(folder: &Path, made: Made) -> Result<(), String> {
    if made.is_empty() {
        return Ok(());
    }
    let part = folder.with_extension("part");
    create(&part)?;
    for (name, bytes) in made {
        let file = part.join(name);
        fs::write(&file, bytes).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    fs::rename(&part, folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn create(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

impl Kind {
    /// The seeds by name; those that FFmpeg makes are left out where there is none.
    fn make(self, scratch: &Path) -> Result<Made, String> {
        Ok(match self {
            Self::Streams(streams) => by_ffmpeg(streams, scratch)?,
            Self::Payloads(streams) => {
                let streams = by_ffmpeg(streams, scratch)?;
                streams.iter().flat_map(|(name, stream)| payloads(name, stream)).collect()
            }
            Self::Files => by_ffmpeg(&FILES, scratch)?,
            Self::Record(kind) => {
                let files = by_ffmpeg(&FILES, scratch)?.into_iter();
                files.filter_map(|(name, file)| Some((name, contents(&file, kind)?))).collect()
            }
            Self::Y4m => by_ffmpeg(&Y4M, scratch)?,
            Self::Texts(file) => {
                let texts = vectors(file)?.into_iter().map(|vector| match &vector["text"] {
                    Value::String(text) => text.clone(),
                    _ => vector["message"].to_string(),
                });
                texts.enumerate().map(|(index, text)| (format!("{index}.json"), text.into_bytes())).collect()
            }
            Self::Envelopes => {
                let vectors = vectors("envelopes.json")?;
                let messages =
                    vectors.iter().map(|vector| bytes_of_hex(vector["hex"].as_str().unwrap_or("")));
                messages.enumerate().map(|(index, bytes)| (format!("{index}.bin"), bytes)).collect()
            }
        })
    }
}

fn by_ffmpeg(streams: &[Stream], scratch: &Path) -> Result<Made, String> {
    if !shell::exists("ffmpeg") {
        return Ok(Vec::new());
    }
    let mut made = Vec::new();
    for &(name, arguments) in streams {
        let file = scratch.join(name);
        let mut command = shell::command("ffmpeg", &["-v", "error", "-y", "-f", "lavfi"]);
        command.args(["-i", "testsrc2=s=64x48:r=10", "-frames:v", "4"]).args(arguments).arg(&file);
        // Builds of FFmpeg differ in the encoders that they have.
        if shell::captured(&mut command).is_ok() {
            let bytes = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            made.push((name.to_owned(), bytes));
        }
    }
    Ok(made)
}

/// The NAL units of an Annex B stream without their header of one byte or two.
fn payloads(name: &str, stream: &[u8]) -> Made {
    let header = if name.ends_with("hevc") { 2 } else { 1 };
    let starts: Vec<usize> =
        stream.windows(3).enumerate().filter(|(_, code)| *code == [0, 0, 1]).map(|(at, _)| at + 3).collect();
    let ends = starts.iter().skip(1).map(|start| start - 3).chain([stream.len()]);
    let units = starts.iter().zip(ends).filter_map(|(start, end)| stream.get(start + header..end));
    units.enumerate().map(|(index, unit)| (format!("{name}.{index}"), unit.to_vec())).collect()
}

/// The contents of the first box of this kind.
fn contents(file: &[u8], kind: &str) -> Option<Vec<u8>> {
    let at = file.windows(4).position(|bytes| bytes == kind.as_bytes())?;
    let size = file.get(at.checked_sub(4)?..at)?;
    let size = usize::try_from(u32::from_be_bytes(size.try_into().ok()?)).ok()?;
    Some(file.get(at + 4..at - 4 + size)?.to_vec())
}

fn vectors(file: &str) -> Result<Vec<Value>, String> {
    let path = shell::root().join("fixtures/protocol").join(file);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn bytes_of_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_seeds_is_there_only_with_all_of_them() {
        let scratch = std::env::temp_dir().join(format!("framewire-seeds-{}", std::process::id()));
        create(&scratch).unwrap();
        let folder = scratch.join("target");
        let (good, bad) = (("0.bin".to_owned(), vec![1]), ("none/1.bin".to_owned(), vec![2]));
        fill(&folder, Vec::new()).unwrap();
        assert!(!folder.exists());
        fill(&folder, vec![good.clone(), bad]).unwrap_err();
        assert!(!folder.exists());
        fill(&folder, vec![good]).unwrap();
        assert_eq!(fs::read(folder.join("0.bin")).unwrap(), [1]);
        fs::remove_dir_all(&scratch).unwrap();
    }
}
