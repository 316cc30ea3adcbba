//! FFmpeg decodes what the scripted backend writes, so that a backend that passes the suite is held to the standard.

use framewire_codec::{
    Choice, Encoder, EncoderConfig, Roster,
    testing::{Script, pictures},
};
use framewire_frame::{Color, FrameId, PixelFormat, Size, Timestamp};
use std::{
    io::Write,
    process::{Command, Stdio},
};

#[test]
fn ffmpeg_sees_the_same_pictures() {
    if Command::new("ffmpeg").arg("-version").output().is_err() {
        println!("SKIPPED ffmpeg_sees_the_same_pictures: there is no ffmpeg on this machine");
        return;
    }
    let size = Size::new(101, 61).unwrap();
    let roster = Roster { encoders: vec![Script::new("a").candidate()], ..Roster::default() };
    let config = EncoderConfig::new(size).with_temporal_layers(2);
    let mut encoder = Encoder::open(&roster, &Choice::Auto, config).unwrap();
    let (mut stream, mut expected) = (Vec::new(), Vec::new());
    for index in 0..9 {
        if index == 5 {
            encoder.request_keyframe();
        }
        let source = pictures::rgba(size, index);
        let mut packed = vec![0; PixelFormat::I420.packed_len(size.padded_to_even())];
        pictures::coded(source.as_ref(), Color::default()).as_ref().copy_packed_to(&mut packed);
        expected.extend(packed);
        for unit in encoder.encode(&source.into(), FrameId(index), Timestamp::from_micros(index)).unwrap() {
            stream.extend_from_slice(&unit.data);
        }
    }
    let mut ffmpeg = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-xerror",
            "-f",
            "h264",
            "-i",
            "-",
            "-f",
            "rawvideo",
            "-fps_mode",
            "passthrough",
        ])
        .args(["-pix_fmt", "yuv420p", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = ffmpeg.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&stream));
    let output = ffmpeg.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout.len(), expected.len());
    assert!(output.stdout == expected, "a lossless codec gives back every sample");
}
