//! What sessions of every kind are asked.

use super::{dictionary::Name, status::Status};
use objc2_core_foundation::{CFBoolean, CFRetained, CFType};
use objc2_video_toolbox::{VTSession, VTSessionCopyProperty};
use std::ptr::{self, NonNull};

/// A property that is yes or no; `None` where the session does not say.
pub(crate) fn flag(session: &VTSession, key: &Name) -> Option<bool> {
    let mut value: *mut CFType = ptr::null_mut();
    // SAFETY: the session is a live one, and the last argument leads to a variable that holds a reference to an object,
    // as is documented for every property of a session that is no structure.
    let status = unsafe { VTSessionCopyProperty(session, &key.string, None, (&raw mut value).cast()) };
    Status::check(status).ok()?;
    // SAFETY: the call gives the caller one reference to what it copied.
    let value = unsafe { CFRetained::from_raw(NonNull::new(value)?) };
    Some(value.downcast_ref::<CFBoolean>()?.as_bool())
}
