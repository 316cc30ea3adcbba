//! `CMFormatDescription` of video, with its parameter sets.

use crate::{
    core_foundation::lookup,
    faults,
    ledger::Kind,
    object::{self, Cf, Class, Ref, create, object},
    types::{Boolean, H264, HEVC, OK, OSStatus, four_cc},
};
use framewire_bitstream::{Codec, StreamFacts};
use std::{ffi::c_int, ptr, slice};

const INVALID_PARAMETER: OSStatus = -12710;

/// What a format description holds.
#[derive(PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) codec: u32,
    pub(crate) width: i32,
    pub(crate) height: i32,
    pub(crate) sets: Vec<Vec<u8>>,
    pub(crate) length_size: c_int,
}

/// The same with what plays no part in comparisons.
struct Described {
    format: Format,
    extensions: Option<Ref>,
}

#[repr(C)]
struct Dimensions {
    width: i32,
    height: i32,
}

impl Class for Described {
    const KIND: Kind = Kind::FormatDescription;
}

impl Format {
    /// The description of a stream with these parameter sets; `None` where there is no readable SPS among them.
    pub(crate) fn from_sets(codec: u32, sets: Vec<Vec<u8>>, length_size: c_int) -> Option<Self> {
        let (parser, is_sps): (_, fn(u8) -> bool) = match codec {
            H264 => (Codec::H264, |header| header & 31 == 7),
            _ => (Codec::Hevc, |header| header >> 1 & 63 == 33),
        };
        let sps = sets.iter().find(|set| set.first().is_some_and(|&header| is_sps(header)))?;
        let facts = StreamFacts::from_sps(parser, sps).ok()?;
        let width = i32::try_from(facts.display.width).ok()?;
        let height = i32::try_from(facts.display.height).ok()?;
        Some(Self { codec, width, height, sets, length_size })
    }

    pub(crate) fn into_object(self) -> Ref {
        Ref::new(Described { format: self, extensions: None })
    }

    /// # Safety
    /// `reference` is an object of the frameworks.
    pub(crate) unsafe fn of<'a>(reference: Cf) -> &'a Self {
        // SAFETY: the caller vouches for the reference.
        &unsafe { object::get::<Described>(reference) }.format
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMVideoFormatDescriptionCreate(
    _: Cf,
    codec: u32,
    width: i32,
    height: i32,
    extensions: Cf,
    out: *mut Cf,
) -> OSStatus {
    let format = Format { codec, width, height, sets: Vec::new(), length_size: 4 };
    // SAFETY: the caller passes a dictionary or null, and a place for the reference.
    unsafe { *out = create(Described { format, extensions: Ref::retain(extensions) }) };
    OK
}

/// # Safety
/// As for the functions that call it.
unsafe fn create_from_sets(
    codec: u32,
    count: usize,
    pointers: *const *const u8,
    sizes: *const usize,
    length_size: c_int,
    extensions: Cf,
    out: *mut Cf,
) -> OSStatus {
    if count < 2 || !matches!(length_size, 1 | 2 | 4) || faults::current().refuse_sets {
        return INVALID_PARAMETER;
    }
    // SAFETY: the caller passes so many pointers and sizes, each of a parameter set.
    let set = |index| unsafe { slice::from_raw_parts(*pointers.add(index), *sizes.add(index)) }.to_vec();
    let Some(format) = Format::from_sets(codec, (0..count).map(set).collect(), length_size) else {
        return INVALID_PARAMETER;
    };
    // SAFETY: the caller passes a dictionary or null, and a place for the reference.
    unsafe { *out = create(Described { format, extensions: Ref::retain(extensions) }) };
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMVideoFormatDescriptionCreateFromH264ParameterSets(
    _: Cf,
    count: usize,
    pointers: *const *const u8,
    sizes: *const usize,
    length_size: c_int,
    out: *mut Cf,
) -> OSStatus {
    // SAFETY: the caller's promise is the same.
    unsafe { create_from_sets(H264, count, pointers, sizes, length_size, ptr::null(), out) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMVideoFormatDescriptionCreateFromHEVCParameterSets(
    _: Cf,
    count: usize,
    pointers: *const *const u8,
    sizes: *const usize,
    length_size: c_int,
    extensions: Cf,
    out: *mut Cf,
) -> OSStatus {
    // SAFETY: the caller's promise is the same.
    unsafe { create_from_sets(HEVC, count, pointers, sizes, length_size, extensions, out) }
}

/// # Safety
/// As for the functions that call it.
unsafe fn set_at(
    codec: u32,
    description: Cf,
    index: usize,
    pointer: *mut *const u8,
    size: *mut usize,
    count: *mut usize,
    length_size: *mut c_int,
) -> OSStatus {
    // SAFETY: the caller passes a format description.
    let format = unsafe { Format::of(description) };
    if format.codec != codec {
        return INVALID_PARAMETER;
    }
    let Some(set) = format.sets.get(index) else { return INVALID_PARAMETER };
    // SAFETY: each pointer is null or a place for the value.
    unsafe {
        if let Some(out) = pointer.as_mut() {
            *out = set.as_ptr();
        }
        if let Some(out) = size.as_mut() {
            *out = set.len();
        }
        if let Some(out) = count.as_mut() {
            *out = format.sets.len();
        }
        if let Some(out) = length_size.as_mut() {
            *out = format.length_size;
        }
    }
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMVideoFormatDescriptionGetH264ParameterSetAtIndex(
    description: Cf,
    index: usize,
    pointer: *mut *const u8,
    size: *mut usize,
    count: *mut usize,
    length_size: *mut c_int,
) -> OSStatus {
    // SAFETY: the caller's promise is the same.
    unsafe { set_at(H264, description, index, pointer, size, count, length_size) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMVideoFormatDescriptionGetHEVCParameterSetAtIndex(
    description: Cf,
    index: usize,
    pointer: *mut *const u8,
    size: *mut usize,
    count: *mut usize,
    length_size: *mut c_int,
) -> OSStatus {
    // SAFETY: the caller's promise is the same.
    unsafe { set_at(HEVC, description, index, pointer, size, count, length_size) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMVideoFormatDescriptionGetDimensions(description: Cf) -> Dimensions {
    // SAFETY: the caller passes a format description.
    let format = unsafe { Format::of(description) };
    Dimensions { width: format.width, height: format.height }
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CMFormatDescriptionGetMediaType(_: Cf) -> u32 {
    four_cc(*b"vide")
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMFormatDescriptionGetMediaSubType(description: Cf) -> u32 {
    // SAFETY: the caller passes a format description.
    unsafe { Format::of(description) }.codec
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMFormatDescriptionGetExtensions(description: Cf) -> Cf {
    // SAFETY: the caller passes a format description.
    let described = unsafe { object::get::<Described>(description) };
    described.extensions.as_ref().map_or(ptr::null(), Ref::as_ptr)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMFormatDescriptionGetExtension(description: Cf, key: Cf) -> Cf {
    // SAFETY: the caller passes a format description and a string. The value is alive as long as the description.
    unsafe {
        let key = crate::core_foundation::text(object(key)).unwrap_or_default();
        let extensions = CMFormatDescriptionGetExtensions(description);
        lookup(extensions, key).map_or(ptr::null(), |value| value.as_ptr())
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMFormatDescriptionEqual(a: Cf, b: Cf) -> Boolean {
    if a.is_null() || b.is_null() {
        return Boolean::from(a == b);
    }
    // SAFETY: the caller passes format descriptions.
    Boolean::from(unsafe { Format::of(a) == Format::of(b) })
}
