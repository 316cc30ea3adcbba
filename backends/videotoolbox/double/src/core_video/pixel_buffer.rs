//! `CVPixelBuffer`. Rows are padded, also where the width needs none, and new memory is full of rubbish.

use super::pool::Place;
use crate::{
    core_foundation::{Dictionary, text},
    ledger::{self, Kind},
    object::{self, Cf, Class, Object, create},
    types::{Boolean, OK, OSStatus, four_cc},
};
use std::{
    ffi::c_void,
    ptr, slice,
    sync::atomic::{AtomicUsize, Ordering},
};

pub(crate) const BGRA: u32 = four_cc(*b"BGRA");
pub(crate) const RGBA: u32 = four_cc(*b"RGBA");
pub(crate) const ARGB: u32 = 32;
pub(crate) const RGB: u32 = 24;
pub(crate) const NV12: u32 = four_cc(*b"420v");
pub(crate) const NV12_FULL: u32 = four_cc(*b"420f");
pub(crate) const I420: u32 = four_cc(*b"y420");

const INVALID_ARGUMENT: OSStatus = -6661;
const INVALID_FORMAT: OSStatus = -6680;
const INVALID_SIZE: OSStatus = -6681;
const RUBBISH: u8 = 0xcd;
const LARGEST_SIDE: usize = 16_384;

/// What a pixel buffer holds.
pub(crate) struct PixelBuffer {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) format: u32,
    pub(crate) planes: Vec<Plane>,
    pub(crate) attachments: Dictionary,
    /// Its place in a pool.
    pub(super) place: Option<Place>,
    locks: AtomicUsize,
    memory: Memory,
}

/// Where a plane lies.
pub(crate) struct Plane {
    start: *mut u8,
    pub(crate) stride: usize,
    width: usize,
    pub(crate) rows: usize,
    /// Bytes of samples in a row.
    row: usize,
}

enum Memory {
    Own(*mut [u8]),
    Packed(Option<ReleasePacked>, *mut c_void, *const c_void),
    Planar(Option<ReleasePlanar>, *mut c_void, *const c_void, usize, Vec<*const c_void>),
}

type ReleasePacked = unsafe extern "C-unwind" fn(*mut c_void, *const c_void);
type ReleasePlanar =
    unsafe extern "C-unwind" fn(*mut c_void, *const c_void, usize, usize, *const *const c_void);

// SAFETY: the memory is the buffer's own, or lent until the release callback; who reads and writes it when is up to the
// locks, as in the frameworks.
unsafe impl Send for PixelBuffer {}
// SAFETY: as above.
unsafe impl Sync for PixelBuffer {}

impl Class for PixelBuffer {
    const KIND: Kind = Kind::PixelBuffer;
}

/// Width in pixels, height in rows and bytes a pixel of each plane; `None` for an unknown format.
fn layout(width: usize, height: usize, format: u32) -> Option<Vec<(usize, usize, usize)>> {
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    match format {
        BGRA | RGBA | ARGB => Some(vec![(width, height, 4)]),
        RGB => Some(vec![(width, height, 3)]),
        NV12 | NV12_FULL => Some(vec![(width, height, 1), (half_width, half_height, 2)]),
        I420 => Some(vec![(width, height, 1), (half_width, half_height, 1), (half_width, half_height, 1)]),
        _ => None,
    }
}

fn checked_layout(width: usize, height: usize, format: u32) -> Result<Vec<(usize, usize, usize)>, OSStatus> {
    if width == 0 || height == 0 || width > LARGEST_SIDE || height > LARGEST_SIDE {
        return Err(INVALID_SIZE);
    }
    layout(width, height, format).ok_or(INVALID_FORMAT)
}

impl PixelBuffer {
    /// A buffer with memory of its own.
    pub(crate) fn new(width: usize, height: usize, format: u32) -> Result<Self, OSStatus> {
        let layout = checked_layout(width, height, format)?;
        let stride = |width: usize, bytes: usize| (width * bytes).next_multiple_of(64) + 64;
        let len = layout.iter().map(|&(width, rows, bytes)| stride(width, bytes) * rows).sum();
        let memory = Box::into_raw(vec![RUBBISH; len].into_boxed_slice());
        let mut start = memory.cast::<u8>();
        let mut planes = Vec::new();
        for (width, rows, bytes) in layout {
            let stride = stride(width, bytes);
            planes.push(Plane { start, stride, width, rows, row: width * bytes });
            start = start.wrapping_add(stride * rows);
        }
        Ok(Self::with(width, height, format, planes, Memory::Own(memory)))
    }

    fn with(width: usize, height: usize, format: u32, planes: Vec<Plane>, memory: Memory) -> Self {
        let locks = AtomicUsize::new(0);
        let attachments = Dictionary::new();
        Self { width, height, format, planes, attachments, place: None, locks, memory }
    }

    /// A number that most changes of the pixels change: a sum over some of them.
    ///
    /// # Safety
    /// As for [`PixelBuffer::bytes`].
    pub(crate) unsafe fn mark(&self) -> u64 {
        let mix = |sum: u64, &byte: &u8| sum.wrapping_mul(31).wrapping_add(byte.into());
        // SAFETY: the caller vouches that nobody writes.
        let plane = |index| unsafe { self.bytes(index) }.iter().step_by(61);
        (0..self.planes.len()).flat_map(plane).fold(0, mix)
    }

    fn is_planar(&self) -> bool {
        self.planes.len() > 1
    }

    /// The name of the matrix that is attached.
    pub(crate) fn matrix(&self) -> Option<String> {
        let is_matrix = |key: &Object| text(key) == Some("CVImageBufferYCbCrMatrix");
        let entry = self.attachments.entries().into_iter().find(|(key, _)| is_matrix(key))?;
        text(&entry.1).map(str::to_owned)
    }

    /// The bytes of a plane.
    ///
    /// # Safety
    /// Nobody writes to the buffer for `'_`.
    pub(crate) unsafe fn bytes(&self, plane: usize) -> &[u8] {
        let plane = &self.planes[plane];
        // The padding of the last row need not be there in lent memory.
        // SAFETY: the plane has so many rows of `stride` bytes; the caller vouches that nobody writes.
        unsafe { slice::from_raw_parts(plane.start, plane.stride * (plane.rows - 1) + plane.row) }
    }

    /// The same to write to.
    ///
    /// # Safety
    /// Nobody else reads or writes the plane for `'_`.
    #[expect(clippy::mut_from_ref, reason = "the memory is not the value's, and the caller vouches for it")]
    pub(crate) unsafe fn bytes_mut(&self, plane: usize) -> &mut [u8] {
        let plane = &self.planes[plane];
        // SAFETY: the plane has so many rows of `stride` bytes; the caller vouches that nobody else uses them.
        unsafe { slice::from_raw_parts_mut(plane.start, plane.stride * (plane.rows - 1) + plane.row) }
    }
}

impl Drop for PixelBuffer {
    fn drop(&mut self) {
        if self.locks.load(Ordering::SeqCst) > 0 {
            object::die("a CVPixelBuffer was freed while its base address is locked");
        }
        match &self.memory {
            // SAFETY: the pointer is of a box and is freed here alone.
            Memory::Own(memory) => unsafe { drop(Box::from_raw(*memory)) },
            Memory::Packed(release, context, start) => {
                if let Some(release) = release {
                    // SAFETY: the function was given for this memory.
                    unsafe { release(*context, *start) };
                }
            }
            Memory::Planar(release, context, start, len, planes) => {
                if let Some(release) = release {
                    // SAFETY: the function was given for this memory.
                    unsafe { release(*context, *start, *len, planes.len(), planes.as_ptr()) };
                }
            }
        }
    }
}

/// # Safety
/// `buffer` is an object of the frameworks.
unsafe fn get<'a>(buffer: Cf) -> &'a PixelBuffer {
    // SAFETY: the caller vouches for the reference.
    unsafe { object::get(buffer) }
}

/// # Safety
/// `out` is a place for a reference.
unsafe fn hand_out(buffer: Result<PixelBuffer, OSStatus>, out: *mut Cf) -> OSStatus {
    match buffer {
        Ok(buffer) => {
            // SAFETY: the caller vouches for the place.
            unsafe { *out = create(buffer) };
            OK
        }
        Err(status) => status,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferCreate(
    _: Cf,
    width: usize,
    height: usize,
    format: u32,
    _: Cf,
    out: *mut Cf,
) -> OSStatus {
    // SAFETY: the caller passes a place for the reference.
    unsafe { hand_out(PixelBuffer::new(width, height, format), out) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferCreateWithBytes(
    _: Cf,
    width: usize,
    height: usize,
    format: u32,
    start: *mut c_void,
    stride: usize,
    release: Option<ReleasePacked>,
    context: *mut c_void,
    _: Cf,
    out: *mut Cf,
) -> OSStatus {
    let buffer = checked_layout(width, height, format).and_then(|layout| match layout[..] {
        [(plane_width, rows, bytes)] if stride >= plane_width * bytes => {
            let plane =
                Plane { start: start.cast(), stride, width: plane_width, rows, row: plane_width * bytes };
            let memory = Memory::Packed(release, context, start);
            Ok(PixelBuffer::with(width, height, format, vec![plane], memory))
        }
        _ => Err(INVALID_ARGUMENT),
    });
    // SAFETY: the caller passes a place for the reference.
    unsafe { hand_out(buffer, out) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferCreateWithPlanarBytes(
    _: Cf,
    width: usize,
    height: usize,
    format: u32,
    start: *mut c_void,
    len: usize,
    count: usize,
    starts: *const *mut c_void,
    _: *const usize,
    _: *const usize,
    strides: *const usize,
    release: Option<ReleasePlanar>,
    context: *mut c_void,
    _: Cf,
    out: *mut Cf,
) -> OSStatus {
    let buffer = checked_layout(width, height, format).and_then(|layout| {
        if layout.len() != count {
            return Err(INVALID_ARGUMENT);
        }
        // SAFETY: the caller passes so many addresses and strides.
        let (starts, strides) =
            unsafe { (slice::from_raw_parts(starts, count), slice::from_raw_parts(strides, count)) };
        let plane =
            |((&start, &stride), (width, rows, bytes)): ((&*mut c_void, &usize), (usize, usize, usize))| {
                Plane { start: start.cast(), stride, width, rows, row: width * bytes }
            };
        let planes = starts.iter().zip(strides).zip(layout).map(plane).collect();
        let starts = starts.iter().map(|start| start.cast_const()).collect();
        let memory = Memory::Planar(release, context, start, len, starts);
        Ok(PixelBuffer::with(width, height, format, planes, memory))
    });
    // SAFETY: the caller passes a place for the reference.
    unsafe { hand_out(buffer, out) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferLockBaseAddress(buffer: Cf, _: u64) -> OSStatus {
    // SAFETY: the caller passes a pixel buffer.
    unsafe { get(buffer) }.locks.fetch_add(1, Ordering::SeqCst);
    ledger::locked();
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferUnlockBaseAddress(buffer: Cf, _: u64) -> OSStatus {
    // SAFETY: the caller passes a pixel buffer.
    let locks = &unsafe { get(buffer) }.locks;
    let unlocked = locks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1));
    if unlocked.is_ok() { OK } else { INVALID_ARGUMENT }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferGetWidth(buffer: Cf) -> usize {
    // SAFETY: the caller passes a pixel buffer.
    unsafe { get(buffer) }.width
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferGetHeight(buffer: Cf) -> usize {
    // SAFETY: the caller passes a pixel buffer.
    unsafe { get(buffer) }.height
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferGetPixelFormatType(buffer: Cf) -> u32 {
    // SAFETY: the caller passes a pixel buffer.
    unsafe { get(buffer) }.format
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferIsPlanar(buffer: Cf) -> Boolean {
    // SAFETY: the caller passes a pixel buffer.
    unsafe { get(buffer) }.is_planar().into()
}

/// Zero for a packed format.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferGetPlaneCount(buffer: Cf) -> usize {
    // SAFETY: the caller passes a pixel buffer.
    let buffer = unsafe { get(buffer) };
    if buffer.is_planar() { buffer.planes.len() } else { 0 }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferGetDataSize(buffer: Cf) -> usize {
    // SAFETY: the caller passes a pixel buffer.
    unsafe { get(buffer) }.planes.iter().map(|plane| plane.stride * plane.rows).sum()
}

/// Null for a planar format and without a lock.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferGetBaseAddress(buffer: Cf) -> *mut c_void {
    // SAFETY: the caller passes a pixel buffer.
    let buffer = unsafe { get(buffer) };
    if buffer.is_planar() || buffer.locks.load(Ordering::SeqCst) == 0 {
        return ptr::null_mut();
    }
    buffer.planes[0].start.cast()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferGetBytesPerRow(buffer: Cf) -> usize {
    // SAFETY: the caller passes a pixel buffer.
    unsafe { get(buffer) }.planes[0].stride
}

/// # Safety
/// `buffer` is an object of the frameworks.
unsafe fn plane<'a>(buffer: Cf, index: usize) -> Option<&'a Plane> {
    // SAFETY: the caller vouches for the reference.
    let buffer = unsafe { get(buffer) };
    if buffer.is_planar() { buffer.planes.get(index) } else { None }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferGetWidthOfPlane(buffer: Cf, index: usize) -> usize {
    // SAFETY: the caller passes a pixel buffer.
    unsafe { plane(buffer, index) }.map_or(0, |plane| plane.width)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferGetHeightOfPlane(buffer: Cf, index: usize) -> usize {
    // SAFETY: the caller passes a pixel buffer.
    unsafe { plane(buffer, index) }.map_or(0, |plane| plane.rows)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferGetBytesPerRowOfPlane(buffer: Cf, index: usize) -> usize {
    // SAFETY: the caller passes a pixel buffer.
    unsafe { plane(buffer, index) }.map_or(0, |plane| plane.stride)
}

/// Null for a packed format, a plane that is not there, and without a lock.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CVPixelBufferGetBaseAddressOfPlane(buffer: Cf, index: usize) -> *mut c_void {
    // SAFETY: the caller passes a pixel buffer.
    let (plane, locks) = unsafe { (plane(buffer, index), &get(buffer).locks) };
    match plane {
        Some(plane) if locks.load(Ordering::SeqCst) > 0 => plane.start.cast(),
        _ => ptr::null_mut(),
    }
}
