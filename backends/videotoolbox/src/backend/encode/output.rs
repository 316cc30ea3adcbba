//! What comes back from a session, on a thread of VideoToolbox's.

use framewire_frame::FrameId;
use objc2_core_foundation::CFRetained;
use objc2_core_media::CMSampleBuffer;
use objc2_video_toolbox::VTEncodeInfoFlags;
use std::{
    ffi::c_void,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::{self, NonNull},
    sync::mpsc::Sender,
};

/// The answer to one picture.
pub(super) struct Output {
    /// Whose it is.
    pub(super) id: FrameId,
    /// An `OSStatus`.
    pub(super) status: i32,
    /// `None` where the encoder dropped the picture.
    pub(super) sample: Option<Sample>,
}

/// A sample that a thread of VideoToolbox's hands to ours.
pub(super) struct Sample(CFRetained<CMSampleBuffer>);

// SAFETY: a sample buffer is counted with atomic operations and may be used from any thread, by one at a time. VideoToolbox
// does not change one after it has given it to the callback.
unsafe impl Send for Sample {}

impl Sample {
    pub(super) fn get(&self) -> &CMSampleBuffer {
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

/// An id as the pointer that VideoToolbox carries along and never follows.
pub(super) fn to_ref_con(id: FrameId) -> *mut c_void {
    // Pointers have 64 bits on every machine with VideoToolbox.
    ptr::without_provenance_mut(usize::try_from(id.0).unwrap_or(usize::MAX))
}

/// The callback of a session.
///
/// # Safety
/// `outbox` leads to the [`Outbox`] that the session was created with; `sample` is null or a live sample.
pub(super) unsafe extern "C-unwind" fn callback(
    outbox: *mut c_void,
    id: *mut c_void,
    status: i32,
    flags: VTEncodeInfoFlags,
    sample: *mut CMSampleBuffer,
) {
    // No panic may travel through VideoToolbox; what it would have sent is missed, as a dropped picture is. The hook has
    // reported it.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the caller's promise: the session keeps its outbox until no callback can come.
        let Some(outbox) = (unsafe { outbox.cast::<Outbox>().as_ref() }) else {
            return;
        };
        let dropped = flags.contains(VTEncodeInfoFlags::FrameDropped);
        let sample = NonNull::new(sample).filter(|_| !dropped && status == 0).map(|sample| {
            // SAFETY: the caller's promise; the sample lives until the callback returns, and longer by this reference.
            Sample(unsafe { CFRetained::retain(sample) })
        });
        // Nobody listens to a session that is being dropped.
        let _ = outbox.0.send(Output { id: FrameId(id.addr() as u64), status, sample });
    }));
}
