//! The change map of the same pass is that of the processor.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use framewire_convert::{ChangeMap, Converter};
use framewire_frame::{Color, DeviceSurface, PictureMut, PictureRef, PixelFormat, Size};
use framewire_wgpu::{
    Gpu, Texture,
    wgpu::{self, TextureFormat},
};
use std::sync::Arc;
use support::{Random, blank_texture, converter, each_gpu, packed, size, write};

/// The processor's half of a comparison.
struct Processor {
    converter: Converter,
    size: Size,
    picture: Vec<u8>,
    changes: ChangeMap,
}

impl Processor {
    fn new(size: Size, to: PixelFormat) -> Self {
        Self {
            converter: Converter::new(PixelFormat::Rgba8, to, size, Color::default()).unwrap(),
            size,
            picture: vec![0; to.packed_len(size.padded_to_even())],
            changes: ChangeMap::new(size.padded_to_even()),
        }
    }

    fn convert(&mut self, pixels: &[u8]) {
        let to = self.converter.target_format();
        let source = PictureRef::packed(PixelFormat::Rgba8, self.size, pixels).unwrap();
        let mut target = PictureMut::packed(to, self.size.padded_to_even(), &mut self.picture).unwrap();
        self.converter.convert_tracking(&source, &mut target, &mut self.changes).unwrap();
    }
}

/// Draws into the same texture again and again.
struct Drawing<'a> {
    gpu: &'a Gpu,
    texture: wgpu::Texture,
}

impl<'a> Drawing<'a> {
    fn new(gpu: &'a Gpu, size: Size) -> Self {
        Self { gpu, texture: blank_texture(gpu, TextureFormat::Rgba8Unorm, size) }
    }

    fn draw(&self, pixels: &[u8]) -> Arc<dyn DeviceSurface> {
        write(self.gpu, &self.texture, pixels);
        Texture::new(self.gpu, &self.texture).unwrap().surface()
    }
}

#[test]
fn changes_are_those_of_the_processor() {
    let mut random = Random(21);
    each_gpu("changes_are_those_of_the_processor", |gpu| {
        for (size, to) in [
            (size(64, 48), PixelFormat::Nv12),
            (size(67, 35), PixelFormat::I420),
            (size(1283, 33), PixelFormat::Nv12),
            (size(1, 1), PixelFormat::I420),
            (size(18, 18), PixelFormat::Nv12),
            (size(1366, 34), PixelFormat::I420),
        ] {
            let drawing = Drawing::new(gpu, size);
            let mut processor = Processor::new(size, to);
            let mut pixels = random.bytes(4 * size.pixels());
            let first = drawing.draw(&pixels);
            let gpu_converter = converter(&*first, to, Color::default());
            let made = gpu_converter.convert(&*first).unwrap();
            assert_eq!(made.changes.count(), made.changes.flags().len(), "in a first picture all is new");
            processor.convert(&pixels);
            for round in 0..48 {
                // Some pixels, some of them by too little to be seen in the converted picture, or none; every other time in
                // the last column, which stands for those beyond it.
                for _ in 0..round % 4 {
                    let mut index = random.next() as usize % pixels.len();
                    if round % 8 < 4 {
                        let row = 4 * size.width() as usize;
                        index = index / row * row + row - 4 + index % 4;
                    }
                    pixels[index] ^= 1 << (random.next() % 8);
                }
                let surface = drawing.draw(&pixels);
                let made = gpu_converter.convert(&*surface).unwrap();
                processor.changes.clear();
                processor.convert(&pixels);
                assert_eq!(made.changes, processor.changes, "{size} to {to}");
                assert!(packed(&made.picture) == processor.picture, "{size} to {to}");
            }
        }
    });
}

#[test]
fn what_was_begun_and_never_asked_for_counts_too() {
    each_gpu("what_was_begun_and_never_asked_for_counts_too", |gpu| {
        let size = size(48, 16);
        let drawing = Drawing::new(gpu, size);
        let frame = |lit: &[usize]| {
            let mut pixels = vec![0; 4 * size.pixels()];
            lit.iter().for_each(|block| pixels[64 * block..][..64].fill(255));
            drawing.draw(&pixels)
        };
        let first = frame(&[]);
        let converter = converter(&*first, PixelFormat::Nv12, Color::default());
        converter.convert(&*first).unwrap();

        // It flashes in a frame that nobody sees: the marks stay, which costs a little and shows nothing wrong.
        let passed_over = frame(&[0]);
        converter.start(&*passed_over);
        let shown = frame(&[1]);
        converter.start(&*shown);
        let made = converter.convert(&*shown).unwrap();
        assert_eq!(made.changes.flags(), [true, true, false]);

        let made = converter.convert(&*frame(&[1])).unwrap();
        assert!(!made.changes.any(), "the same again");
        // More than there are places for.
        let many: Vec<_> = [&[0][..], &[0, 1], &[], &[1], &[0, 1]].map(frame).into();
        for surface in &many {
            converter.start(&**surface);
            wait(gpu);
        }
        let made = converter.convert(&*many[4]).unwrap();
        assert_eq!(made.changes.flags(), [true, true, false]);
        assert!(packed(&made.picture)[..32] == [235; 32] && packed(&made.picture)[32..48] == [16; 16]);
        converter.convert(&*frame(&[1])).unwrap();

        // An older one that is asked for late.
        let late = frame(&[2]);
        converter.start(&*frame(&[1, 2]));
        let made = converter.convert(&*late).unwrap();
        assert_eq!(made.changes.flags(), [false, true, true]);
    });
}

/// Until the device has done all that it was given.
fn wait(gpu: &Gpu) {
    gpu.device().poll(wgpu::PollType::wait_indefinitely()).unwrap();
}

#[test]
fn a_frame_shows_what_was_drawn_before_it_was_published_and_nothing_later() {
    each_gpu("a_frame_shows_what_was_drawn_before_it_was_published_and_nothing_later", |gpu| {
        let size = size(16, 16);
        let drawing = Drawing::new(gpu, size);
        // The texture has the last shade before the first conversion begins.
        let surfaces: Vec<_> = (0..6).map(|shade| drawing.draw(&vec![40 * shade; 1024])).collect();
        let converter = converter(&*surfaces[0], PixelFormat::Nv12, Color::default());
        for surface in surfaces.iter().chain(&surfaces) {
            converter.start(&**surface);
        }
        for (shade, surface) in surfaces.iter().enumerate() {
            let luma = packed(&converter.convert(&**surface).unwrap().picture)[0];
            assert_eq!(u32::from(luma), 16 + (40 * shade as u32 * 219 + 127) / 255);
        }
    });
}

#[test]
fn a_callback_of_the_program_may_publish() {
    each_gpu("a_callback_of_the_program_may_publish", |gpu| {
        let size = size(16, 16);
        let drawing = Drawing::new(gpu, size);
        let first = drawing.draw(&[10; 1024]);
        let converter = converter(&*first, PixelFormat::Nv12, Color::default());
        let (send, called) = std::sync::mpsc::channel();
        for shade in 0..20 {
            let (shared, texture, send) = (Arc::clone(&converter), drawing.texture.clone(), send.clone());
            let own = gpu.clone();
            // wgpu runs it within some submission or poll, on whichever thread makes it.
            gpu.queue().on_submitted_work_done(move || {
                let surface = Texture::new(&own, &texture).unwrap().surface();
                shared.start(&*surface);
                // Nobody listens any more after the test.
                let _ = send.send(());
            });
            let surface = drawing.draw(&[shade; 1024]);
            converter.start(&*surface);
            converter.convert(&*surface).unwrap();
        }
        wait(gpu);
        assert_eq!(called.try_iter().count(), 20);
    });
}
