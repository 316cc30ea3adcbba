//! What the program records, keeps and fetches.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![cfg(unix)]

mod common;

use common::{Server, run};
use framewire::mp4::Mp4Reader;
use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Long enough for any machine; nothing here waits for it when things work.
const LONG: Duration = Duration::from_secs(30);

/// A folder for the files of a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("framewire-recording-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A sample as a file has it.
struct Sample {
    micros: i64,
    sync: bool,
    data: Vec<u8>,
}

fn samples(path: &str) -> Vec<Sample> {
    let mut reader = Mp4Reader::open(BufReader::new(File::open(path).unwrap())).unwrap();
    let track = reader.video_track().unwrap().clone();
    (0..track.samples().len())
        .map(|index| {
            let mut data = Vec::new();
            let sample = reader.read_sample(track.id(), index, &mut data).unwrap();
            Sample { micros: sample.dts * 1_000_000 / i64::from(track.timescale()), sync: sample.sync, data }
        })
        .collect()
}

/// How many pictures FFmpeg decodes of a file without a complaint; `None` where there is no FFmpeg.
fn pictures(path: &str) -> Option<usize> {
    let output = Command::new("ffmpeg")
        .args(["-v", "warning", "-i", path, "-f", "framemd5", "-"])
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        println!("SKIPPED pictures: ffmpeg is not installed");
        return None;
    };
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{complaints}");
    Some(String::from_utf8(output.stdout).unwrap().lines().filter(|line| !line.starts_with('#')).count())
}

fn serve(options: &[&str]) -> Server {
    Server::start(&[&["serve", "pattern:counter", "--size", "64x48"], options].concat())
}

/// A figure of the server's metrics, whatever its labels.
fn metric(server: &Server, name: &str) -> f64 {
    let text = server.get("/metrics/prometheus");
    let line =
        text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn spawn(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framewire"));
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

fn is_fragmented(path: &str) -> bool {
    // A plain file has its media behind the first boxes, as one box to the index.
    let bytes = fs::read(path).unwrap();
    let first = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
    &bytes[first + 4..first + 8] != b"mdat"
}

#[test]
fn a_recording_that_is_killed_plays_up_to_its_last_second() {
    let folder = Folder::new("killed");
    let path = folder.file("out.mp4");
    let mut server = serve(&["--record", &path]);
    wait_until("three seconds", || metric(&server, "framewire_frames_encoded_total") > 90.0);
    let encoded = metric(&server, "framewire_frames_encoded_total") as usize;
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    assert!(is_fragmented(&path));
    let found = samples(&path);
    assert!(found.len() + 30 >= encoded, "{} of {encoded} frames", found.len());
    if let Some(count) = pictures(&path) {
        assert_eq!(count, found.len());
    }
}

#[test]
fn a_recording_that_ends_in_good_order_is_a_plain_file_with_key_frames() {
    let folder = Folder::new("ended");
    let path = folder.file("out.mp4");
    let server = serve(&["--record", &path]);
    wait_until("three seconds", || metric(&server, "framewire_frames_encoded_total") > 90.0);
    assert_eq!(metric(&server, "framewire_recordings{"), 1.0);
    assert_eq!(server.terminate(), Some(0));
    assert!(!is_fragmented(&path));
    let found = samples(&path);
    let keys: Vec<i64> = found.iter().filter(|sample| sample.sync).map(|sample| sample.micros).collect();
    assert!(found.len() > 90 && keys.len() >= 2, "{} samples, {keys:?}", found.len());
    assert!(keys.windows(2).all(|pair| pair[1] - pair[0] < 3_000_000), "{keys:?}");
    let Some(count) = pictures(&path) else { return };
    assert_eq!(count, found.len());
    let arguments = ["-v", "warning", "-show_entries", "stream=nb_frames,duration", "-of", "csv=p=0", &path];
    let probe = Command::new("ffprobe").args(arguments).output().unwrap();
    let (probe, complaints) = (String::from_utf8(probe.stdout).unwrap(), probe.stderr);
    let (duration, frames) = probe.trim().split_once(',').unwrap();
    assert!(complaints.is_empty() && frames.parse() == Ok(found.len()), "{probe}");
    assert!((duration.parse::<f64>().unwrap() - 3.0).abs() < 3.0, "{probe}");
}

#[test]
fn a_file_that_is_there_is_not_replaced_unasked() {
    let folder = Folder::new("exists");
    let path = folder.file("out.mp4");
    fs::write(&path, b"dear to somebody").unwrap();
    let server = serve(&["--keep", "1m"]);
    wait_until("a past", || metric(&server, "framewire_kept_bytes{") > 0.0);
    for arguments in [
        &["serve", "pattern:solid", "--port", "0", "--record", &path][..],
        &["record", &server.url, &path, "--for", "1"],
        &["save", &server.url, &path],
    ] {
        let output = run(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains("out.mp4: it exists already; --force replaces it"), "{text}");
        assert_eq!(fs::read(&path).unwrap(), b"dear to somebody");
    }
    let output = run(&["save", "http://127.0.0.1:9/", &path]);
    assert_eq!(output.status.code(), Some(2), "it is known before anything is asked for");
    let output = run(&["save", &server.url, &path, "--force", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["bytes"], fs::metadata(&path).unwrap().len());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(samples(&path)[0].sync);
}

#[test]
fn a_viewer_records_what_the_server_records() {
    let folder = Folder::new("viewer");
    let (whole, part) = (folder.file("whole.mp4"), folder.file("part.mp4"));
    let server = serve(&["--record", &whole]);
    let mut viewer = spawn(&["record", &server.url, &part]);
    wait_until("a part", || Path::new(&part).exists());
    let begun = metric(&server, "framewire_frames_encoded_total");
    wait_until("two seconds of it", || metric(&server, "framewire_frames_encoded_total") > begun + 60.0);
    interrupt(&viewer);
    assert_eq!(viewer.wait().unwrap().code(), Some(0));
    assert_eq!(server.terminate(), Some(0));
    let (whole, found) = (samples(&whole), samples(&part));
    assert!(!is_fragmented(&part) && found.len() >= 30, "{} samples", found.len());
    let begin = whole.iter().position(|sample| sample.data == found[0].data && sample.sync).unwrap();
    let mut rest = whole[begin..].iter();
    for sample in &found {
        let same = rest
            .find(|other| other.data == sample.data)
            .expect("every unit of the viewer is one of the server's");
        assert_eq!((sample.micros, sample.sync), (same.micros - whole[begin].micros, same.sync));
    }
    if let Some(count) = pictures(&part) {
        assert_eq!(count, found.len());
    }
}

#[test]
fn the_last_seconds_are_saved_and_begin_with_a_key_frame() {
    let folder = Folder::new("saved");
    for (name, options) in [
        ("memory", vec![]),
        ("disk", vec!["--keep-on-disk".to_owned(), folder.file("past"), "--keep-bytes".into(), "64M".into()]),
    ] {
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let server = serve(&[&["--keep", "1m"], &options[..]].concat());
        wait_until("a past", || metric(&server, "framewire_kept_seconds{") > 3.0);
        let path = folder.file(&format!("{name}.mp4"));
        let output = run(&["save", &server.url, &path, "--last", "500ms"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found = samples(&path);
        let length = found.last().unwrap().micros;
        assert!(found[0].sync && (100_000..2_700_000).contains(&length), "{length}");
        if let Some(count) = pictures(&path) {
            assert_eq!(count, found.len());
        }
    }
}

#[test]
fn who_has_no_token_and_who_asks_for_what_is_not_kept_gets_a_sentence_and_no_file() {
    let folder = Folder::new("refused");
    let path = folder.file("out.mp4");
    let server = serve(&["--token", "secret"]);
    let address = server.url.split('?').next().unwrap().to_owned();
    for (arguments, expected) in [
        (&["save", &address, &path][..], "401"),
        (&["record", &address, &path, "--for", "5"], "4401"),
        (&["save", &address, &path, "--token", "secret"], "keeps nothing of its past"),
        (&["record", "http://127.0.0.1:9/", &path], "cannot be reached"),
    ] {
        let output = run(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
        assert!(text.contains(expected), "{text}");
        assert!(!Path::new(&path).exists(), "{arguments:?}");
    }
    for arguments in
        [&["save", "nowhere", &path][..], &["save", &address, &path, "--last", "soon"], &["record", &address]]
    {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_recording_of_a_file_that_ends_has_its_last_frame_and_viewers_that_record_end_with_it() {
    let folder = Folder::new("file");
    let (clip, path, seen) = (folder.file("clip.y4m"), folder.file("out.mp4"), folder.file("seen.mp4"));
    let mut file = b"YUV4MPEG2 W16 H16 F10:1 C420\n".to_vec();
    for seq in 0..20_u8 {
        file.extend(b"FRAME\n");
        file.extend([10 * seq; 16 * 16 * 3 / 2]);
    }
    fs::write(&clip, file).unwrap();
    let mut server = Server::start(&["serve", &clip, "--record", &path]);
    let viewer = run(&["record", &server.url, &seen]);
    assert_eq!(viewer.status.code(), Some(0), "{}", String::from_utf8_lossy(&viewer.stderr));
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    let times: Vec<i64> = samples(&path).iter().map(|sample| sample.micros).collect();
    assert_eq!(times.len(), 20, "{times:?}");
    assert!(samples(&seen)[0].sync);
}

#[test]
fn a_file_that_may_be_replaced_stays_until_there_is_something_to_record() {
    let folder = Folder::new("kept");
    let path = folder.file("out.mp4");
    fs::write(&path, b"dear to somebody").unwrap();
    let server = serve(&[]);
    let taken = server.port.to_string();
    for command in [&["serve", "pattern:solid"][..], &["demo"]] {
        let output = run(&[command, &["--port", &taken, "--record", &path, "--force"]].concat());
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(fs::read(&path).unwrap(), b"dear to somebody");
    }
    let output = run(&["record", &server.url, &path, "--force", "--for", "1s", "--quiet", "--json"]);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["frames"], samples(&path).len());
}

#[test]
fn the_input_is_not_recorded_over() {
    let folder = Folder::new("input");
    let clip = folder.file("clip.y4m");
    let mut file = b"YUV4MPEG2 W16 H16 F10:1 C420\n".to_vec();
    file.extend(b"FRAME\n");
    file.extend([10; 16 * 16 * 3 / 2]);
    fs::write(&clip, &file).unwrap();
    let other = folder.file("other.mp4");
    fs::hard_link(&clip, &other).unwrap();
    let output = run(&["serve", &clip, "--port", "0", "--record", &other, "--force"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("it is the input as well"), "{text}");
    assert_eq!(fs::read(&clip).unwrap(), file);
}

#[test]
fn an_input_that_breaks_off_leaves_a_recording_that_is_spoken_of() {
    let folder = Folder::new("breaks");
    let (clip, path) = (folder.file("clip.y4m"), folder.file("out.mp4"));
    let mut file = b"YUV4MPEG2 W16 H16 F10:1 C420\n".to_vec();
    for seq in 0..10_u8 {
        file.extend(b"FRAME\n");
        file.extend([10 * seq; 16 * 16 * 3 / 2]);
    }
    file.extend(b"NOISE\n");
    fs::write(&clip, file).unwrap();
    let output = run(&["serve", &clip, "--port", "0", "--record", &path]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    let line = text.lines().find(|line| line.starts_with("framewire: ")).unwrap();
    assert!(line.contains("clip.y4m") && line.ends_with("out.mp4 has 10 frames of 0.9 s"), "{line}");
    assert_eq!(samples(&path).len(), 10);
}
