//! What is attached to a pixel buffer, its colour above all.

use super::PixelBuffer;
use crate::{
    core_foundation::Dictionary,
    object::{self, Cf, Ref, create, object},
    types::Boolean,
};
use std::ptr;

/// # Safety
/// `buffer` is an object of the frameworks.
unsafe fn attachments<'a>(buffer: Cf) -> &'a Dictionary {
    // SAFETY: the caller vouches for the reference.
    &unsafe { object::get::<PixelBuffer>(buffer) }.attachments
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVBufferSetAttachment(buffer: Cf, key: Cf, value: Cf, _: u32) {
    // SAFETY: the caller passes a pixel buffer and two objects.
    unsafe {
        if let (Some(key), Some(value)) = (Ref::retain(key), Ref::retain(value)) {
            attachments(buffer).set(key, value);
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVBufferSetAttachments(buffer: Cf, all: Cf, _: u32) {
    // SAFETY: the caller passes a pixel buffer and a dictionary.
    let (attachments, all) = unsafe { (attachments(buffer), object::get::<Dictionary>(all)) };
    for (key, value) in all.entries() {
        attachments.set(key, value);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVBufferCopyAttachment(buffer: Cf, key: Cf, mode: *mut u32) -> Cf {
    // SAFETY: the caller passes a pixel buffer and a string.
    let value = unsafe { attachments(buffer).get(object(key)) };
    // SAFETY: the pointer is null or a place for the mode.
    if let Some(mode) = unsafe { mode.as_mut() } {
        *mode = 1;
    }
    value.map_or(ptr::null(), Ref::into_raw)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVBufferHasAttachment(buffer: Cf, key: Cf) -> Boolean {
    // SAFETY: the caller passes a pixel buffer and a string.
    Boolean::from(unsafe { attachments(buffer).get(object(key)) }.is_some())
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVBufferCopyAttachments(buffer: Cf, _: u32) -> Cf {
    // SAFETY: the caller passes a pixel buffer.
    let entries = unsafe { attachments(buffer) }.entries();
    let copy = Dictionary::new();
    for (key, value) in entries {
        copy.set(key, value);
    }
    create(copy)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVBufferPropagateAttachments(source: Cf, target: Cf) {
    // SAFETY: the caller passes two pixel buffers.
    let (source, target) = unsafe { (attachments(source), attachments(target)) };
    for (key, value) in source.entries() {
        target.set(key, value);
    }
}
