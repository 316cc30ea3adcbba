//! `VTPixelTransferSession`.

use super::{PIXEL_TRANSFER_NOT_SUPPORTED, image, settings::Properties};
use crate::{
    core_video::PixelBuffer,
    faults,
    ledger::Kind,
    object::{self, Cf, Class, create},
    types::{OK, OSStatus},
};
use framewire_frame::Matrix;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What a session holds.
pub(super) struct Transfer {
    pub(super) properties: Properties,
    images: AtomicUsize,
    invalid: AtomicBool,
}

impl Class for Transfer {
    const KIND: Kind = Kind::PixelTransferSession;
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTPixelTransferSessionCreate(_: Cf, out: *mut Cf) -> OSStatus {
    let properties = Properties::new(Kind::PixelTransferSession, false);
    let session = Transfer { properties, images: AtomicUsize::new(0), invalid: AtomicBool::new(false) };
    // SAFETY: the caller passes a place for the reference.
    unsafe { *out = create(session) };
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTPixelTransferSessionInvalidate(session: Cf) {
    // SAFETY: the caller passes a session.
    unsafe { object::get::<Transfer>(session) }.invalid.store(true, Ordering::SeqCst);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTPixelTransferSessionTransferImage(
    session: Cf,
    source: Cf,
    target: Cf,
) -> OSStatus {
    // SAFETY: the caller passes a session and two pixel buffers.
    let (session, source, target) = unsafe {
        (
            object::get::<Transfer>(session),
            object::get::<PixelBuffer>(source),
            object::get::<PixelBuffer>(target),
        )
    };
    if session.invalid.load(Ordering::SeqCst) {
        return super::INVALID_SESSION;
    }
    let images = session.images.fetch_add(1, Ordering::SeqCst);
    if faults::current().transfer_fails_after.is_some_and(|limit| images >= limit) {
        return PIXEL_TRANSFER_NOT_SUPPORTED;
    }
    // What samples mean that are there already is attached to them.
    let matrix = match source.matrix() {
        Some(name) if name == "ITU_R_709_2" => Matrix::Bt709,
        Some(_) => Matrix::Bt601,
        None => session.properties.matrix("DestinationYCbCrMatrix"),
    };
    if image::transfer(source, target, matrix) { OK } else { PIXEL_TRANSFER_NOT_SUPPORTED }
}
