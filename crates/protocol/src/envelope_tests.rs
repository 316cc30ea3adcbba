use super::*;
use framewire_frame::{ColorSpace, PixelRatio};
use proptest::prelude::*;

fn video() -> VideoHeader {
    VideoHeader {
        timestamp_us: 33_333,
        width: 1280,
        height: 720,
        codec: "avc1.42C01F".into(),
        bitstream: VideoHeader::ANNEX_B.into(),
        keyframe: true,
        duration_us: Some(33_333),
        pixel_ratio: None,
        color: None,
    }
}

fn header_text(message: &[u8]) -> &str {
    let length = u32::from_le_bytes(message[..4].try_into().unwrap());
    std::str::from_utf8(&message[4..4 + length as usize]).unwrap()
}

#[test]
fn a_video_header_is_the_reference_s_to_the_byte() {
    let message = pack(&FrameHeader::Video(video()), 7, b"\0\0\0\x01\x65");
    assert_eq!(
        header_text(&message),
        r#"{"type":"video_chunk","seq":7,"timestamp_us":33333,"width":1280,"height":720,"codec":"avc1.42C01F","bitstream":"annexb","keyframe":true,"duration_us":33333}"#
    );
    assert!(message.ends_with(b"\0\0\0\x01\x65"));
}

#[test]
fn an_image_header_is_the_reference_s_to_the_byte() {
    let header = ImageHeader {
        timestamp_us: 0,
        width: 2,
        height: 1,
        mime: ImageFormat::Jpeg,
        pixel_ratio: Some(2.0),
        color: Some(ColorSpace::SRGB.into()),
    };
    assert_eq!(
        header_text(&pack(&FrameHeader::Image(header), 0, b"x")),
        r#"{"type":"image_frame","seq":0,"timestamp_us":0,"width":2,"height":1,"mime":"image/jpeg","pixel_ratio":2.0,"color":{"primaries":"bt709","transfer":"srgb","matrix":"rgb","full_range":true,"bit_depth":8}}"#
    );
}

#[test]
fn the_publish_time_comes_last_and_only_to_those_who_asked() {
    let template = HeaderTemplate::new(&FrameHeader::Video(video()), 12, 34);
    let mut with = Vec::new();
    template.write(u64::MAX, true, &mut with);
    assert!(header_text(&with).ends_with(r#","publish_us":12,"encode_us":34}"#));
    assert!(with.len() <= template.max_len());
    let mut without = Vec::new();
    template.write(1, false, &mut without);
    assert!(!header_text(&without).contains("publish_us"));
}

#[test]
fn a_ratio_that_returns_to_one_is_said() {
    let mut sticky = Sticky::default();
    let two = PixelRatio::new(2.0).unwrap();
    assert_eq!(sticky.fields(PixelRatio::ONE, None), (None, None));
    assert_eq!(sticky.fields(two, None).0, Some(2.0));
    assert_eq!(sticky.fields(PixelRatio::ONE, None), (Some(1.0), None));
    assert_eq!(
        sticky.fields(PixelRatio::ONE, Some(ColorSpace::DISPLAY_P3)).1.unwrap().primaries,
        "display-p3"
    );
    assert_eq!(sticky.fields(PixelRatio::ONE, None).1.unwrap().primaries, "bt709");
}

#[test]
fn a_short_message_is_an_error() {
    assert_eq!(Envelope::parse(b"abc"), Err(EnvelopeError::Truncated { length: 3, needed: 4 }));
    assert!(matches!(
        Envelope::parse(&[255; 12]),
        Err(EnvelopeError::Truncated { needed: 4_294_967_299, .. })
    ));
    assert!(matches!(Envelope::parse(&[2, 0, 0, 0, b'[', b']']), Err(EnvelopeError::Header(_))));
    assert!(matches!(Envelope::parse(&[0, 0, 0, 0]), Err(EnvelopeError::Header(_))));
}

proptest! {
    #[test]
    fn what_is_packed_unpacks(seq: u64, timestamp_us in 0..u64::MAX, codec in ".{0,12}", payload in proptest::collection::vec(any::<u8>(), 0..64)) {
        let header = VideoHeader { timestamp_us, codec: codec.clone(), ..video() };
        let message = pack(&FrameHeader::Video(header), seq, &payload);
        let envelope = Envelope::parse(&message).unwrap();
        prop_assert_eq!(envelope.payload, &payload[..]);
        prop_assert_eq!(envelope.header.seq, seq);
        prop_assert_eq!(envelope.header.codec, Some(codec));
        prop_assert!(envelope.header.keyframe == Some(true) && envelope.header.publish_us.is_none());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = Envelope::parse(&bytes);
    }
}
