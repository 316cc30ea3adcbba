//! `CVPixelBufferPool`. Every buffer is a new one, so that what is left in it of a former frame never looks right.

use super::PixelBuffer;
use crate::{
    core_foundation::{lookup, number},
    ledger::Kind,
    object::{self, Cf, Class, Ref, create},
    types::{OK, OSStatus},
};
use std::{
    ptr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

const ALLOCATION_FAILED: OSStatus = -6662;
const WOULD_EXCEED_THRESHOLD: OSStatus = -6689;
const INVALID_ATTRIBUTES: OSStatus = -6682;

/// What the buffers of a pool are.
pub(crate) struct Pool {
    width: usize,
    height: usize,
    format: u32,
    attributes: Option<Ref>,
    /// How many of its buffers are alive.
    alive: Arc<AtomicUsize>,
}

/// Counts a buffer for as long as it lives.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Class for Pool {
    const KIND: Kind = Kind::PixelBufferPool;
}

impl Pool {
    pub(crate) fn new(width: usize, height: usize, format: u32) -> Self {
        Self { width, height, format, attributes: None, alive: Arc::default() }
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
    unsafe { *out = create(Pool { attributes, ..Pool::new(width, height, format) }) };
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferPoolCreatePixelBuffer(
    allocator: Cf,
    pool: Cf,
    out: *mut Cf,
) -> OSStatus {
    // SAFETY: the caller's promise is the same, and null is no attribute.
    unsafe { CVPixelBufferPoolCreatePixelBufferWithAuxAttributes(allocator, pool, ptr::null(), out) }
}

/// Knows the attribute `AllocationThreshold`: how many buffers of the pool may be alive.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferPoolCreatePixelBufferWithAuxAttributes(
    _: Cf,
    pool: Cf,
    attributes: Cf,
    out: *mut Cf,
) -> OSStatus {
    // SAFETY: the caller passes a pool.
    let pool = unsafe { object::get::<Pool>(pool) };
    // SAFETY: the caller passes a dictionary or null.
    let threshold = unsafe { lookup(attributes, "AllocationThreshold") };
    let threshold = threshold.and_then(|value| usize::try_from(number(&value)?.as_i64()).ok());
    let place = Place(pool.alive.clone());
    let alive = pool.alive.fetch_add(1, Ordering::SeqCst);
    if threshold.is_some_and(|threshold| alive >= threshold) {
        return WOULD_EXCEED_THRESHOLD;
    }
    match PixelBuffer::new(pool.width, pool.height, pool.format) {
        Ok(mut buffer) => {
            buffer.place = Some(place);
            // SAFETY: the caller passes a place for the reference.
            unsafe { *out = create(buffer) };
            OK
        }
        Err(_) => ALLOCATION_FAILED,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferPoolGetPixelBufferAttributes(pool: Cf) -> Cf {
    // SAFETY: the caller passes a pool.
    unsafe { object::get::<Pool>(pool) }.attributes.as_ref().map_or(ptr::null(), Ref::as_ptr)
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CVPixelBufferPoolFlush(_: Cf, _: usize) {}
