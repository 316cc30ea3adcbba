//! `CVPixelBufferPool`. Every buffer is a new one, so that what is left in it of a former frame never looks right.

use super::PixelBuffer;
use crate::{
    core_foundation::{lookup, number},
    ledger::Kind,
    object::{self, Cf, Class, Ref, create},
    types::{OK, OSStatus},
};
use std::ptr;

const ALLOCATION_FAILED: OSStatus = -6662;
const INVALID_ATTRIBUTES: OSStatus = -6682;

/// What the buffers of a pool are.
pub(crate) struct Pool {
    width: usize,
    height: usize,
    format: u32,
    attributes: Option<Ref>,
}

impl Class for Pool {
    const KIND: Kind = Kind::PixelBufferPool;
}

impl Pool {
    pub(crate) fn new(width: usize, height: usize, format: u32) -> Self {
        Self { width, height, format, attributes: None }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferPoolCreate(_: Cf, _: Cf, attributes: Cf, out: *mut Cf) -> OSStatus {
    // SAFETY: the caller passes a dictionary or null.
    let value = |key| unsafe { lookup(attributes, key) }.and_then(|value| Some(number(&value)?.as_i64()));
    let size = |key| value(key).and_then(|value| usize::try_from(value).ok());
    let (Some(width), Some(height), Some(format)) =
        (size("Width"), size("Height"), value("PixelFormatType").and_then(|value| u32::try_from(value).ok()))
    else {
        return INVALID_ATTRIBUTES;
    };
    // SAFETY: the caller passes a dictionary or null.
    let attributes = unsafe { Ref::retain(attributes) };
    // SAFETY: the caller passes a place for the reference.
    unsafe { *out = create(Pool { width, height, format, attributes }) };
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferPoolCreatePixelBuffer(_: Cf, pool: Cf, out: *mut Cf) -> OSStatus {
    // SAFETY: the caller passes a pool.
    let pool = unsafe { object::get::<Pool>(pool) };
    match PixelBuffer::new(pool.width, pool.height, pool.format) {
        Ok(buffer) => {
            // SAFETY: the caller passes a place for the reference.
            unsafe { *out = create(buffer) };
            OK
        }
        Err(_) => ALLOCATION_FAILED,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferPoolCreatePixelBufferWithAuxAttributes(
    allocator: Cf,
    pool: Cf,
    _: Cf,
    out: *mut Cf,
) -> OSStatus {
    // SAFETY: the caller's promise is the same.
    unsafe { CVPixelBufferPoolCreatePixelBuffer(allocator, pool, out) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferPoolGetPixelBufferAttributes(pool: Cf) -> Cf {
    // SAFETY: the caller passes a pool.
    unsafe { object::get::<Pool>(pool) }.attributes.as_ref().map_or(ptr::null(), Ref::as_ptr)
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CVPixelBufferPoolFlush(_: Cf, _: usize) {}
