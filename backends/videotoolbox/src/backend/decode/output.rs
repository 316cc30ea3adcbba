//! What comes back from a session.

use framewire_frame::Timestamp;
use objc2_core_foundation::CFRetained;
use objc2_core_media::CMTime;
use objc2_core_video::{CVImageBuffer, CVPixelBuffer};
use objc2_video_toolbox::VTDecodeInfoFlags;
use std::{
    ffi::c_void,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::{self, NonNull},
    sync::mpsc::Sender,
};

/// The answer to one unit.
pub(super) struct Output {
    /// Of its unit.
    pub(super) timestamp: Timestamp,
    /// An `OSStatus`.
    pub(super) status: i32,
    /// `None` where the decoder dropped the picture.
    pub(super) image: Option<Image>,
}

/// A picture that a thread of VideoToolbox's hands to ours.
pub(super) struct Image(CFRetained<CVPixelBuffer>);

// SAFETY: a pixel buffer is counted with atomic operations and may be used from any thread, by one at a time. VideoToolbox
// does not change one after it has given it to the callback: the session was not told that it may.
unsafe impl Send for Image {}

impl Image {
    pub(super) fn get(&self) -> &CVPixelBuffer {
        &self.0
    }
}

/// Where the callback of a session puts what it gets. It never moves while the session lives.
pub(super) struct Outbox(Sender<Output>);

impl Outbox {
    pub(super) fn new(sender: Sender<Output>) -> Self {
        Self(sender)
    }
}

/// A moment as the pointer that VideoToolbox carries along and never follows.
pub(super) fn to_ref_con(timestamp: Timestamp) -> *mut c_void {
    // Pointers have 64 bits on every machine with VideoToolbox.
    ptr::without_provenance_mut(usize::try_from(timestamp.as_micros()).unwrap_or(usize::MAX))
}

/// The callback of a session.
///
/// # Safety
/// `outbox` leads to the [`Outbox`] that the session was created with; `image` is null or a live picture.
pub(super) unsafe extern "C-unwind" fn callback(
    outbox: *mut c_void,
    timestamp: *mut c_void,
    status: i32,
    flags: VTDecodeInfoFlags,
    image: *mut CVImageBuffer,
    _: CMTime,
    _: CMTime,
) {
    // No panic may travel through VideoToolbox; what it would have sent is missed, as a dropped picture is. The hook has
    // reported it.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the caller's promise: the session keeps its outbox until no callback can come.
        let Some(outbox) = (unsafe { outbox.cast::<Outbox>().as_ref() }) else {
            return;
        };
        let dropped = flags.contains(VTDecodeInfoFlags::FrameDropped);
        let image = NonNull::new(image).filter(|_| !dropped && status == 0).map(|image| {
            // SAFETY: the caller's promise; the picture lives until the callback returns, and longer by this reference.
            Image(unsafe { CFRetained::retain(image) })
        });
        let timestamp = Timestamp::from_micros(timestamp.addr() as u64);
        // Nobody listens to a session that is being dropped.
        let _ = outbox.0.send(Output { timestamp, status, image });
    }));
}
