use super::{Subject, encode, film, moment, size};
use crate::testing::pictures;
use framewire_frame::{Frame, FrameId, PixelFormat, Timestamp};

/// Thirty 640x360 frames come back in order, each with its timestamp and near enough to what went in.
pub fn thirty_frames_round_trip(subject: &Subject) {
    let size = size(640, 360);
    let mut encoder = subject.open(subject.config(size));
    let mut units = Vec::new();
    for index in 0..30 {
        units.extend(encode(&mut encoder, &Frame::new(pictures::rgba(size, index)), index));
    }
    units.extend(encoder.flush());
    for (index, shown) in (0..).zip(subject.decode(&units)) {
        assert_eq!(shown.timestamp, moment(index));
        assert_eq!(shown.picture.size(), size);
        subject.check_picture(&shown, pictures::rgba(size, index).as_ref(), &format!("frame {index}"));
    }
}

/// Without a pipeline each call gives the unit of its own frame; with one, each frame gives one unit in the end.
pub fn one_frame_in_one_unit_out(subject: &Subject) {
    let size = size(320, 180);
    let config = subject.config(size);
    let delay = subject.capabilities(&config).delay;
    let mut encoder = subject.open(config);
    let mut ids = Vec::new();
    for index in 0..20 {
        let units = encode(&mut encoder, &pictures::frame(PixelFormat::I420, size, index), index);
        if delay == 0 {
            assert_eq!(units.len(), 1, "frame {index}");
        }
        ids.extend(units.iter().map(|unit| unit.id.0));
        assert!(ids.len() + delay > index as usize, "more than {delay} frames are held back");
    }
    ids.extend(encoder.flush().iter().map(|unit| unit.id.0));
    assert_eq!(ids, (0..20).collect::<Vec<_>>());
}

/// Ids with gaps and moments without a beat come back in pairs.
pub fn ids_and_timestamps_stay_with_their_frames(subject: &Subject) {
    let size = size(160, 90);
    let mut encoder = subject.open(subject.config(size));
    let facts: Vec<_> = (0..12_u64)
        .map(|index| (FrameId(1000 + index * index), Timestamp::from_micros(7 + index.pow(4) * 1_003)))
        .collect();
    let mut units = Vec::new();
    for (index, &(id, timestamp)) in (0..).zip(&facts) {
        let frame = pictures::frame(PixelFormat::I420, size, index);
        units.extend(encoder.encode(&frame, id, timestamp).expect("the frame is encoded"));
    }
    units.extend(encoder.flush());
    assert_eq!(units.iter().map(|unit| (unit.id, unit.timestamp)).collect::<Vec<_>>(), facts);
    let shown: Vec<_> = subject.decode(&units).iter().map(|shown| shown.timestamp).collect();
    assert_eq!(shown, facts.iter().map(|&(_, timestamp)| timestamp).collect::<Vec<_>>());
}

/// A frame that rests is encoded twice under one id, the second time as a key frame.
pub fn the_same_frame_can_be_encoded_again(subject: &Subject) {
    let size = size(160, 90);
    let mut encoder = subject.open(subject.config(size));
    let frame = pictures::frame(PixelFormat::I420, size, 0);
    let mut units = encode(&mut encoder, &frame, 5);
    units.extend(encoder.flush());
    encoder.request_keyframe();
    units.extend(encoder.encode(&frame, FrameId(5), moment(9)).expect("the frame is encoded"));
    units.extend(encoder.flush());
    let facts: Vec<_> = units.iter().map(|unit| (unit.id.0, unit.timestamp, unit.key)).collect();
    assert_eq!(facts, [(5, moment(5), true), (5, moment(9), true)]);
}

/// RGBA, BGRA, RGB, NV12 and I420 show the same picture.
pub fn every_pixel_format_is_taken(subject: &Subject) {
    let size = size(64, 48);
    for format in PixelFormat::ALL {
        let mut encoder = subject.open(subject.config(size));
        let source = pictures::picture(format, size, 3);
        let mut units = encode(&mut encoder, &Frame::new(source), 0);
        units.extend(encoder.flush());
        let shown = subject.decode(&units);
        subject.check_picture(&shown[0], pictures::rgba(size, 3).as_ref(), format.name());
    }
}

/// Garbage between the rows is not seen in any format, also where no conversion comes before the backend.
pub fn strides_are_followed(subject: &Subject) {
    for (width, height) in [(64, 48), (66, 50)] {
        let size = size(width, height);
        for format in PixelFormat::ALL {
            let encode_with = |padding| {
                let mut encoder = subject.open(subject.config(size));
                let mut units = Vec::new();
                for index in 0..3 {
                    let source = pictures::picture(format, size, index);
                    let frame = Frame::new(pictures::with_stride(source.as_ref(), padding));
                    units.extend(encode(&mut encoder, &frame, index));
                }
                units.extend(encoder.flush());
                subject.decode(&units)
            };
            for (index, (plain, padded)) in (0..).zip(encode_with(0).iter().zip(encode_with(13))) {
                let source = pictures::picture(format, size, index);
                subject.check_picture(plain, source.as_ref(), "without padding");
                subject.check_picture(&padded, source.as_ref(), "with padding");
            }
        }
    }
}

/// A flush leaves nothing inside, costs no key frame, and can come at any time.
pub fn a_flush_gives_everything_and_the_session_goes_on(subject: &Subject) {
    let size = size(160, 90);
    let mut encoder = subject.open(subject.config(size));
    assert!(encoder.flush().is_empty());
    let mut units = Vec::new();
    for burst in 0..4 {
        film(&mut encoder, size, burst * 3..burst * 3 + 3, &mut units);
        units.extend(encoder.flush());
        assert_eq!(units.len() as u64, burst * 3 + 3, "everything that went in has come out");
        assert!(encoder.flush().is_empty());
    }
    assert_eq!(units.iter().filter(|unit| unit.key).count(), 1);
    subject.decode(&units);
}
