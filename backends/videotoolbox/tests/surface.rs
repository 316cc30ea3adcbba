//! Pixel buffers of the program's own, over the double.
#![cfg(framewire_videotoolbox_double)]

use framewire_codec::{Choice, Encoder, EncoderBackend, EncoderConfig, Input, InputPicture, Roster};
use framewire_frame::{Color, DeviceSurface, Frame, FrameId, PixelFormat, Range, Size, Surface, Timestamp};
use framewire_videotoolbox::{PixelBufferSurface, VideoToolboxEncoder};
use framewire_videotoolbox_double::exclusive;
use objc2_core_foundation::CFRetained;
use objc2_core_video as cv;
use std::{ptr::NonNull, sync::Arc};

fn buffer(width: usize, height: usize, format: u32) -> CFRetained<cv::CVPixelBuffer> {
    let mut buffer: *mut cv::CVPixelBuffer = std::ptr::null_mut();
    // SAFETY: the last argument leads to a variable of this function.
    let status =
        unsafe { cv::CVPixelBufferCreate(None, width, height, format, None, NonNull::from(&mut buffer)) };
    assert_eq!(status, 0);
    // SAFETY: it was just created for the caller, who owns one reference to it.
    unsafe { CFRetained::from_raw(NonNull::new(buffer).expect("a buffer")) }
}

fn surface(width: usize, height: usize, format: u32) -> PixelBufferSurface {
    // SAFETY: nobody else has the buffer.
    unsafe { PixelBufferSurface::new(buffer(width, height, format)) }.expect("a surface")
}

#[test]
fn a_buffer_of_the_sessions_size_and_range_is_encoded_where_it_is() {
    let double = exclusive();
    let size = Size::new(160, 96).expect("a size");
    let limited = cv::kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange;
    let full = cv::kCVPixelFormatType_420YpCbCr8BiPlanarFullRange;
    let mut encoder = VideoToolboxEncoder::open(&EncoderConfig::new(size)).expect("a session");
    assert!(!encoder.takes(&surface(160, 98, limited)));
    assert!(!encoder.takes(&surface(160, 96, full)));
    let color = Color { range: Range::Full, ..Color::default() };
    let other = VideoToolboxEncoder::open(&EncoderConfig::new(size).with_color(color)).expect("a session");
    assert!(other.takes(&surface(160, 96, full)));

    let surface = surface(160, 96, limited);
    assert!(encoder.takes(&surface));
    (0..3).for_each(|index| encode(&mut encoder, &surface, index));
    assert_eq!(surface.download().expect("its pixels").size(), size);
    drop((encoder, other, surface));
    double.assert_no_leaks();
}

#[test]
fn a_buffer_of_rgb_that_is_padded_is_downloaded_in_its_format_and_encoded() {
    let double = exclusive();
    let roster = Roster { encoders: framewire_videotoolbox::encoders(), ..Roster::default() };
    let config = EncoderConfig::new(Size::new(160, 30).expect("a size"));
    let mut encoder = Encoder::open(&roster, &Choice::Auto, config).expect("a session");
    for (index, (kind, format)) in [
        (cv::kCVPixelFormatType_32BGRA, PixelFormat::Bgra8),
        (cv::kCVPixelFormatType_32RGBA, PixelFormat::Rgba8),
    ]
    .into_iter()
    .enumerate()
    {
        let surface = surface(160, 30, kind);
        let picture = surface.download().expect("its pixels");
        assert_eq!((surface.format(), picture.format()), (format, format));
        let frame = Frame::new(Surface::Device(Arc::new(surface)));
        assert!(!encoder.takes(&frame));
        let id = FrameId(index as u64);
        let units = encoder.encode(&frame, id, Timestamp::from_micros(id.0 * 33_333)).expect("a unit");
        assert_eq!(units.len(), 1, "{format}");
    }
    drop(encoder);
    double.assert_no_leaks();
}

/// Encodes `surface` as frame `index`.
fn encode(encoder: &mut VideoToolboxEncoder, surface: &PixelBufferSurface, index: u64) {
    let input = Input {
        picture: InputPicture::Device(surface),
        id: FrameId(index),
        timestamp: Timestamp::from_micros(index * 33_333),
        key: false,
        changes: None,
    };
    let mut ids = Vec::new();
    encoder.encode(input, &mut |unit| ids.push(unit.id.0)).expect("the frame is encoded");
    assert_eq!(ids, [index]);
}

#[test]
fn a_buffer_of_rgb_is_converted_without_a_visit_to_the_processor() {
    let double = exclusive();
    let size = Size::new(160, 96).expect("a size");
    let mut encoder = VideoToolboxEncoder::open(&EncoderConfig::new(size)).expect("a session");
    assert!(!encoder.takes(&surface(160, 98, cv::kCVPixelFormatType_32BGRA)));
    let surface = surface(160, 96, cv::kCVPixelFormatType_32BGRA);
    assert!(encoder.takes(&surface));
    let before = double.locks();
    (0..3).for_each(|index| encode(&mut encoder, &surface, index));
    assert_eq!(double.locks(), before);
    assert!(!encoder.preparation().convert.is_zero());
    drop((encoder, surface));
    double.assert_no_leaks();
}

#[test]
fn a_buffer_of_rgb_whose_transfer_fails_is_downloaded_and_so_are_the_next() {
    let double = exclusive();
    double.faults(|faults| faults.transfer_fails_after = Some(1));
    let size = Size::new(160, 96).expect("a size");
    let mut encoder = VideoToolboxEncoder::open(&EncoderConfig::new(size)).expect("a session");
    let surface = surface(160, 96, cv::kCVPixelFormatType_32BGRA);
    let before = double.locks();
    encode(&mut encoder, &surface, 0);
    assert_eq!((double.locks() - before, encoder.takes(&surface)), (0, true));
    // It is read and written.
    encode(&mut encoder, &surface, 1);
    assert_eq!((double.locks() - before, encoder.takes(&surface)), (2, false));
    drop((encoder, surface));
    double.assert_no_leaks();
}

#[test]
fn a_buffer_of_another_format_is_no_surface() {
    let double = exclusive();
    let argb = buffer(160, 96, cv::kCVPixelFormatType_32ARGB);
    // SAFETY: nobody else has the buffer.
    assert!(unsafe { PixelBufferSurface::new(argb) }.is_err());
    double.assert_no_leaks();
}
