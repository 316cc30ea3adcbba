//! Whole exports to MP4 with this backend's encoder and converter, over the double.
#![cfg(framewire_videotoolbox_double)]

use framewire_codec::{Choice, Codec, EncoderConfig, Preset, Roster, quality::psnr, testing::pictures};
use framewire_frame::{Color, FrameRate, PictureRef, PixelFormat, Size};
use framewire_media::{
    Cancel, Moment,
    export::{Conversion, Converted, ExportOptions, Report, export},
    sink::{Destination, VideoFormat, open_video},
    source::{Due, InputError, Source, SourceOptions, Timed, open_file, open_stream},
};
use framewire_videotoolbox::NAME;
use framewire_videotoolbox_double::{Faults, exclusive};
use std::{
    io::Cursor,
    path::PathBuf,
    process::{Command, Output},
};

const FRAMES: u64 = 30;
/// A clip of 24 pictures, each brighter than the one before it; see `data/README.md`.
const CLIP: &[u8] = include_bytes!("data/b-frames.h264");
/// The same in HEVC.
const HEVC_CLIP: &[u8] = include_bytes!("data/b-frames.h265");

fn size() -> Size {
    Size::new(160, 96).expect("a size")
}

/// A film in RGBA.
struct Film {
    index: u64,
    size: Size,
}

impl Source for Film {
    fn describe(&self) -> String {
        "a film".to_owned()
    }

    fn frame_rate(&self) -> Option<FrameRate> {
        Some(FrameRate::whole(30))
    }

    fn next(&mut self) -> Result<Option<Timed>, InputError> {
        if self.index == FRAMES {
            return Ok(None);
        }
        let frame = pictures::rgba(self.size, self.index).into();
        let due = Due::At(Moment::of_frame(FrameRate::whole(30), self.index));
        self.index += 1;
        Ok(Some(Timed::new(frame, due)))
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        Ok(false)
    }
}

/// A file that goes with the test.
struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        // A test that has failed may have left none.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Exports the film with VideoToolbox before OpenH264.
fn run(name: &str, size: Size, conversion: Conversion) -> (Report, File) {
    let mut encoders = framewire_videotoolbox::encoders();
    encoders.push(framewire_software::openh264::encoder());
    let converters = framewire_videotoolbox::converters();
    let roster = Roster { encoders, converters, ..Roster::default() };
    let config = EncoderConfig::new(size).with_preset(Preset::Fast);
    let options = ExportOptions { choice: Choice::Auto, config, bitrate: None, conversion };
    let path = std::env::temp_dir().join(format!("framewire-{name}-{}.mp4", std::process::id()));
    let file = File(path.clone());
    let destination = Destination::Path { path, overwrite: true };
    let open = |facts| open_video(&destination, VideoFormat::Mp4, facts, &Cancel::default());
    let film = Box::new(Film { index: 0, size });
    let report = export(film, &roster, &options, open, &Cancel::default(), &mut |_| {}).expect("a file");
    (report, file)
}

/// Has FFmpeg read `file`: so many frames, which look like the film where that is said.
fn judge(test: &str, file: &File, frames: u64, looks_like_film: bool) {
    let path = |arguments: &[&str]| -> Vec<String> {
        arguments.iter().map(|word| word.replace("IN", &file.0.display().to_string())).collect()
    };
    let probe = path(&[
        "-v",
        "error",
        "-count_frames",
        "-show_entries",
        "stream=nb_read_frames",
        "-of",
        "csv=p=0",
        "IN",
    ]);
    let decode = path(&[
        "-v",
        "error",
        "-i",
        "IN",
        "-fps_mode",
        "passthrough",
        "-pix_fmt",
        "yuv420p",
        "-f",
        "rawvideo",
        "-",
    ]);
    let (Some(probed), Some(decoded)) = (tool("ffprobe", &probe), tool("ffmpeg", &decode)) else {
        println!("SKIPPED {test}: FFmpeg is not installed");
        return;
    };
    assert_eq!(String::from_utf8_lossy(&probed.stdout).trim(), frames.to_string());
    let length = PixelFormat::I420.packed_len(size());
    if !looks_like_film {
        return;
    }
    assert_eq!(decoded.stdout.len() as u64, frames * length as u64);
    for (index, data) in decoded.stdout.chunks(length).enumerate() {
        let shown = PictureRef::packed(PixelFormat::I420, size(), data).expect("a picture");
        let film = pictures::rgba(size(), index as u64);
        let source = pictures::coded(film.as_ref(), Color::default());
        let alike = psnr(source.as_ref(), shown).expect("pictures of one size").luma;
        assert!(alike > 30.0, "frame {index}: {alike} dB");
    }
}

/// What a tool says, which complains of nothing; `None` where it is not there.
fn tool(name: &str, arguments: &[String]) -> Option<Output> {
    let output = Command::new(name).args(arguments).output().ok()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{name}: {complaint}");
    Some(output)
}

#[test]
fn frames_are_converted_by_pixel_transfer_and_encoded_where_they_are() {
    let double = exclusive();
    let (report, file) = run("transfer", size(), Conversion::Auto);
    assert_eq!(report.converted, Converted { machine: FRAMES, processor: 0 });
    assert_eq!((report.encoder.as_deref(), report.converter), (Some(NAME), Some(NAME)));
    assert!(report.fallbacks.is_empty(), "{:?}", report.fallbacks);
    judge("frames_are_converted_by_pixel_transfer_and_encoded_where_they_are", &file, FRAMES, true);
    double.assert_no_leaks();
}

#[test]
fn a_transfer_that_refuses_or_fails_leaves_the_rest_to_the_processor() {
    let double = exclusive();
    // The black picture and the first frame are tried before the film begins.
    for limit in [0, 1, 2, 7] {
        double.faults(|faults| faults.transfer_fails_after = Some(limit));
        let (report, file) = run("transfer-fails", size(), Conversion::Auto);
        let Converted { machine, processor } = report.converted;
        assert_eq!((machine + processor, report.lost_frames), (FRAMES, 0));
        assert_eq!(machine > 0, limit > 1, "{machine} with {limit}");
        let [fallback] = report.fallbacks.as_slice() else { panic!("{:?}", report.fallbacks) };
        assert_eq!(fallback.from, "conversion by videotoolbox");
        assert!(fallback.why.contains("kVTPixelTransferNotSupportedErr"), "{}", fallback.why);
        assert_eq!(report.encoder.as_deref(), Some(NAME));
        judge("a_transfer_that_refuses_or_fails_leaves_the_rest_to_the_processor", &file, FRAMES, true);
    }
    double.assert_no_leaks();
}

#[test]
fn pictures_that_the_session_pads_and_a_wish_for_the_processor_need_no_transfer() {
    let double = exclusive();
    for (size, conversion) in [(Size::new(48, 32), Conversion::Auto), (Ok(size()), Conversion::Processor)] {
        let (report, file) = run("processor", size.expect("a size"), conversion);
        assert_eq!(report.converted, Converted { machine: 0, processor: FRAMES });
        assert_eq!((report.fallbacks.len(), report.encoder.as_deref()), (0, Some(NAME)));
        assert!(std::fs::metadata(&file.0).is_ok_and(|file| file.len() > 0));
    }
    double.assert_no_leaks();
}

#[test]
fn another_encoder_in_the_middle_gets_its_pictures_from_the_processor() {
    let double = exclusive();
    let faults: [fn(&mut Faults); 2] =
        [|faults| faults.invalid_after = Some(9), |faults| faults.refuse = vec!["AverageBitRate".to_owned()]];
    for fault in faults {
        double.faults(fault);
        let (report, file) = run("replaced", size(), Conversion::Auto);
        double.faults(|faults| *faults = Faults::default());
        assert_eq!(report.encoder.as_deref(), Some(framewire_software::openh264::NAME));
        assert_ne!(report.converter, Some(NAME));
        assert_eq!(report.converted.machine + report.converted.processor, FRAMES);
        assert_eq!(report.frames + report.lost_frames, FRAMES);
        judge(
            "another_encoder_in_the_middle_gets_its_pictures_from_the_processor",
            &file,
            report.frames,
            report.lost_frames == 0,
        );
    }
    double.assert_no_leaks();
}

/// Everything that this backend has.
fn all_of_it() -> Roster {
    Roster {
        encoders: framewire_videotoolbox::encoders(),
        decoders: framewire_videotoolbox::decoders(),
        converters: framewire_videotoolbox::converters(),
        ..Roster::default()
    }
}

/// Makes an MP4 file of `clip`, in the codec of the clip.
fn transcode(name: &str, clip: &'static [u8], codec: Codec) -> (Report, File) {
    transcode_with(name, clip, codec, &all_of_it())
}

/// The same with this roster.
fn transcode_with(name: &str, clip: &'static [u8], codec: Codec, roster: &Roster) -> (Report, File) {
    let path = std::env::temp_dir().join(format!("framewire-{name}-{}.mp4", std::process::id()));
    let file = File(path.clone());
    let destination = Destination::Path { path, overwrite: true };
    let open = |facts| open_video(&destination, VideoFormat::Mp4, facts, &Cancel::default());
    let config = EncoderConfig::new(size()).with_preset(Preset::Fast).with_codec(codec);
    let options = ExportOptions { choice: Choice::Auto, config, bitrate: None, conversion: Conversion::Auto };
    let source = open_stream(Cursor::new(clip), &SourceOptions::default(), roster).expect("a clip");
    let report = export(source, roster, &options, open, &Cancel::default(), &mut |_| {}).expect("a file");
    (report, file)
}

/// The greys of the pictures of a file.
fn greys(file: &File) -> Vec<u8> {
    let mut source = open_file(&file.0, &SourceOptions::default(), &all_of_it()).expect("the file");
    let mut greys = Vec::new();
    while let Some(timed) = source.next().expect("a frame") {
        let picture = timed.frame.surface.to_host().expect("its pixels");
        greys.push(picture.as_ref().plane(0).row(0)[0]);
    }
    greys
}

#[test]
fn a_clip_goes_from_the_decoder_to_the_encoder_and_no_pixel_is_touched() {
    let double = exclusive();
    let (report, file) = transcode("clip", CLIP, Codec::H264);
    assert_eq!((report.frames, report.lost_frames, double.locks()), (24, 0, 0));
    assert_eq!(report.converted, Converted::default());
    let greys = greys(&file);
    assert!(greys.len() == 24 && greys.is_sorted_by(|a, b| a < b), "{greys:?}");
    double.assert_no_leaks();
}

#[test]
fn a_decoder_that_fails_in_mid_clip_costs_no_picture() {
    let double = exclusive();
    let mut decoders = framewire_videotoolbox::decoders();
    decoders.push(framewire_software::openh264::decoder());
    let encoders = vec![framewire_software::openh264::encoder()];
    let roster = Roster { encoders, decoders, ..Roster::default() };
    for limit in [0, 1, 2, 7, 23] {
        double.faults(|faults| faults.invalid_after = Some(limit));
        let (report, file) = transcode_with("replay", CLIP, Codec::H264, &roster);
        double.faults(|faults| *faults = Faults::default());
        assert_eq!((report.frames, report.lost_frames, report.undecoded_frames), (24, 0, 0), "{limit}");
        let greys = greys(&file);
        assert!(greys.len() == 24 && greys.is_sorted_by(|a, b| a < b), "{limit}: {greys:?}");
        judge("a_decoder_that_fails_in_mid_clip_costs_no_picture", &file, 24, false);
    }
    double.assert_no_leaks();
}

#[test]
fn a_clip_of_hevc_is_read_and_written() {
    let double = exclusive();
    let (report, file) = transcode("hevc-clip", HEVC_CLIP, Codec::Hevc);
    assert_eq!((report.frames, report.lost_frames, double.locks()), (24, 0, 0));
    assert!(report.codec.is_some_and(|codec| codec.starts_with("hvc1")));
    assert_eq!(greys(&file).len(), 24);
    judge("a_clip_of_hevc_is_read_and_written", &file, 24, false);
    double.assert_no_leaks();
}
