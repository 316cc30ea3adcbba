//! Frames of a GPU through an encoder: what comes out is what the same frames in host memory give.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use framewire_codec::{
    Choice, EncodeError, Encoder, EncoderConfig, Outcome, Roster,
    testing::{Script, pictures},
};
use framewire_frame::{Frame, FrameId, Size, Timestamp};
use framewire_wgpu::{Conversion, Gpu, Texture, wgpu::TextureFormat};
use support::{each_gpu, packed, size, texture};

fn open(size: Size) -> Encoder {
    let script = Script { uses_changes: true, ..Script::new("a") };
    let roster = Roster { encoders: vec![script.candidate()], ..Roster::default() };
    let mut encoder = Encoder::open(&roster, &Choice::Auto, EncoderConfig::new(size)).unwrap();
    encoder.track_changes(true);
    encoder.leave_out_repetitions(Some(0));
    encoder
}

fn encode(encoder: &mut Encoder, frame: &Frame, index: u64) -> Result<Vec<u8>, EncodeError> {
    let units = encoder.encode(frame, FrameId(index), Timestamp::from_micros(index * 33_333))?;
    Ok(units.iter().flat_map(|unit| unit.data.to_vec()).collect())
}

fn on_gpu(gpu: &Gpu, index: u64, size: Size) -> Frame {
    published(gpu, index, size).into()
}

fn published(gpu: &Gpu, index: u64, size: Size) -> Texture {
    let pixels = packed(&pictures::rgba(size, index));
    Texture::new(gpu, &texture(gpu, TextureFormat::Rgba8Unorm, size, &pixels)).unwrap()
}

#[test]
fn units_and_changes_are_those_of_frames_in_host_memory() {
    each_gpu("units_and_changes_are_those_of_frames_in_host_memory", |gpu| {
        for size in [size(64, 48), size(61, 47)] {
            for conversion in [Conversion::OnDevice, Conversion::OnProcessor] {
                let gpu = gpu.clone().with_conversion(conversion);
                let (mut host, mut device) = (open(size), open(size));
                for (index, shown) in (0..).zip([0, 1, 1, 2, 2, 3, 0]) {
                    let expected = encode(&mut host, &pictures::rgba(size, shown).into(), index).unwrap();
                    let made = encode(&mut device, &on_gpu(&gpu, shown, size), index).unwrap();
                    assert!(made == expected, "{size} frame {index} {conversion:?}");
                    assert_eq!(device.last_changes(), host.last_changes(), "{size} frame {index}");
                    assert_eq!(device.last_outcome(), host.last_outcome());
                }
                let on_device = device.device_converter().is_some();
                assert_eq!(on_device, conversion == Conversion::OnDevice);
            }
        }
    });
}

#[test]
fn a_frame_that_was_begun_ahead_is_encoded_like_any_other() {
    each_gpu("a_frame_that_was_begun_ahead_is_encoded_like_any_other", |gpu| {
        let size = size(64, 48);
        let (mut host, mut device) = (open(size), open(size));
        let mut next = published(gpu, 0, size);
        for index in 0..6 {
            let frame = std::mem::replace(&mut next, published(gpu, index + 1, size));
            if let Some(converter) = device.device_converter() {
                converter.start(&*next.surface());
            }
            let made = encode(&mut device, &frame.into(), index).unwrap();
            assert!(made == encode(&mut host, &pictures::rgba(size, index).into(), index).unwrap());
        }
    });
}

#[test]
fn a_lost_device_costs_its_frames_and_not_the_encoder() {
    each_gpu("a_lost_device_costs_its_frames_and_not_the_encoder", |gpu| {
        let size = size(64, 48);
        let dying = support::another(gpu);
        let mut encoder = open(size);
        encode(&mut encoder, &on_gpu(&dying, 0, size), 0).unwrap();
        let frame = on_gpu(&dying, 1, size);
        dying.device().destroy();
        let error = encode(&mut encoder, &frame, 1).unwrap_err();
        assert!(matches!(error, EncodeError::Device(_)), "{error}");
        assert_eq!(error.to_string().matches("is lost").count(), 1, "{error}");
        // Frames of another device, and of none.
        assert!(!encode(&mut encoder, &on_gpu(gpu, 2, size), 2).unwrap().is_empty());
        assert!(encoder.device_converter().is_some());
        assert!(!encode(&mut encoder, &pictures::rgba(size, 3).into(), 3).unwrap().is_empty());
        assert_eq!(encoder.last_outcome(), Outcome::Encoded);
    });
}
