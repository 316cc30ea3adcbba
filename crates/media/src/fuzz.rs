//! The body of the fuzz target. It takes any bytes and must not panic.

use crate::source::{Source as _, SourceOptions, Y4m};

/// Frames that are read of one input.
const MAX_FRAMES: usize = 100;

/// Reads the bytes as YUV4MPEG2: every frame has the size of the header, and none comes after the end.
pub fn y4m(bytes: &[u8]) {
    let Ok(mut source) = Y4m::from_stream(bytes, &SourceOptions::default()) else { return };
    let _ = (source.describe(), source.frame_rate());
    let mut size = None;
    for _ in 0..MAX_FRAMES {
        match source.next() {
            Ok(Some(timed)) => assert_eq!(timed.frame.size(), *size.get_or_insert(timed.frame.size())),
            Ok(None) => {
                assert!(matches!(source.next(), Ok(None)), "a frame comes after the end");
                return;
            }
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pieces of a stream, which a mixture of them often is one of.
    const WORDS: [&str; 14] = [
        "YUV4MPEG2",
        " ",
        "W4",
        "H2",
        "W4294967295",
        "F30:1",
        "F0:0",
        "C420jpeg",
        "C444",
        "Ip",
        "XCOLORRANGE=FULL",
        "\n",
        "FRAME",
        "0123456789ab",
    ];

    proptest! {
        #[test]
        fn the_body_does_not_fail_on_a_mixture_of_words(
            words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..12),
        ) {
            y4m(words.concat().as_bytes());
            y4m(format!("YUV4MPEG2 W4 H2 F30:1\n{}", words.concat()).as_bytes());
        }
    }
}
