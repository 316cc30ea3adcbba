use framewire_frame::{Bitrate, FrameRate};

/// How many bits and how many frames a second: what may change while an encoder runs.
///
/// The frame rate paces nothing; it tells the rate control how many bits one frame may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The target.
    pub bitrate: Bitrate,
    /// The expected number of frames.
    pub frame_rate: FrameRate,
}

impl Default for Rate {
    /// 8 Mb/s at 30 frames per second.
    fn default() -> Self {
        Self { bitrate: Bitrate::from_bits_per_second(8_000_000), frame_rate: FrameRate::whole(30) }
    }
}
