//! Host pictures of every format on their way into a session's buffers, over the double.
#![cfg(framewire_videotoolbox_double)]

use framewire_codec::{EncoderBackend, EncoderConfig, Input, InputPicture};
use framewire_convert::Converter;
use framewire_frame::{Color, FrameId, Picture, PictureMut, PixelFormat, Size, Timestamp};
use framewire_videotoolbox::VideoToolboxEncoder;
use framewire_videotoolbox_double::exclusive;

/// A picture in which every byte differs from its neighbours.
fn picture(format: PixelFormat, size: Size, index: u64) -> Picture {
    let bytes = format.packed_len(size) as u64;
    let data: Vec<u8> = (0..bytes).map(|at| (at * 5 + index * 9) as u8 / 2 + 60).collect();
    Picture::packed(format, size, data).expect("the bytes were made for this size")
}

fn as_nv12(picture: &Picture, color: Color) -> Picture {
    let (format, size) = (PixelFormat::Nv12, picture.size());
    let mut data = vec![0; format.packed_len(size)];
    let mut target = PictureMut::packed(format, size, &mut data).expect("the packed length");
    let converter = Converter::new(picture.format(), format, size, color).expect("a conversion");
    converter.convert(&picture.as_ref(), &mut target).expect("a picture of the plan");
    Picture::packed(format, size, data).expect("the packed length")
}

fn encode(config: &EncoderConfig, pictures: &[Picture]) -> Vec<Vec<u8>> {
    let mut encoder = VideoToolboxEncoder::open(config).expect("a session");
    let mut units = Vec::new();
    for (index, picture) in (0..).zip(pictures) {
        let input = Input {
            picture: InputPicture::Host(picture.as_ref()),
            id: FrameId(index),
            timestamp: Timestamp::from_micros(index * 33_333),
            key: false,
            changes: None,
        };
        encoder.encode(input, &mut |unit| units.push(unit.data.to_vec())).expect("the frame is encoded");
        let took = encoder.preparation();
        let (converted, copied) = (!took.convert.is_zero(), !took.copy.is_zero());
        assert_eq!((converted, copied), (!picture.format().is_yuv(), picture.format().is_yuv()));
    }
    units
}

#[test]
fn a_picture_of_any_format_is_coded_as_its_canonical_conversion() {
    let double = exclusive();
    // Padded on both sides, on one and on none.
    for (width, height) in [(30, 18), (70, 50), (160, 96)] {
        let size = Size::new(width, height).expect("a size");
        for color in [Color::BT601, Color::BT709] {
            let config = EncoderConfig::new(size).with_color(color);
            for format in PixelFormat::ALL {
                let pictures = [0, 1, 2].map(|index| picture(format, size, index));
                let converted = pictures.each_ref().map(|picture| as_nv12(picture, color));
                assert_eq!(encode(&config, &pictures), encode(&config, &converted), "{format} of {size}");
            }
        }
    }
    double.assert_no_leaks();
}
