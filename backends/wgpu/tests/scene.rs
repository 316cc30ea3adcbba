//! The lit scene, on every adapter of this machine.
#![cfg(feature = "scene")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use framewire_frame::{PixelFormat, Size, Surface};
use framewire_wgpu::{
    Error, Gpu, Texture,
    scene::{Camera, LitScene},
    wgpu::TextureFormat,
};
use std::time::Duration;
use support::{each_gpu, size, with_limits};

const FORMATS: [TextureFormat; 5] = [
    TextureFormat::Rgba8Unorm,
    TextureFormat::Rgba8UnormSrgb,
    TextureFormat::Bgra8Unorm,
    TextureFormat::Bgra8UnormSrgb,
    TextureFormat::Rgba16Float,
];
const MOMENT: Duration = Duration::from_secs(3);

/// Rows of pixels in memory.
fn drawn(gpu: &Gpu, scene: &mut LitScene, size: Size, camera: &Camera, time: Duration) -> Vec<[u8; 4]> {
    let texture = Texture::new(gpu, scene.render(size, camera, time).unwrap()).unwrap();
    let picture = Surface::from(texture).to_host().unwrap();
    let swapped = picture.format() == PixelFormat::Bgra8;
    let mut bytes = vec![0; picture.format().packed_len(size)];
    picture.as_ref().copy_packed_to(&mut bytes);
    let pixels = bytes.as_chunks::<4>().0.iter();
    pixels.map(|&[a, b, c, d]| if swapped { [c, b, a, d] } else { [a, b, c, d] }).collect()
}

/// The share of pixels that differ by more than a shade.
fn difference(a: &[[u8; 4]], b: &[[u8; 4]]) -> f64 {
    assert_eq!(a.len(), b.len());
    let differs = |(a, b): &(&[u8; 4], &[u8; 4])| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > 3);
    a.iter().zip(b).filter(differs).count() as f64 / a.len() as f64
}

#[test]
fn every_format_holds_the_same_opaque_picture() {
    each_gpu("every_format_holds_the_same_opaque_picture", |gpu| {
        let of = |format| {
            let mut scene = LitScene::new(gpu, format).unwrap();
            drawn(gpu, &mut scene, size(320, 180), &Camera::default(), MOMENT)
        };
        let first = of(FORMATS[0]);
        assert!(first.iter().all(|pixel| pixel[3] == 255), "nothing shines through");
        for format in FORMATS {
            let different = difference(&first, &of(format));
            assert!(different < 0.005, "{format:?}: {different}");
        }
    });
}

#[test]
fn a_picture_is_made_of_size_camera_and_time_alone() {
    each_gpu("a_picture_is_made_of_size_camera_and_time_alone", |gpu| {
        let mut scene = LitScene::new(gpu, TextureFormat::Rgba8UnormSrgb).unwrap();
        let (small, camera) = (size(160, 90), Camera::default());
        let before = drawn(gpu, &mut scene, small, &camera, MOMENT);
        let mut other = camera;
        other.turn(1.0);
        other.tilt(0.2);
        let turned = drawn(gpu, &mut scene, small, &other, MOMENT);
        other = camera;
        other.zoom(1.4);
        let far = drawn(gpu, &mut scene, small, &other, MOMENT);
        let later = drawn(gpu, &mut scene, small, &camera, 2 * MOMENT);
        for (name, picture) in [("turned", turned), ("far", far), ("later", later)] {
            assert!(difference(&before, &picture) > 0.1, "{name}");
        }
        drawn(gpu, &mut scene, size(33, 57), &camera, MOMENT);
        assert_eq!(drawn(gpu, &mut scene, small, &camera, MOMENT), before);
    });
}

#[test]
fn the_knot_is_coral_and_blue_before_a_warm_wall() {
    each_gpu("the_knot_is_coral_and_blue_before_a_warm_wall", |gpu| {
        let mut scene = LitScene::new(gpu, TextureFormat::Rgba8Unorm).unwrap();
        let pixels = drawn(gpu, &mut scene, size(320, 180), &Camera::default(), MOMENT);
        let share = |is: fn(&[u8; 4]) -> bool| {
            pixels.iter().filter(|pixel| is(pixel)).count() as f64 / pixels.len() as f64
        };
        assert!(share(|&[red, green, ..]| red > 180 && green < 130) > 0.02, "coral");
        assert!(share(|&[red, _, blue, _]| blue > 130 && blue > red.saturating_add(30)) > 0.005, "blue");
        assert!(share(|&[red, _, blue, _]| red > 150 && blue > 120 && red > blue) > 0.4, "wall and floor");
    });
}

#[test]
fn any_size_is_drawn_and_one_that_is_too_large_is_refused_with_the_limit() {
    each_gpu("any_size_is_drawn_and_one_that_is_too_large_is_refused_with_the_limit", |gpu| {
        let mut scene = LitScene::new(gpu, TextureFormat::Rgba8UnormSrgb).unwrap();
        for (width, height) in [(1, 1), (2, 300), (301, 3)] {
            let size = size(width, height);
            assert_eq!(drawn(gpu, &mut scene, size, &Camera::default(), MOMENT).len(), size.pixels());
        }
        let narrow = with_limits(gpu, |limits| limits.max_texture_dimension_2d = 2048);
        let mut on_narrow = LitScene::new(&narrow, TextureFormat::Rgba8UnormSrgb).unwrap();
        let error = on_narrow.render(size(2049, 2), &Camera::default(), MOMENT).unwrap_err();
        assert!(error.to_string().contains("at most 2048 pixels"), "{error}");
        assert!(matches!(LitScene::new(gpu, TextureFormat::R8Unorm), Err(Error::Unsupported { .. })));
        drawn(gpu, &mut scene, size(16, 16), &Camera::default(), MOMENT);
    });
}

#[test]
fn a_device_that_is_lost_is_an_error_from_the_next_picture_on() {
    each_gpu("a_device_that_is_lost_is_an_error_from_the_next_picture_on", |gpu| {
        let mut scene = LitScene::new(gpu, TextureFormat::Rgba8UnormSrgb).unwrap();
        let (small, camera) = (size(64, 48), Camera::default());
        drawn(gpu, &mut scene, small, &camera, MOMENT);
        gpu.device().destroy();
        let again = scene.render(small, &camera, MOMENT).and_then(|texture| Texture::new(gpu, texture));
        let fetched = again.map(|texture| Surface::from(texture).to_host().is_ok());
        assert!(matches!(fetched, Ok(false) | Err(_)), "{fetched:?}");
        let error = scene.render(small, &camera, MOMENT).unwrap_err();
        assert!(matches!(error, Error::Lost { .. }), "{error}");
    });
}
