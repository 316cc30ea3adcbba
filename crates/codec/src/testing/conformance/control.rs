use super::{Subject, film, size, skip};
use crate::Rate;
use framewire_frame::{Bitrate, Frame, FrameId, FrameRate, Picture, PixelFormat, Size, Timestamp};

/// The frame after a request is the key frame, and only that one.
pub fn a_key_frame_comes_at_once_on_request(subject: &Subject) {
    let size = size(320, 180);
    let mut encoder = subject.open(subject.config(size));
    let mut units = Vec::new();
    for index in 0..30 {
        let asked = matches!(index, 7 | 8 | 20);
        if asked {
            encoder.request_keyframe();
        }
        film(&mut encoder, size, index..index + 1, &mut units);
        if asked {
            // A pipeline may answer two requests in a row with one key frame; flushed, it answers each.
            units.extend(encoder.flush());
        }
    }
    units.extend(encoder.flush());
    let keys: Vec<_> = units.iter().filter(|unit| unit.key).map(|unit| unit.id.0).collect();
    assert_eq!(keys, [0, 7, 8, 20]);
    subject.decode(&units);
}

/// A stream of any length has one key frame, also over long pauses and a cut.
pub fn no_key_frame_comes_unasked(subject: &Subject) {
    let size = size(160, 90);
    let mut encoder = subject.open(subject.config(size));
    let mut units = Vec::new();
    for index in 0..150 {
        let pause = if index > 75 { 3_600_000_000 } else { 0 };
        let timestamp = Timestamp::from_micros(index * 33_333 + pause);
        let frame = if index == 100 { noise(size, 1) } else { noise(size, index / 50) };
        units.extend(encoder.encode(&frame, FrameId(index), timestamp).expect("the frame is encoded"));
    }
    units.extend(encoder.flush());
    assert_eq!(units.len(), 150);
    let keys: Vec<_> = units.iter().filter(|unit| unit.key).map(|unit| unit.id.0).collect();
    assert_eq!(keys, [0]);
}

/// Bitrate and frame rate go up and down in one session.
pub fn the_rate_changes_in_place_without_a_key_frame(subject: &Subject) {
    let size = size(320, 180);
    let config = subject.config(size);
    if !subject.capabilities(&config).rate_in_place {
        return skip(
            "the_rate_changes_in_place_without_a_key_frame",
            "the backend says that it opens another session",
        );
    }
    let mut encoder = subject.open(config);
    let mut units = Vec::new();
    let rates =
        [(500, 30, 1), (20_000, 30, 1), (20_000, 60, 1), (100, 5, 1), (8_000, 30_000, 1_001), (3_000, 1, 5)];
    for (round, (kilobits, numerator, denominator)) in (0..).zip(rates) {
        encoder.set_rate(rate(kilobits, FrameRate::new(numerator, denominator).expect("a rate")));
        film(&mut encoder, size, round * 5..round * 5 + 5, &mut units);
    }
    units.extend(encoder.flush());
    assert_eq!(units.len(), rates.len() * 5, "no frame is dropped at any rate");
    assert_eq!(units.iter().filter(|unit| unit.key).count(), 1);
    assert!(encoder.take_notices().is_empty());
    subject.decode(&units);
}

/// Eight times the bitrate gives more than twice the bytes, whatever the rate was before.
pub fn the_bytes_follow_the_bitrate(subject: &Subject) {
    if !subject.follows_bitrate {
        return skip("the_bytes_follow_the_bitrate", "the subject says that its bytes do not");
    }
    let size = size(320, 180);
    let low = rate(500, FrameRate::whole(30));
    let high = rate(4_000, FrameRate::whole(30));
    let mut encoder = subject.open(subject.config(size).with_rate(low));
    let mut bytes = Vec::new();
    for (round, rate) in (0..).zip([low, high, low]) {
        encoder.set_rate(rate);
        let mut units = Vec::new();
        for index in round * 60..round * 60 + 60 {
            let timestamp = Timestamp::from_micros(index * 33_333);
            units.extend(
                encoder.encode(&noise(size, index), FrameId(index), timestamp).expect("the frame is encoded"),
            );
        }
        // The first half is left to the rate control to find its way.
        bytes.push(units[units.len() / 2..].iter().map(|unit| unit.data.len()).sum::<usize>());
    }
    assert!(bytes[1] > 2 * bytes[0] && bytes[1] > 2 * bytes[2], "bytes per second half: {bytes:?}");
}

fn rate(kilobits: u32, frame_rate: FrameRate) -> Rate {
    Rate { bitrate: Bitrate::from_bits_per_second(kilobits * 1000), frame_rate }
}

/// A picture without any pattern, another one for each seed.
fn noise(size: Size, seed: u64) -> Frame {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let data: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Few and low values, so that any rate in the suite can be met.
        96 + (state >> 60) as u8 * 4
    })
    .take(PixelFormat::I420.packed_len(size))
    .collect();
    Frame::new(Picture::packed(PixelFormat::I420, size, data).expect("the bytes were made for this size"))
}
