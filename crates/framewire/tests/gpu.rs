//! Frames of a GPU through a stream: what viewers get of every rendition, and what they get when the GPU dies.
#![cfg(all(feature = "wgpu", feature = "openh264", feature = "images"))]
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use framewire::{
    Converter, Decoder, Frame, Picture, PixelFormat, Size, Stream, StreamConfig,
    codec::{Choice, Codec, ImageFormat, quality::Difference},
    convert::Scaler,
    engine::{EncoderChoice, RenditionKey, RenditionKind, Scale, Subscription, Unit},
    frame::{Color, DeviceError, FrameId, PictureMut},
    gpu::{
        AdapterChoice, Conversion, Error, Gpu, Texture,
        wgpu::{Origin3d, TexelCopyBufferLayout, TexelCopyTextureInfo, TextureAspect, TextureFormat},
    },
    pattern::Pattern,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

const LONG: Duration = Duration::from_secs(30);
const VIDEO: RenditionKind = RenditionKind::Video(Codec::H264);

/// A device of its own, so that a test may lose it.
fn gpu(test: &str) -> Option<Gpu> {
    match Gpu::open(&AdapterChoice::Fastest) {
        Ok(gpu) => Some(gpu.with_conversion(Conversion::OnDevice)),
        Err(error) => {
            println!("SKIPPED {test}: {error}");
            None
        }
    }
}

fn size() -> Size {
    Size::new(321, 182).unwrap()
}

fn drawn(seq: u64) -> Picture {
    Pattern::Gradient.picture(seq, PixelFormat::Rgba8, size()).unwrap()
}

fn on_gpu(gpu: &Gpu, picture: &Picture) -> Result<Frame, Error> {
    let texture = gpu.texture(size(), TextureFormat::Rgba8UnormSrgb)?;
    gpu.queue().write_texture(
        TexelCopyTextureInfo {
            texture: &texture,
            mip_level: 0,
            origin: Origin3d::ZERO,
            aspect: TextureAspect::All,
        },
        picture.as_ref().plane(0).data(),
        TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * size().width()), rows_per_image: None },
        texture.size(),
    );
    Ok(Texture::new(gpu, &texture)?.into())
}

/// Somebody who takes every unit.
struct Viewer {
    subscription: Subscription,
    head: watch::Receiver<u64>,
    next: u64,
}

impl Viewer {
    fn join(stream: &Stream, kind: RenditionKind, scale: Scale) -> Self {
        let subscription = stream.subscribe(RenditionKey { kind, scale }).unwrap();
        subscription.set_ready(true);
        let next = subscription.log().positions().end;
        Self { head: subscription.changed(), subscription, next }
    }

    /// The unit of a frame.
    async fn find(&mut self, id: FrameId) -> Arc<Unit> {
        let find = async {
            loop {
                self.head.wait_for(|head| *head > self.next).await.unwrap();
                while self.next < *self.head.borrow() {
                    let unit = self.subscription.log().get(self.next);
                    self.next += 1;
                    if let Some(unit) = unit.filter(|unit| unit.frame == id) {
                        return unit;
                    }
                }
            }
        };
        tokio::time::timeout(LONG, find).await.expect("the frame's unit has come")
    }
}

fn stream() -> Stream {
    let mut config = StreamConfig::new();
    config.encoder = EncoderChoice::Named("openh264".to_owned());
    Stream::new("gpu", config, Arc::new(framewire::engine::roster())).unwrap()
}

/// The picture that an encoder gets, made on the processor.
fn expected(seq: u64, target: Size) -> Picture {
    let format = PixelFormat::I420;
    let padded = if target == size() { size().padded_to_even() } else { size() };
    let mut full = vec![0; format.packed_len(padded)];
    Converter::new(PixelFormat::Rgba8, format, size(), Color::default())
        .unwrap()
        .convert(&drawn(seq).as_ref(), &mut PictureMut::packed(format, padded, &mut full).unwrap())
        .unwrap();
    let full = Picture::packed(format, padded, full).unwrap();
    if target == size() {
        return full;
    }
    let mut small = vec![0; format.packed_len(target)];
    Scaler::new(format, size(), target)
        .unwrap()
        .scale(&full.as_ref(), &mut PictureMut::packed(format, target, &mut small).unwrap())
        .unwrap();
    Picture::packed(format, target, small).unwrap()
}

/// How far a decoded unit is from the picture, in dB.
fn likeness(decoder: &mut Decoder, unit: &Unit, picture: &Picture) -> f64 {
    let mut difference = Difference::default();
    decoder
        .decode(&unit.data, unit.timestamp, &mut |decoded| {
            let shown = decoded.picture;
            assert_eq!(shown.size(), picture.size());
            let mut planar = vec![0; PixelFormat::I420.packed_len(shown.size())];
            let mut target = PictureMut::packed(PixelFormat::I420, shown.size(), &mut planar).unwrap();
            Converter::new(shown.format(), PixelFormat::I420, shown.size(), Color::default())
                .unwrap()
                .convert(&shown, &mut target)
                .unwrap();
            let shown = Picture::packed(PixelFormat::I420, shown.size(), planar).unwrap();
            difference.add(picture.as_ref(), shown.as_ref()).unwrap();
        })
        .unwrap();
    difference.psnr().all
}

#[tokio::test]
async fn every_rendition_of_a_frame_on_a_gpu_shows_it() {
    let Some(gpu) = gpu("every_rendition_of_a_frame_on_a_gpu_shows_it") else { return };
    let stream = stream();
    let mut full = Viewer::join(&stream, VIDEO, Scale::Full);
    let mut half = Viewer::join(&stream, VIDEO, Scale::Half);
    let mut image = Viewer::join(&stream, RenditionKind::Image(ImageFormat::Jpeg), Scale::Half);
    let roster = framewire::engine::roster();
    let mut decoders = [(); 2].map(|()| Decoder::new(&roster, &Choice::Auto, Codec::H264));
    let half_size = Size::new(162, 92).unwrap();
    for seq in 0..4 {
        let id = stream.publish(on_gpu(&gpu, &drawn(seq)).unwrap()).unwrap();
        let (unit, small, jpeg) = (full.find(id).await, half.find(id).await, image.find(id).await);
        assert_eq!((unit.size, small.size, jpeg.size), (size(), half_size, half_size));
        let likeness = [
            likeness(&mut decoders[0], &unit, &expected(seq, size())),
            likeness(&mut decoders[1], &small, &expected(seq, half_size)),
        ];
        assert!(likeness.iter().all(|psnr| *psnr > 35.0), "{likeness:?} dB");
    }
    assert!(stream.still_png().unwrap().unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn a_stream_survives_its_gpu() {
    let Some(gpu) = gpu("a_stream_survives_its_gpu") else { return };
    let stream = stream();
    let mut viewer = Viewer::join(&stream, VIDEO, Scale::Full);
    let id = stream.publish(on_gpu(&gpu, &drawn(0)).unwrap()).unwrap();
    viewer.find(id).await;
    let dying = on_gpu(&gpu, &drawn(1)).unwrap();
    gpu.device().destroy();
    let said: DeviceError = dying.surface.to_host().unwrap_err();
    assert!(said.to_string().contains("is lost"), "{said}");
    stream.publish(dying).unwrap();
    assert!(matches!(on_gpu(&gpu, &drawn(2)), Err(Error::Lost { .. })), "whoever draws is told");
    // It draws on without.
    let id = stream.publish(drawn(3)).unwrap();
    viewer.find(id).await;
}

#[tokio::test]
async fn a_stream_survives_a_gpu_that_dies_before_its_first_frame_is_seen() {
    let test = "a_stream_survives_a_gpu_that_dies_before_its_first_frame_is_seen";
    let Some(gpu) = gpu(test) else { return };
    for kind in [VIDEO, RenditionKind::Image(ImageFormat::Jpeg)] {
        for scale in [Scale::Full, Scale::Half] {
            let stream = stream();
            let mut viewer = Viewer::join(&stream, kind, scale);
            let dying = Gpu::open(&AdapterChoice::Fastest).unwrap().with_conversion(Conversion::OnDevice);
            let frame = on_gpu(&dying, &drawn(0)).unwrap();
            dying.device().destroy();
            stream.publish(frame).unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            let id = stream.publish(drawn(1)).unwrap();
            viewer.find(id).await;
            let id = stream.publish(on_gpu(&gpu, &drawn(2)).unwrap()).unwrap();
            viewer.find(id).await;
        }
    }
}
