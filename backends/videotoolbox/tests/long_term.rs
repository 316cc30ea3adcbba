//! Losses that are repaired from long-term references, over the double. It answers a repair with a predicted picture where
//! one was acknowledged, and stops the test where a token comes back that it never gave; which picture the answer refers to
//! is up to OpenH264, so that only the calls are checked here.
#![cfg(framewire_videotoolbox_double)]

use framewire_codec::{AccessUnit, Choice, Encoder, EncoderConfig, Roster};
use framewire_frame::{Frame, FrameId, Picture, PixelFormat, Size, Timestamp};
use framewire_videotoolbox_double::exclusive;

fn open() -> Encoder {
    let roster = Roster { encoders: framewire_videotoolbox::encoders(), ..Roster::default() };
    let config = EncoderConfig::new(Size::new(160, 96).expect("a size")).with_long_term_references(true);
    Encoder::open(&roster, &Choice::Auto, config).expect("an encoder")
}

fn encode(encoder: &mut Encoder, index: u64) -> AccessUnit {
    let size = Size::new(160, 96).expect("a size");
    let data: Vec<u8> = (0..PixelFormat::Nv12.packed_len(size) as u64)
        .map(|at| (at * 7 + index * 3) as u8 / 2 + 50)
        .collect();
    let picture = Picture::packed(PixelFormat::Nv12, size, data).expect("the packed length");
    let units = encoder
        .encode(&Frame::new(picture), FrameId(index), Timestamp::from_micros(index * 33_333))
        .expect("the frame is encoded");
    units.into_iter().next().expect("one in, one out")
}

/// For each frame, whether it can be shown after a loss, and whether it is a key frame.
fn film(encoder: &mut Encoder, frames: std::ops::Range<u64>, shown: bool) -> Vec<(bool, bool)> {
    let mut seen = Vec::new();
    for index in frames {
        let unit = encode(encoder, index);
        if shown {
            encoder.acknowledge(unit.id);
        }
        seen.push((unit.recovers, unit.key));
    }
    seen
}

#[test]
fn a_loss_after_an_acknowledged_picture_is_repaired_without_a_key_frame() {
    let double = exclusive();
    let mut encoder = open();
    assert_eq!(film(&mut encoder, 0..6, true)[0], (true, true));
    film(&mut encoder, 6..9, false);
    encoder.request_recovery();
    assert_eq!(film(&mut encoder, 9..12, true), [(true, false), (false, false), (false, false)]);
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn where_nothing_was_acknowledged_a_key_frame_comes() {
    let double = exclusive();
    let mut encoder = open();
    film(&mut encoder, 0..6, false);
    encoder.request_recovery();
    assert_eq!(film(&mut encoder, 6..8, false), [(true, true), (false, false)]);
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn an_encoder_without_long_term_references_repairs_by_a_key_frame() {
    let double = exclusive();
    double.faults(|faults| faults.refuse = vec!["EnableLTR".to_owned()]);
    let mut encoder = open();
    film(&mut encoder, 0..3, true);
    encoder.request_recovery();
    assert_eq!(film(&mut encoder, 3..5, true), [(true, true), (false, false)]);
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn tokens_that_nobody_acknowledges_do_not_gather() {
    let double = exclusive();
    let mut encoder = open();
    film(&mut encoder, 0..200, false);
    encoder.acknowledge(FrameId(4));
    encoder.acknowledge(FrameId(199));
    encoder.request_recovery();
    assert_eq!(film(&mut encoder, 200..201, false), [(true, false)]);
    drop(encoder);
    double.assert_no_leaks();
}
