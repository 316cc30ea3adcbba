use super::{Shown, Subject, encode, film, size, skip};
use crate::{DecodeError, testing::pictures};
use framewire_frame::PixelFormat;

/// Ten sessions on ten threads do not mix their pictures.
pub fn ten_encoders_run_at_once(subject: &Subject) {
    let size = size(160, 90);
    std::thread::scope(|scope| {
        for worker in 0..10_u64 {
            scope.spawn(move || {
                let first = worker * 20;
                let mut encoder = subject.open(subject.config(size));
                let mut units = Vec::new();
                film(&mut encoder, size, first..first + 6, &mut units);
                units.extend(encoder.flush());
                for (index, shown) in (first..).zip(subject.decode(&units)) {
                    let source = pictures::picture(PixelFormat::I420, size, index);
                    subject.check_picture(&shown, source.as_ref(), &format!("worker {worker} frame {index}"));
                }
            });
        }
    });
}

/// Sessions that are dropped with frames inside give their memory back.
pub fn dropping_an_encoder_frees_it(subject: &Subject) {
    let size = size(1280, 720);
    let frame = pictures::frame(PixelFormat::I420, size, 0);
    let rounds = |count: u64| {
        for _ in 0..count {
            let mut encoder = subject.open(subject.config(size));
            encode(&mut encoder, &frame, 0);
            encode(&mut encoder, &frame, 1);
        }
    };
    rounds(5);
    let Some(before) = resident_bytes() else {
        return skip("dropping_an_encoder_frees_it", "the memory of the process is only known on Linux");
    };
    // Two pictures of each session alone are 2.7 MB. Other tests of the process run at the same time, and may take as much for
    // a while; a leak grows each time.
    let mut least = usize::MAX;
    let mut before = before;
    for _ in 0..5 {
        rounds(80);
        let now = resident_bytes().unwrap_or(before);
        least = least.min(now.saturating_sub(before));
        before = now;
        if least < 150 << 20 {
            return;
        }
    }
    panic!("80 sessions of {size} left {} MB behind, each of five times", least >> 20);
}

/// A unit that is cut off, garbage, or missing costs no more than the pictures up to the next key frame.
pub fn a_broken_unit_is_reported_and_the_decoder_goes_on(subject: &Subject) {
    let size = size(320, 180);
    let mut encoder = subject.open(subject.config(size));
    let mut units = Vec::new();
    film(&mut encoder, size, 0..4, &mut units);
    units.extend(encoder.flush());
    encoder.request_keyframe();
    film(&mut encoder, size, 4..8, &mut units);
    units.extend(encoder.flush());

    let mut decoder = subject.decoder();
    let mut shown = Vec::new();
    let mut decode = |data: &[u8], timestamp| {
        decoder.decode(data, timestamp, &mut |decoded| shown.push(Shown::new(decoded)))
    };
    let early = decode(&units[1].data, units[1].timestamp);
    assert!(matches!(early, Err(DecodeError::BrokenUnit { .. })), "a delta before any key frame: {early:?}");
    decode(&units[0].data, units[0].timestamp).expect("an intact unit");
    for broken in
        [&units[1].data[..units[1].data.len() / 3], &[0, 0, 0, 1, 0x41, 0xff, 0xff, 0xff], b"garbage", &[]]
    {
        // Whether it is an error or shows a damaged picture is the decoder's choice; it lives on.
        if let Err(error) = decode(broken, units[1].timestamp) {
            assert!(matches!(error, DecodeError::BrokenUnit { .. }), "{error}");
        }
    }
    for unit in &units[4..] {
        decode(&unit.data, unit.timestamp).expect("an intact unit after a key frame");
    }
    decoder.flush(&mut |decoded| shown.push(Shown::new(decoded))).expect("an intact tail");
    for (unit, shown) in units[4..].iter().zip(&shown[shown.len() - 4..]) {
        assert_eq!(shown.timestamp, unit.timestamp);
        let source = pictures::picture(PixelFormat::I420, size, unit.id.0);
        subject.check_picture(shown, source.as_ref(), &format!("frame {}", unit.id));
    }
}

/// Memory of this process that is in use.
fn resident_bytes() -> Option<usize> {
    let pages: usize = std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
