//! What the callbacks of a session send from threads of VideoToolbox's.

use super::status::Status;
use objc2_core_foundation::{CFRetained, Type};
use objc2_core_media::CMSampleBuffer;
use objc2_core_video::CVImageBuffer;
use std::{
    ffi::c_void,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::{self, NonNull},
    sync::mpsc::{Receiver, Sender, channel},
};

/// The answer to one picture or unit.
pub(crate) struct Answer<T> {
    /// What it was submitted with.
    pub(crate) tag: u64,
    /// An `OSStatus`.
    pub(crate) status: i32,
    /// `None` where the session dropped it.
    pub(crate) object: Option<Handed<T>>,
}

/// An object that a thread of VideoToolbox's hands to ours.
pub(crate) struct Handed<T>(CFRetained<T>);

/// What callbacks hand over.
///
/// # Safety
/// The objects are counted with atomic operations and may be used from any thread, by one at a time, and VideoToolbox does not
/// change one after it has given it to a callback.
pub(crate) unsafe trait Handover: Type {}

// SAFETY: an encoder makes a sample buffer for the callback and is done with it; CoreMedia's objects are bound to no thread.
unsafe impl Handover for CMSampleBuffer {}
// SAFETY: a decoder writes a picture once, before it gives it away, and only reads it afterwards; CoreVideo's buffers are bound to
// no thread.
unsafe impl Handover for CVImageBuffer {}

// SAFETY: what the trait promises.
unsafe impl<T: Handover> Send for Handed<T> {}

/// Where the callback of a session puts what it gets.
///
/// The callback holds the sending half by its address, which stays until [`Outbox::close`]: an outbox that is not closed
/// leaves those few bytes behind.
pub(crate) struct Outbox<T> {
    sender: NonNull<Sender<Answer<T>>>,
    received: Receiver<Answer<T>>,
}

// SAFETY: answers are `Send`; the sender is only reached by the callback, through `&Sender`, which is `Sync`, and once more when
// the outbox is closed.
unsafe impl<T: Handover> Send for Outbox<T> {}

impl<T> Handed<T> {
    pub(crate) fn get(&self) -> &T {
        &self.0
    }

    pub(crate) fn into_inner(self) -> CFRetained<T> {
        self.0
    }
}

impl<T> Outbox<T> {
    pub(crate) fn new() -> Self {
        let (sender, received) = channel();
        Self { sender: NonNull::from(Box::leak(Box::new(sender))), received }
    }

    /// What a session is created with beside its callback, which passes it to [`deliver`].
    pub(crate) fn context(&self) -> *mut c_void {
        self.sender.as_ptr().cast()
    }

    /// The next answer that has come.
    pub(crate) fn take(&self) -> Option<Answer<T>> {
        self.received.try_recv().ok()
    }

    /// Frees the address that callbacks hold.
    ///
    /// # Safety
    /// No callback comes now or later, and this is called once.
    pub(crate) unsafe fn close(&self) {
        // SAFETY: it came from a box; by the caller's promise nobody reaches it any more.
        drop(unsafe { Box::from_raw(self.sender.as_ptr()) });
    }

    /// Frees the address at the end of a session that is invalid now, where `completed` says that every callback has
    /// returned. A session that cannot say so may call back yet.
    ///
    /// # Safety
    /// The session with this context is invalid, and this is called once.
    pub(crate) unsafe fn close_after(&self, completed: Result<(), Status>) {
        match completed {
            // SAFETY: every callback has returned, and an invalid session calls none.
            Ok(()) => unsafe { self.close() },
            Err(status) => tracing::debug!("a session of VideoToolbox ended with {status}"),
        }
    }
}

/// A number as the pointer that VideoToolbox carries along and never follows.
pub(crate) fn to_ref_con(tag: u64) -> *mut c_void {
    // Pointers have 64 bits on every machine with VideoToolbox.
    ptr::without_provenance_mut(usize::try_from(tag).unwrap_or(usize::MAX))
}

/// The body of a callback: sends what it was called with.
///
/// # Safety
/// `context` is that of an [`Outbox`] of the same type that was not closed; `object` is null or a live one.
pub(crate) unsafe fn deliver<T: Handover>(
    context: *mut c_void,
    tag: *mut c_void,
    status: i32,
    dropped: bool,
    object: *mut T,
) {
    // No panic may travel through VideoToolbox; what it would have sent is missed, as a dropped picture is. The hook has
    // reported it.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the caller's promise: the session keeps its outbox until no callback can come.
        let Some(sender) = (unsafe { context.cast::<Sender<Answer<T>>>().as_ref() }) else {
            return;
        };
        let object = NonNull::new(object).filter(|_| !dropped && status == 0).map(|object| {
            // SAFETY: the caller's promise; the object lives until the callback returns, and longer by this reference.
            Handed(unsafe { CFRetained::retain(object) })
        });
        // Nobody listens to a session that is being dropped.
        let _ = sender.send(Answer { tag: tag.addr() as u64, status, object });
    }));
}
