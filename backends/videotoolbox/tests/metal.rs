//! Frames of Metal on a Mac: the bytes that its device makes of them, which are the processor's, and what the encoder makes.
//! `cargo xtask test --hardware` runs it.
#![cfg(target_os = "macos")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;
#[path = "../../../crates/convert/tests/support/vectors.rs"]
mod vectors;

use framewire_codec::{
    Codec, DecoderConfig, EncoderBackend, EncoderConfig, Input, InputPicture,
    quality::Difference,
    testing::pictures::{self, with_stride},
};
use framewire_convert::Converter;
use framewire_frame::{
    Color, DeviceConverter, DeviceSurface, FrameId, Matrix, Picture, PictureMut, PictureRef, PixelFormat,
    Range, Size, Timestamp,
};
use framewire_shader::smaller;
use framewire_videotoolbox::{
    Light, MetalQueue, MetalSurface, SourceLayout, Texel, VideoToolboxDecoder, VideoToolboxEncoder,
};
use objc2::{
    rc::{Retained, autoreleasepool},
    runtime::ProtocolObject,
};
use objc2_metal::{
    MTLBuffer, MTLCreateSystemDefaultDevice, MTLDevice, MTLOrigin, MTLPixelFormat, MTLRegion,
    MTLResourceOptions, MTLSize, MTLTexture, MTLTextureDescriptor,
};
use std::{ffi::c_void, ptr::NonNull, sync::Arc};

const TARGETS: [PixelFormat; 2] = [PixelFormat::Nv12, PixelFormat::I420];
/// The texels whose bytes are taken as they are, with the processor's name for them.
const PLAIN: [(Texel, PixelFormat); 3] = [
    (Texel::Rgba8, PixelFormat::Rgba8),
    (Texel::Bgra8, PixelFormat::Bgra8),
    (Texel::Rgb8, PixelFormat::Rgb8),
];
/// Of luma, of any picture: what the conformance suite asks of an encoder in hardware at this bitrate.
const LEAST_PSNR: f64 = 36.0;

/// The device as a program has it, and a queue of it as framewire has it.
struct Metal {
    device: Retained<ProtocolObject<dyn MTLDevice>>,
    queue: MetalQueue,
}

impl Metal {
    /// `None`, and said, where nobody has asked for the hardware.
    fn open(test: &str) -> Option<Self> {
        if std::env::var_os("FRAMEWIRE_HARDWARE").is_none() {
            println!("SKIPPED {test}: `cargo xtask test --hardware` runs it on this machine's hardware");
            return None;
        }
        let device = MTLCreateSystemDefaultDevice().expect("a device of Metal");
        let queue =
            MetalQueue::new(&device.newCommandQueue().expect("a queue")).expect("the kernels compile");
        println!("{test} on {}", queue.name());
        Some(Self { device, queue })
    }

    fn buffer(&self, bytes: &[u8]) -> Retained<ProtocolObject<dyn MTLBuffer>> {
        let (start, options) = (NonNull::from(bytes).cast::<c_void>(), MTLResourceOptions::StorageModeShared);
        // SAFETY: the bytes are there, and are copied before the call returns.
        unsafe { self.device.newBufferWithBytes_length_options(start, bytes.len(), options) }.unwrap()
    }

    /// With rows that follow each other in `bytes`.
    fn texture(
        &self,
        format: MTLPixelFormat,
        size: Size,
        bytes: &[u8],
    ) -> Retained<ProtocolObject<dyn MTLTexture>> {
        let (width, height) = (size.width() as usize, size.height() as usize);
        autoreleasepool(|_| {
            // SAFETY: the sides are neither zero nor more than any device of Metal takes.
            let descriptor = unsafe {
                MTLTextureDescriptor::texture2DDescriptorWithPixelFormat_width_height_mipmapped(
                    format, width, height, false,
                )
            };
            let texture = self.device.newTextureWithDescriptor(&descriptor).unwrap();
            let region = MTLRegion {
                origin: MTLOrigin { x: 0, y: 0, z: 0 },
                size: MTLSize { width, height, depth: 1 },
            };
            let stride = bytes.len() / height;
            // SAFETY: the bytes are all rows of the texture, and are copied before the call returns.
            unsafe {
                texture.replaceRegion_mipmapLevel_withBytes_bytesPerRow(
                    region,
                    0,
                    NonNull::from(bytes).cast::<c_void>(),
                    stride,
                );
            }
            texture
        })
    }

    fn host(&self, picture: PictureRef<'_>) -> MetalSurface {
        MetalSurface::from_host(&self.queue, picture).unwrap()
    }
}

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).unwrap()
}

/// All colours that the arithmetic tells apart.
fn colors() -> impl Iterator<Item = Color> {
    [Matrix::Bt601, Matrix::Bt709].into_iter().flat_map(|matrix| {
        [Range::Limited, Range::Full].map(|range| Color { matrix, range, ..Color::default() })
    })
}

/// Bytes without a pattern, the same in every run.
fn noise(len: usize) -> Vec<u8> {
    (0..len as u32).map(|index| (index.wrapping_mul(0x9e37_79b1) ^ index >> 3) as u8).collect()
}

fn converter(surface: &dyn DeviceSurface, to: PixelFormat, color: Color) -> Arc<dyn DeviceConverter> {
    surface.converter(to, color).unwrap().unwrap()
}

/// What the processor makes: a picture with even sides, packed.
fn on_processor(source: PictureRef<'_>, to: PixelFormat, color: Color) -> Picture {
    let padded = source.size().padded_to_even();
    let mut bytes = vec![0; to.packed_len(padded)];
    let mut target = PictureMut::packed(to, padded, &mut bytes).unwrap();
    Converter::new(source.format(), to, source.size(), color).unwrap().convert(&source, &mut target).unwrap();
    Picture::packed(to, padded, bytes).unwrap()
}

/// Both formats in all colours, and the pixels themselves.
fn check(surface: &dyn DeviceSurface, source: PictureRef<'_>, what: &str) {
    let downloaded = surface.download().unwrap();
    assert_eq!((downloaded.format(), downloaded.size()), (source.format(), source.size()), "{what}");
    assert!(common::bytes(downloaded.as_ref()) == common::bytes(source), "{what}: its pixels");
    for to in TARGETS {
        for color in colors() {
            let made = converter(surface, to, color).convert(surface).unwrap().picture;
            let expected = on_processor(source, to, color);
            assert_eq!((made.format(), made.size()), (to, expected.size()), "{what}");
            let (made, expected) = (common::bytes(made.as_ref()), common::bytes(expected.as_ref()));
            assert!(made == expected, "{what} to {to}, {color:?}");
        }
    }
}

#[test]
fn pictures_are_converted_and_scaled_as_the_vectors_say() {
    let Some(metal) = Metal::open("pictures_are_converted_and_scaled_as_the_vectors_say") else { return };
    let rgba = |size, bytes: &[u8]| metal.host(PictureRef::packed(PixelFormat::Rgba8, size, bytes).unwrap());
    for vector in vectors::conversions() {
        let surface = rgba(vector.size, &vector.rgba);
        for (to, expected) in [(PixelFormat::Nv12, &vector.nv12), (PixelFormat::I420, &vector.i420)] {
            let made = converter(&surface, to, vector.color).convert(&surface).unwrap().picture;
            assert!(common::bytes(made.as_ref()) == *expected, "{} {:?} to {to}", vector.size, vector.color);
        }
    }
    for vector in vectors::scalings().into_iter().filter(|vector| vector.target.is_even()) {
        let small = rgba(vector.size, &vector.rgba).scaled(vector.target, Color::default()).unwrap();
        let made = converter(&*small, PixelFormat::I420, Color::default()).convert(&*small).unwrap().picture;
        assert!(common::bytes(made.as_ref()) == vector.i420, "{} to {}", vector.size, vector.target);
    }
}

#[test]
fn blocks_change_as_the_vectors_say() {
    let Some(metal) = Metal::open("blocks_change_as_the_vectors_say") else { return };
    let (size, mut rgba, steps) = vectors::changes();
    let surface = |bytes: &[u8]| metal.host(PictureRef::packed(PixelFormat::Rgba8, size, bytes).unwrap());
    let first = surface(&rgba);
    let converter = converter(&first, PixelFormat::Nv12, Color::default());
    converter.convert(&first).unwrap();
    for step in steps {
        rgba[step.byte] ^= step.xor;
        let changes = converter.convert(&surface(&rgba)).unwrap().changes;
        let blocks: Vec<usize> = (0..changes.flags().len()).filter(|block| changes.flags()[*block]).collect();
        assert_eq!(blocks, step.blocks);
    }
}

#[test]
fn pictures_of_the_host_are_copied_whatever_their_rows_have_behind_them() {
    let test = "pictures_of_the_host_are_copied_whatever_their_rows_have_behind_them";
    let Some(metal) = Metal::open(test) else { return };
    for (width, height) in [(1, 1), (2, 2), (7, 5), (16, 16), (33, 17), (129, 66), (1919, 1079)] {
        let size = size(width, height);
        for (_, format) in PLAIN {
            let picture = Picture::packed(format, size, noise(format.packed_len(size))).unwrap();
            let spread = with_stride(picture.as_ref(), 5);
            check(&metal.host(spread.as_ref()), picture.as_ref(), &format!("{size} {format}"));
        }
    }
    let yuv = pictures::picture(PixelFormat::Nv12, size(16, 16), 0);
    assert!(MetalSurface::from_host(&metal.queue, yuv.as_ref()).is_err());
}

#[test]
fn buffers_are_read_at_any_offset_and_stride() {
    let Some(metal) = Metal::open("buffers_are_read_at_any_offset_and_stride") else { return };
    let size = size(21, 9);
    for (offset, padding) in [(0_u32, 0), (4, 0), (0, 12), (252, 4), (256, 40), (1020, 172)] {
        for (texel, format) in PLAIN {
            // Rows of three bytes for each pixel begin at any byte.
            let padding = if texel == Texel::Rgb8 { padding + offset / 4 % 4 } else { padding };
            let stride = texel.bytes() * size.width() + padding;
            let layout = SourceLayout { offset: offset.into(), stride, ..SourceLayout::packed(size, texel) };
            let memory = noise(offset as usize + layout.len() as usize);
            let source =
                PictureRef::new(format, size, &[(&memory[offset as usize..], stride as usize)]).unwrap();
            let buffer = metal.buffer(&memory);
            let what = format!("{texel:?} at {offset}, {padding} bytes behind rows");
            check(&MetalSurface::shared(&metal.queue, &buffer, layout).unwrap(), source, &what);
            let copied = MetalSurface::from_buffer(&metal.queue, &buffer, layout).unwrap();
            check(&copied, source, &format!("a copy of {what}"));
        }
    }
}

#[test]
fn textures_are_taken_as_the_bytes_that_they_hold() {
    let Some(metal) = Metal::open("textures_are_taken_as_the_bytes_that_they_hold") else { return };
    for (width, height) in [(1, 1), (67, 35), (640, 360)] {
        let size = size(width, height);
        for (kind, format) in [
            (MTLPixelFormat::RGBA8Unorm, PixelFormat::Rgba8),
            (MTLPixelFormat::RGBA8Unorm_sRGB, PixelFormat::Rgba8),
            (MTLPixelFormat::BGRA8Unorm, PixelFormat::Bgra8),
            (MTLPixelFormat::BGRA8Unorm_sRGB, PixelFormat::Bgra8),
        ] {
            let pixels = noise(format.packed_len(size));
            let texture = metal.texture(kind, size, &pixels);
            let surface = MetalSurface::from_texture(&metal.queue, &texture).unwrap();
            let source = PictureRef::packed(format, size, &pixels).unwrap();
            check(&surface, source, &format!("{size} of MTLPixelFormat {}", kind.0));
        }
    }
}

#[test]
fn half_floats_and_linear_bytes_become_code_values() {
    let Some(metal) = Metal::open("half_floats_and_linear_bytes_become_code_values") else { return };
    // Every half float, four in a pixel.
    let size = size(256, 64);
    let halves: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_ne_bytes).collect();
    let layout = SourceLayout::packed(size, Texel::Rgba16Float);
    let texture = metal.texture(MTLPixelFormat::RGBA16Float, size, &halves);
    let copied = MetalSurface::from_texture(&metal.queue, &texture).unwrap();
    let shared = MetalSurface::shared(&metal.queue, &metal.buffer(&halves), layout).unwrap();
    for light in [Light::Encoded, Light::Linear] {
        let table = SourceLayout { light, ..layout }.codes().table();
        let code = |bits: usize| match bits {
            0..=0x3c00 => table[bits],
            0x3c01..=0x7c00 => 255,
            _ => 0,
        };
        let pixel = |first| [code(first), code(first + 1), code(first + 2), 255];
        let codes: Vec<u8> = (0..=usize::from(u16::MAX)).step_by(4).flat_map(pixel).collect();
        let source = PictureRef::packed(PixelFormat::Rgba8, size, &codes).unwrap();
        check(&copied.clone().with_light(light), source, &format!("a texture of halves, {light:?}"));
        check(&shared.clone().with_light(light), source, &format!("a buffer of halves, {light:?}"));
    }

    let bytes = noise(PixelFormat::Rgba8.packed_len(size));
    let layout = SourceLayout { light: Light::Linear, ..SourceLayout::packed(size, Texel::Rgba8) };
    let table = layout.codes().table();
    let code = |byte: &u8| table[usize::from(*byte)];
    let codes: Vec<u8> = bytes.chunks(4).flat_map(|p| [code(&p[0]), code(&p[1]), code(&p[2]), 255]).collect();
    let source = PictureRef::packed(PixelFormat::Rgba8, size, &codes).unwrap();
    let surface = metal.host(PictureRef::packed(PixelFormat::Rgba8, size, &bytes).unwrap());
    check(&surface.with_light(Light::Linear), source, "linear bytes");
}

#[test]
fn smaller_renditions_are_those_of_the_processor() {
    let Some(metal) = Metal::open("smaller_renditions_are_those_of_the_processor") else { return };
    for (full, target) in [
        (size(1280, 720), size(640, 360)),
        (size(1279, 719), size(427, 239)),
        (size(66, 34), size(33, 17)),
        (size(33, 17), size(33, 9)),
    ] {
        for color in colors() {
            let pixels = pictures::picture(PixelFormat::Bgra8, full, 3);
            let expected = smaller(&pixels, target, color).unwrap();
            let small = metal.host(pixels.as_ref()).scaled(target, color).unwrap();
            let downloaded = small.download().unwrap();
            let expected = common::bytes(expected.as_ref());
            assert!(common::bytes(downloaded.as_ref()) == expected, "{full} to {target}, {color:?}");
            let made = converter(&*small, PixelFormat::Nv12, color).convert(&*small).unwrap().picture;
            assert_eq!(made.size(), target.padded_to_even());
            assert!(
                common::bytes(upper_left(made.as_ref(), target)) == expected,
                "{full} to {target}, {color:?}"
            );
        }
    }
}

/// Of a picture in NV12.
fn upper_left(picture: PictureRef<'_>, size: Size) -> PictureRef<'_> {
    let plane = |index| (picture.plane(index).data(), picture.plane(index).stride());
    PictureRef::new(PixelFormat::Nv12, size, &[plane(0), plane(1)]).unwrap()
}

#[test]
fn frames_are_encoded_as_the_pictures_that_the_processor_makes() {
    let test = "frames_are_encoded_as_the_pictures_that_the_processor_makes";
    let Some(metal) = Metal::open(test) else { return };
    // The last ones lie in pixel buffers that are larger.
    for (width, height) in [(1920, 1080), (640, 360), (641, 361), (160, 96), (48, 40), (33, 130)] {
        for (index, (_, format)) in PLAIN.into_iter().enumerate() {
            let color = colors().nth(index).unwrap();
            encode_and_compare(&metal, size(width, height), format, color);
        }
    }
}

fn encode_and_compare(metal: &Metal, size: Size, format: PixelFormat, color: Color) {
    const PICTURES: u64 = 10;
    let what = format!("{size} {format} {color:?}");
    let config = EncoderConfig::new(size).with_color(color);
    let mut encoder = VideoToolboxEncoder::open(&config).unwrap();
    let mut film = common::Film::new();
    for index in 0..PICTURES {
        let surface = metal.host(pictures::picture(format, size, index).as_ref());
        assert!(encoder.takes(&surface), "{what}");
        let input = Input {
            picture: InputPicture::Device(&surface),
            id: FrameId(index),
            timestamp: Timestamp::from_micros(index * 33_333),
            key: index == 0,
            changes: None,
        };
        encoder.encode(input, &mut |unit| film.push((unit.id.0, unit.data.to_vec()))).unwrap();
        // A conversion that fails is not tried again.
        assert!(encoder.takes(&surface), "{what}: the kernel made picture {index}");
    }
    encoder.flush(&mut |unit| film.push((unit.id.0, unit.data.to_vec()))).unwrap();

    let even = size.padded_to_even();
    let mut decoder = VideoToolboxDecoder::open(&DecoderConfig::new(Codec::H264, even)).unwrap();
    let shown = common::decode_all(&mut decoder, &film);
    assert_eq!(shown.len() as u64, PICTURES, "{what}");
    for picture in shown {
        let source = pictures::picture(format, size, picture.moment);
        let expected = on_processor(source.as_ref(), PixelFormat::Nv12, color);
        let decoded = PictureRef::packed(PixelFormat::Nv12, picture.size, &picture.planes).unwrap();
        let mut difference = Difference::default();
        difference.add(expected.as_ref(), upper_left(decoded, even)).unwrap();
        let psnr = difference.psnr();
        assert!(psnr.luma >= LEAST_PSNR, "{what}: picture {} has {psnr:?}", picture.moment);
    }
}

#[test]
fn the_preferred_device_is_opened_without_a_queue_of_the_programs() {
    let Some(metal) = Metal::open("the_preferred_device_is_opened_without_a_queue_of_the_programs") else {
        return;
    };
    let queue = MetalQueue::system().unwrap();
    assert_eq!(queue.name(), metal.queue.name());
    let pixels = pictures::rgba(size(64, 48), 0);
    check(&MetalSurface::from_host(&queue, pixels.as_ref()).unwrap(), pixels.as_ref(), queue.name());
}
