//! Moments as CoreMedia writes them.

use framewire_frame::Timestamp;
use objc2_core_media::{CMTime, CMTimeFlags};

/// Microseconds, the unit of [`Timestamp`].
const TIMESCALE: i32 = 1_000_000;

/// No moment: "all frames" to a session that is to complete them, "not known" for a duration.
pub(crate) const NEVER: CMTime = CMTime { value: 0, timescale: 0, flags: CMTimeFlags::empty(), epoch: 0 };

/// The moment itself, not one that is counted from a frame rate.
pub(crate) fn moment(timestamp: Timestamp) -> CMTime {
    let value = i64::try_from(timestamp.as_micros()).unwrap_or(i64::MAX);
    CMTime { value, timescale: TIMESCALE, flags: CMTimeFlags::Valid, epoch: 0 }
}
