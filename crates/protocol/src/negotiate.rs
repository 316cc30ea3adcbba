use crate::{Capabilities, ImageFormat, VideoCodec};

/// How frames reach one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Video chunks for WebCodecs.
    Video(VideoCodec),
    /// Whole images.
    Image(ImageFormat),
}

/// What a stream can and wants to produce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportPolicy {
    /// The video codecs that the stream can encode.
    pub video: Capabilities,
    /// The image formats that the stream can encode.
    pub images: Capabilities,
    /// What the stream is set to. A client that cannot show it gets what it can show instead.
    pub preferred: Transport,
}

/// Chooses a transport that the client offers and the stream can produce, or none.
///
/// First the preferred one; then video, H.264 before HEVC, where video is preferred; then images in the order preferred,
/// PNG, JPEG, WebP. A stream that is set to an image format falls to video only for clients that show no images.
/// Nothing that the client did not offer is ever chosen.
pub fn select_transport(client: Capabilities, policy: &TransportPolicy) -> Option<Transport> {
    let possible = |transport: &Transport| match *transport {
        Transport::Video(codec) => client.has_video(codec) && policy.video.has_video(codec),
        Transport::Image(format) => client.has_image(format) && policy.images.has_image(format),
    };
    let video = [Transport::Video(VideoCodec::H264), Transport::Video(VideoCodec::Hevc)];
    let images = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Webp].map(Transport::Image);
    let images_after_wish = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Webp].map(Transport::Image);
    let order = match policy.preferred {
        wish @ Transport::Video(_) => [&[wish][..], &video, &images].concat(),
        wish @ Transport::Image(_) => [&[wish][..], &images_after_wish, &video].concat(),
    };
    order.into_iter().find(possible)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(names: &[&str]) -> Capabilities {
        Capabilities::from_strings(names.iter().copied())
    }

    const H264: Transport = Transport::Video(VideoCodec::H264);
    const HEVC: Transport = Transport::Video(VideoCodec::Hevc);
    const JPEG: Transport = Transport::Image(ImageFormat::Jpeg);
    const PNG: Transport = Transport::Image(ImageFormat::Png);
    const WEBP: Transport = Transport::Image(ImageFormat::Webp);
    const EVERY: &[&str] =
        &["image/jpeg", "image/png", "image/webp", "webcodecs/h264-annexb", "webcodecs/hevc-annexb"];

    fn chosen(client: &[&str], server: &[&str], preferred: Transport) -> Option<Transport> {
        let server = caps(server);
        select_transport(caps(client), &TransportPolicy { video: server, images: server, preferred })
    }

    #[test]
    fn the_table_of_the_protocol() {
        let h264 = "webcodecs/h264-annexb";
        assert_eq!(chosen(&["image/jpeg", "image/png", h264], EVERY, H264), Some(H264));
        assert_eq!(chosen(&["image/jpeg", "image/png"], EVERY, H264), Some(JPEG));
        assert_eq!(chosen(&["image/png"], EVERY, H264), Some(PNG));
        assert_eq!(chosen(&["image/webp"], EVERY, H264), Some(WEBP));
        assert_eq!(chosen(EVERY, &["image/png"], H264), Some(PNG));
        assert_eq!(chosen(&[], EVERY, H264), None);
        assert_eq!(chosen(&["image/avif"], EVERY, H264), None);
        assert_eq!(chosen(EVERY, EVERY, HEVC), Some(HEVC));
        assert_eq!(chosen(&[h264], EVERY, HEVC), Some(H264));
        assert_eq!(chosen(EVERY, EVERY, WEBP), Some(WEBP));
        assert_eq!(chosen(&["image/jpeg", "image/png"], EVERY, WEBP), Some(PNG));
        assert_eq!(chosen(&[h264], EVERY, JPEG), Some(H264));
    }

    #[test]
    fn an_image_viewer_never_gets_video_and_nothing_is_chosen_that_was_not_offered() {
        for offered in 0..32_u32 {
            let client: Vec<&str> = EVERY
                .iter()
                .enumerate()
                .filter(|(i, _)| offered >> i & 1 == 1)
                .map(|(_, name)| *name)
                .collect();
            for preferred in [H264, HEVC, JPEG, PNG, WEBP] {
                let offered = caps(&client);
                match chosen(&client, EVERY, preferred) {
                    Some(Transport::Video(codec)) => assert!(offered.has_video(codec)),
                    Some(Transport::Image(format)) => assert!(offered.has_image(format)),
                    None => assert!(offered.is_empty()),
                }
            }
        }
    }
}
