use super::*;
use framewire_bitstream::annexb;
use std::{
    env, fs,
    io::Cursor,
    path::PathBuf,
    process,
    sync::mpsc::{Receiver, channel},
};

const SPS: [u8; 9] = [0x67, 0x42, 0xc0, 0x0a, 0x8c, 0x8d, 0x44, 0xb2, 0x01];
const PPS: [u8; 4] = [0x68, 0xce, 0x3c, 0x80];
const IDR_SLICE: [u8; 4] = [0x65, 0x88, 0x84, 0x21];

fn stream(nals: &[&[u8]]) -> Vec<u8> {
    let mut stream = Vec::new();
    nals.iter().for_each(|nal| annexb::push_nal(&mut stream, nal));
    stream
}

/// The name of a file that is removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(env::temp_dir().join(format!("framewire-remux-{}-{name}", process::id())))
    }

    fn copy(
        &self,
        stream: impl Read + Send + 'static,
        format: VideoFormat,
        cancel: &Cancel,
    ) -> Result<Report, Failed<Report>> {
        let output = Destination::Path { path: self.0.clone(), overwrite: true };
        let options = RemuxOptions { format, frame_rate: Some(FrameRate::whole(25)) };
        remux(Input::Stream(Box::new(stream)), &output, options, cancel, &mut |_| {})
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Gives bytes, and then none until the other end of a channel is gone.
struct Resting(Cursor<Vec<u8>>, Receiver<()>);

impl Read for Resting {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(buffer)?;
        if count == 0 {
            let _ = self.1.recv();
        }
        Ok(count)
    }
}

#[test]
fn pictures_before_the_first_parameter_sets_are_left_out_and_counted() {
    let output = Scratch::new("before.mp4");
    let stream = stream(&[&IDR_SLICE, &SPS, &PPS, &IDR_SLICE]);
    let report = output.copy(Cursor::new(stream), VideoFormat::Mp4, &Cancel::default()).unwrap();
    assert_eq!(report.left_out, ["1 picture(s) before the first parameter sets"]);
    assert_eq!(report.samples, 1);
}

#[test]
fn a_first_picture_that_cannot_be_read_is_not_taken_for_one_without_parameter_sets() {
    let output = Scratch::new("broken.mp4");
    let stream = stream(&[&SPS, &PPS, &[0x65]]);
    let failed = output.copy(Cursor::new(stream), VideoFormat::Mp4, &Cancel::default()).unwrap_err();
    assert!(failed.to_string().starts_with("it is broken at byte 0: "), "{failed}");
}

#[test]
fn a_first_unit_that_the_wish_to_end_cuts_off_is_not_written() {
    let cancel = Cancel::default();
    cancel.cancel();
    for format in [VideoFormat::Mp4, VideoFormat::AnnexB] {
        let output = Scratch::new("half");
        for beginning in [stream(&[&SPS, &PPS, &IDR_SLICE]), stream(&[&SPS]), Vec::new()] {
            let (_other_end, rest) = channel();
            let report = output.copy(Resting(Cursor::new(beginning), rest), format, &cancel).unwrap();
            assert!(report.cancelled && report.tracks.is_empty());
            assert!(!fs::exists(&output.0).unwrap(), "{format:?}");
        }
    }
}
