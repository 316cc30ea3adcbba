//! The kernel gives the processor's bytes: every format, colour, size, layout.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use framewire_frame::{Color, PixelFormat, Size};
use framewire_wgpu::{
    Buffer, Gpu, Light, SourceLayout, Texel, Texture,
    wgpu::{BufferUsages, TextureFormat, util::BufferInitDescriptor, util::DeviceExt},
};
use support::{Random, colors, converter, each_gpu, on_processor, packed, size, surface, texture};

/// Formats whose bytes are taken as they are, with what they are on the processor.
const PLAIN: [(TextureFormat, PixelFormat); 4] = [
    (TextureFormat::Rgba8Unorm, PixelFormat::Rgba8),
    (TextureFormat::Rgba8UnormSrgb, PixelFormat::Rgba8),
    (TextureFormat::Bgra8Unorm, PixelFormat::Bgra8),
    (TextureFormat::Bgra8UnormSrgb, PixelFormat::Bgra8),
];
const TARGETS: [PixelFormat; 2] = [PixelFormat::Nv12, PixelFormat::I420];

#[test]
fn every_format_and_color_is_equal_to_the_byte() {
    let mut random = Random(1);
    each_gpu("every_format_and_color_is_equal_to_the_byte", |gpu| {
        let size = size(67, 35);
        for (format, on_host) in PLAIN {
            for to in TARGETS {
                for color in colors() {
                    let pixels = random.bytes(4 * size.pixels());
                    let surface = surface(gpu, format, size, &pixels);
                    let made = converter(&*surface, to, color).convert(&*surface).unwrap();
                    assert_eq!(made.picture.size(), size.padded_to_even());
                    let expected = on_processor(on_host, &pixels, size, to, color);
                    assert!(packed(&made.picture) == expected, "{format:?} to {to}, {color:?}");
                }
            }
        }
    });
}

#[test]
fn every_small_size_is_equal_to_the_byte() {
    let mut random = Random(2);
    each_gpu("every_small_size_is_equal_to_the_byte", |gpu| {
        for width in 1..=34 {
            for height in [1, 2, 3, 5, 16, 17, 33] {
                let to = TARGETS[(width % 2) as usize];
                check(gpu, &mut random, size(width, height), to);
            }
        }
        for height in 1..=34 {
            check(gpu, &mut random, size(18, height), PixelFormat::Nv12);
        }
    });
}

#[test]
fn large_sizes_are_equal_to_the_byte() {
    let mut random = Random(3);
    each_gpu("large_sizes_are_equal_to_the_byte", |gpu| {
        for (width, height) in [(1920, 1080), (1919, 1079), (3840, 2160), (8192, 3), (3, 8192), (4097, 129)] {
            check(gpu, &mut random, size(width, height), PixelFormat::Nv12);
        }
    });
}

fn check(gpu: &Gpu, random: &mut Random, size: Size, to: PixelFormat) {
    let pixels = random.bytes(4 * size.pixels());
    let surface = surface(gpu, TextureFormat::Rgba8Unorm, size, &pixels);
    let made = converter(&*surface, to, Color::default()).convert(&*surface).unwrap();
    let expected = on_processor(PixelFormat::Rgba8, &pixels, size, to, Color::default());
    assert!(packed(&made.picture) == expected, "{size} to {to}");
}

#[test]
fn every_code_value_is_equal_to_the_byte() {
    // In the full range U and V reach 256 before they are cut off.
    let steps = [0, 1, 2, 63, 64, 127, 128, 129, 191, 254, 255];
    let mut pixels = Vec::new();
    for red in steps {
        for green in steps {
            for blue in steps {
                pixels.extend([[red, green, blue, 0]; 2].concat());
            }
        }
    }
    let row = pixels.clone();
    pixels.extend(row);
    let size = size((pixels.len() / 8) as u32, 2);
    each_gpu("every_code_value_is_equal_to_the_byte", |gpu| {
        for color in colors() {
            let surface = surface(gpu, TextureFormat::Rgba8Unorm, size, &pixels);
            let made = converter(&*surface, PixelFormat::Nv12, color).convert(&*surface).unwrap();
            let expected = on_processor(PixelFormat::Rgba8, &pixels, size, PixelFormat::Nv12, color);
            assert!(packed(&made.picture) == expected, "{color:?}");
        }
    });
}

#[test]
fn buffers_are_read_at_any_offset_and_stride() {
    let mut random = Random(4);
    each_gpu("buffers_are_read_at_any_offset_and_stride", |gpu| {
        let size = size(21, 9);
        for (offset, padding) in [(0, 0), (4, 0), (0, 12), (252, 4), (256, 40), (1020, 172)] {
            for (texel, on_host, padding) in [
                (Texel::Rgba8, PixelFormat::Rgba8, padding),
                (Texel::Bgra8, PixelFormat::Bgra8, padding),
                (Texel::Rgb8, PixelFormat::Rgb8, padding + (offset as u32 / 4) % 4),
            ] {
                let row_bytes = texel.bytes() * size.width();
                let pixels = random.bytes(on_host.packed_len(size));
                let mut memory = random.bytes(offset as usize);
                for row in pixels.chunks(row_bytes as usize) {
                    memory.extend(row);
                    memory.extend(random.bytes(padding as usize));
                }
                memory.truncate(memory.len() - padding as usize);
                memory.resize(memory.len().next_multiple_of(4), 0);
                let buffer = gpu.device().create_buffer_init(&BufferInitDescriptor {
                    label: None,
                    contents: &memory,
                    usage: BufferUsages::STORAGE | BufferUsages::COPY_SRC,
                });
                let stride = row_bytes + padding;
                let layout = SourceLayout { offset, stride, ..SourceLayout::packed(size, texel) };
                for frame in [Buffer::new, Buffer::shared].map(|make| make(gpu, &buffer, layout).unwrap()) {
                    let surface = frame.surface();
                    let made = converter(&*surface, PixelFormat::I420, Color::default()).convert(&*surface);
                    let expected = on_processor(on_host, &pixels, size, PixelFormat::I420, Color::default());
                    assert!(packed(&made.unwrap().picture) == expected, "{layout:?}");
                    assert!(packed(&surface.download().unwrap()) == pixels, "{layout:?}");
                }
            }
        }
    });
}

#[test]
fn light_in_three_bytes_is_that_in_four() {
    let size = size(19, 5);
    let three = Random(6).bytes(3 * size.pixels());
    let four: Vec<u8> = three.chunks(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 7]).collect();
    each_gpu("light_in_three_bytes_is_that_in_four", |gpu| {
        let pictures = [(Texel::Rgb8, &three), (Texel::Rgba8, &four)].map(|(texel, pixels)| {
            let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
            let descriptor = BufferInitDescriptor { label: None, contents: pixels, usage };
            let buffer = gpu.device().create_buffer_init(&descriptor);
            let frame = Buffer::new(gpu, &buffer, SourceLayout::packed(size, texel)).unwrap();
            let surface = frame.with_light(Light::Linear).surface();
            let small = surface.scaled(support::size(8, 4), Color::default()).unwrap();
            let convert = |surface: &dyn framewire_frame::DeviceSurface| {
                let converter = converter(surface, PixelFormat::Nv12, Color::default());
                packed(&converter.convert(surface).unwrap().picture)
            };
            [convert(&*surface), convert(&*small), packed(&surface.download().unwrap())]
        });
        assert!(pictures[0] == pictures[1]);
    });
}

#[test]
fn light_becomes_code_values_before_it_is_converted() {
    each_gpu("light_becomes_code_values_before_it_is_converted", |gpu| {
        // Every half float there is, in red; its neighbours in green and blue.
        let size = size(256, 256);
        let halves: Vec<u8> = (0..=u16::MAX)
            .flat_map(|bits| [bits, bits.wrapping_add(1), bits.wrapping_mul(31), 0x3c00])
            .flat_map(u16::to_ne_bytes)
            .collect();
        let bytes = Random(5).bytes(4 * size.pixels());
        for (format, light, pixels) in [
            (TextureFormat::Rgba16Float, Light::Linear, &halves),
            (TextureFormat::Rgba16Float, Light::Encoded, &halves),
            (TextureFormat::Rgba8Unorm, Light::Linear, &bytes),
            (TextureFormat::Bgra8Unorm, Light::Linear, &bytes),
        ] {
            let frame = Texture::new(gpu, &texture(gpu, format, size, pixels)).unwrap();
            let surface = frame.with_light(light).surface();
            let codes = packed(&surface.download().unwrap());
            let made = converter(&*surface, PixelFormat::Nv12, Color::default()).convert(&*surface);
            let expected =
                on_processor(PixelFormat::Rgba8, &codes, size, PixelFormat::Nv12, Color::default());
            assert!(packed(&made.unwrap().picture) == expected, "{format:?} {light:?}");
            assert!(codes.chunks_exact(4).all(|pixel| pixel[3] == 255));
            check_codes(format, light, pixels, &codes);
        }
    });
}

/// Code values against the formula, in numbers that have nothing to do with the tables.
fn check_codes(format: TextureFormat, light: Light, pixels: &[u8], codes: &[u8]) {
    let encode = |value: f64| match light {
        Light::Encoded => value,
        Light::Linear if value <= 0.003_130_8 => value * 12.92,
        Light::Linear => 1.055 * value.powf(1.0 / 2.4) - 0.055,
    };
    let values: Vec<f64> = match format {
        TextureFormat::Rgba16Float => {
            pixels.chunks_exact(2).map(|half| f16_value(u16::from_ne_bytes([half[0], half[1]]))).collect()
        }
        _ => pixels.iter().map(|byte| f64::from(*byte) / 255.0).collect(),
    };
    for (pixel, code) in values.chunks_exact(4).zip(codes.chunks_exact(4)) {
        let rgb = match format {
            TextureFormat::Bgra8Unorm => [pixel[2], pixel[1], pixel[0]],
            _ => [pixel[0], pixel[1], pixel[2]],
        };
        for (value, code) in rgb.into_iter().zip(code) {
            let real = encode(if value > 0.0 { value.min(1.0) } else { 0.0 }) * 255.0;
            assert!((real - f64::from(*code)).abs() <= 0.5 + 1e-9, "{value} is {code}, not {real}");
        }
    }
}

/// A half float by way of a single one, whose exponent is biased by 112 more.
fn f16_value(bits: u16) -> f64 {
    let magnitude = f32::from_bits(u32::from(bits & 0x7fff) << 13) * f32::from_bits(0x7780_0000);
    let magnitude = if bits & 0x7c00 == 0x7c00 {
        if bits & 0x3ff == 0 { f32::INFINITY } else { f32::NAN }
    } else {
        magnitude
    };
    f64::from(if bits & 0x8000 == 0 { magnitude } else { -magnitude })
}
