//! The whole path over the compiled-in encoders: published pixels in, decodable units out.

mod common;

use common::*;
use framewire_codec::{Choice, Codec, Decoded, Decoder, ImageFormat, Rate};
use framewire_engine::{RenditionKey, RenditionKind, Stream, StreamConfig, UnitKind};
use framewire_frame::{Bitrate, FrameRate, Picture, PixelFormat, Size};
use framewire_pattern::Pattern;
use std::{sync::Arc, time::Duration};

fn roster() -> Arc<framewire_codec::Roster> {
    Arc::new(framewire_codec::Roster {
        encoders: framewire_software::encoders(),
        decoders: framewire_software::decoders(),
        images: framewire_software::images(),
        ..framewire_codec::Roster::default()
    })
}

fn box_at(seq: u64, size: Size) -> Picture {
    Pattern::BouncingBox.picture(seq, PixelFormat::Rgba8, size).expect("patterns are drawn in RGBA")
}

#[tokio::test]
async fn video_of_any_size_decodes_in_order_through_resizes() {
    let stream = Stream::new("test", StreamConfig::default(), roster()).unwrap();
    let mut viewer = Viewer::ready(&stream, H264);
    let mut decoder = Decoder::new(&roster(), &Choice::Auto, Codec::H264);
    for (seq, side) in [(0, 128), (1, 128), (2, 129), (3, 129), (4, 64)] {
        let id = stream.publish(box_at(seq, size(side, 96))).unwrap();
        let unit = viewer.next().await;
        assert_eq!((unit.frame, unit.key), (id, matches!(seq, 0 | 2 | 4)));
        assert!(matches!(&unit.kind, UnitKind::Video(codec) if codec.as_str().starts_with("avc1.")));
        let mut shown = Vec::new();
        let mut show = |decoded: Decoded<'_>| shown.push((decoded.picture.size(), decoded.timestamp));
        decoder.decode(&unit.data, unit.timestamp, &mut show).unwrap();
        assert_eq!(shown, [(unit.size.padded_to_even(), unit.timestamp)], "one in, one out");
    }
}

#[tokio::test]
async fn a_still_is_larger_and_better_than_the_frame_before_it() {
    let mut config = StreamConfig::default();
    // Longer than the first frame waits for its turn on a busy machine: it would be the still itself.
    config.still_after = Some(Duration::from_millis(500));
    config.rate = Rate { bitrate: Bitrate::from_bits_per_second(300_000), frame_rate: FrameRate::whole(30) };
    let stream = Stream::new("test", config, roster()).unwrap();
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(Pattern::Noise.picture(0, PixelFormat::Rgba8, size(320, 240)).unwrap()).unwrap();
    let first = viewer.next().await;
    let still = viewer.find("a still", |unit| unit.still).await;
    assert!(still.key);
    assert!(still.data.len() > first.data.len(), "{} and {} bytes", still.data.len(), first.data.len());
}

#[tokio::test]
async fn images_are_what_their_name_says() {
    let stream = Stream::new("test", StreamConfig::default(), roster()).unwrap();
    stream.publish(box_at(3, size(65, 33))).unwrap();
    for (format, magic) in
        [(ImageFormat::Jpeg, &b"\xff\xd8"[..]), (ImageFormat::Png, b"\x89PNG"), (ImageFormat::Webp, b"RIFF")]
    {
        let mut viewer = Viewer::ready(&stream, RenditionKey::full(RenditionKind::Image(format)));
        let unit = viewer.next().await;
        assert!(unit.data.starts_with(magic), "{format}");
        assert_eq!(unit.size, size(65, 33));
    }
    assert!(stream.still_png().unwrap().unwrap().starts_with(b"\x89PNG"));
}
