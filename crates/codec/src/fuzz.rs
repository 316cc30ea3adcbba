//! The body of the fuzz target. It takes any bytes and must not panic.

use crate::{Choice, Codec, Decoder, DecoderCandidate, Roster};
use framewire_bitstream::annexb;
use framewire_frame::{PixelFormat, Timestamp};

/// Decodes the bytes as a stream of H.264 with this candidate: each unit shows at most one picture, in the format that was
/// asked for, and nothing is left after a flush.
pub fn decoder(candidate: DecoderCandidate, bytes: &[u8]) {
    let roster = Roster { decoders: vec![candidate], ..Roster::default() };
    let mut decoder = Decoder::new(&roster, &Choice::Auto, Codec::H264).with_output(PixelFormat::Nv12);
    let (mut units, mut pictures) = (0_u64, 0);
    for unit in annexb::access_units(bytes) {
        let _ = decoder.decode(unit, Timestamp::from_micros(units), &mut |decoded| {
            pictures += 1;
            assert_eq!(decoded.picture.format(), PixelFormat::Nv12);
            assert!(decoded.timestamp.as_micros() <= units, "{:?} of unit {units}", decoded.timestamp);
        });
        units += 1;
        assert!(pictures <= units, "{pictures} pictures of {units} units");
    }
    let _ = decoder.flush(&mut |_| pictures += 1);
    assert!(pictures <= units, "{pictures} pictures of {units} units");
    let _ = decoder.flush(&mut |_| panic!("a picture came after a flush"));
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::{
        Encoder, EncoderConfig,
        testing::{DecoderScript, Script, pictures},
    };
    use framewire_frame::{FrameId, Size};

    #[test]
    fn the_body_does_not_fail_on_a_stream_with_changed_bytes() {
        let roster = Roster { encoders: vec![Script::new("scripted").candidate()], ..Roster::default() };
        let config = EncoderConfig::new(Size::new(16, 16).unwrap());
        let mut encoder = Encoder::open(&roster, &Choice::Auto, config).unwrap();
        let mut stream = Vec::new();
        for index in 0..3 {
            let frame = pictures::frame(PixelFormat::I420, Size::new(16, 16).unwrap(), index);
            for unit in encoder.encode(&frame, FrameId(index), Timestamp::from_micros(index)).unwrap() {
                stream.extend_from_slice(&unit.data);
            }
        }
        for at in 0..stream.len().min(200) {
            for value in [0, 1, 3, 0x68, 0x80, 0xff] {
                let kept = std::mem::replace(&mut stream[at], value);
                for delay in [0, 2] {
                    decoder(
                        DecoderScript { delay, ..DecoderScript::default() }.candidate("scripted"),
                        &stream,
                    );
                }
                stream[at] = kept;
            }
        }
    }
}
