//! CoreFoundation: counted objects and the plain types of values.

mod array;
mod dictionary;
mod string;
mod value;

pub(crate) use array::Array;
pub(crate) use dictionary::{Dictionary, lookup};
pub(crate) use string::{create as create_string, text};
pub(crate) use value::{Number, boolean, boolean_object, number};

use crate::{
    ledger::Kind,
    object::{self, Cf, Object, Ref, object},
    types::Boolean,
};
use std::{
    ffi::c_void,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    ptr,
};

/// Exports the functions that name the types.
macro_rules! type_ids {
    ($($name:ident => $kind:ident,)*) => {
        $(
            #[unsafe(no_mangle)]
            extern "C-unwind" fn $name() -> usize {
                Kind::$kind.id()
            }
        )*
    };
}

type_ids! {
    CFStringGetTypeID => String,
    CFNumberGetTypeID => Number,
    CFBooleanGetTypeID => Boolean,
    CFDataGetTypeID => Data,
    CFArrayGetTypeID => Array,
    CFDictionaryGetTypeID => Dictionary,
    CFAllocatorGetTypeID => Allocator,
    CMBlockBufferGetTypeID => BlockBuffer,
    CMSampleBufferGetTypeID => SampleBuffer,
    CMFormatDescriptionGetTypeID => FormatDescription,
    CVPixelBufferGetTypeID => PixelBuffer,
    CVPixelBufferPoolGetTypeID => PixelBufferPool,
    VTCompressionSessionGetTypeID => CompressionSession,
    VTDecompressionSessionGetTypeID => DecompressionSession,
    VTPixelTransferSessionGetTypeID => PixelTransferSession,
}

/// Exports allocators that are told apart by their addresses alone.
macro_rules! allocators {
    ($($name:ident,)*) => {
        $(
            #[unsafe(no_mangle)]
            static $name: &Object = {
                static ALLOCATOR: Object = Object::allocator();
                &ALLOCATOR
            };
        )*
    };
}

allocators! {
    kCFAllocatorSystemDefault,
    kCFAllocatorMalloc,
    kCFAllocatorMallocZone,
    kCFAllocatorNull,
}

/// The default allocator is null.
#[unsafe(no_mangle)]
static kCFAllocatorDefault: usize = 0;

/// Whether memory that is handed over with this allocator stays the caller's.
pub(crate) fn frees_nothing(allocator: Cf) -> bool {
    ptr::eq(allocator, kCFAllocatorNull)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFRetain(reference: Cf) -> Cf {
    // SAFETY: the caller passes an object of the frameworks.
    unsafe { object::retain(reference) };
    reference
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFRelease(reference: Cf) {
    // SAFETY: the caller passes an object of the frameworks and gives its reference up.
    unsafe { object::release(reference) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFGetRetainCount(reference: Cf) -> isize {
    // SAFETY: the caller passes an object of the frameworks.
    unsafe { object(reference) }.count()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFGetTypeID(reference: Cf) -> usize {
    // SAFETY: the caller passes an object of the frameworks.
    unsafe { object(reference) }.kind().id()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFEqual(a: Cf, b: Cf) -> Boolean {
    // SAFETY: the caller passes objects of the frameworks.
    Boolean::from(is_equal(unsafe { object(a) }, unsafe { object(b) }))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFHash(reference: Cf) -> usize {
    // SAFETY: the caller passes an object of the frameworks.
    let object = unsafe { object(reference) };
    let mut hasher = DefaultHasher::new();
    match text(object) {
        Some(text) => text.hash(&mut hasher),
        None if matches!(object.kind(), Kind::Number | Kind::Data | Kind::Array | Kind::Dictionary) => {
            object.kind().hash(&mut hasher);
        }
        None => (reference as usize).hash(&mut hasher),
    }
    hasher.finish() as usize
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFCopyDescription(reference: Cf) -> Cf {
    // SAFETY: the caller passes an object of the frameworks.
    string::create(describe(unsafe { object(reference) }))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFShow(reference: Cf) {
    // SAFETY: the caller passes an object of the frameworks.
    eprintln!("{}", describe(unsafe { object(reference) }));
}

/// Values are equal by what they hold, other objects where they are the same.
pub(crate) fn is_equal(a: &Object, b: &Object) -> bool {
    if ptr::eq(a, b) {
        return true;
    }
    if a.kind() != b.kind() {
        return false;
    }
    match a.kind() {
        Kind::String => text(a) == text(b),
        Kind::Number => number(a) == number(b),
        Kind::Data => value::data(a) == value::data(b),
        Kind::Array => {
            let (Some(a), Some(b)) = (a.payload::<Array>(), b.payload::<Array>()) else { return false };
            let (a, b) = (a.items(), b.items());
            a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| is_equal(a, b))
        }
        Kind::Dictionary => {
            let (Some(a), Some(b)) = (a.payload::<Dictionary>(), b.payload::<Dictionary>()) else {
                return false;
            };
            let entries = a.entries();
            let same = |(key, value): &(Ref, Ref)| b.get(key).is_some_and(|other| is_equal(value, &other));
            entries.len() == b.entries().len() && entries.iter().all(same)
        }
        _ => false,
    }
}

fn describe(object: &Object) -> String {
    if let Some(text) = text(object) {
        return text.to_owned();
    }
    match (number(object), boolean(object)) {
        (Some(Number::Integer(value)), _) => value.to_string(),
        (Some(Number::Float(value)), _) => value.to_string(),
        (None, Some(value)) => value.to_string(),
        (None, None) => format!("<{} {:p}>", object.kind().name(), object),
    }
}

/// The callbacks of collections, whose addresses say that the values are objects. Collections of anything else are not
/// made.
#[repr(C)]
struct CallBacks([usize; 6]);

#[unsafe(no_mangle)]
static kCFTypeArrayCallBacks: CallBacks = CallBacks([0; 6]);
#[unsafe(no_mangle)]
static kCFTypeDictionaryKeyCallBacks: CallBacks = CallBacks([0; 6]);
#[unsafe(no_mangle)]
static kCFCopyStringDictionaryKeyCallBacks: CallBacks = CallBacks([0; 6]);
#[unsafe(no_mangle)]
static kCFTypeDictionaryValueCallBacks: CallBacks = CallBacks([0; 6]);

/// Ends the process where a collection is to hold something else than objects.
fn check_call_backs(call_backs: *const c_void) {
    let known = [
        &kCFTypeArrayCallBacks,
        &kCFTypeDictionaryKeyCallBacks,
        &kCFCopyStringDictionaryKeyCallBacks,
        &kCFTypeDictionaryValueCallBacks,
    ];
    if !known.iter().any(|known| ptr::eq(ptr::from_ref(*known).cast(), call_backs)) {
        object::die("a collection of something else than objects (callbacks that are not kCFType...)");
    }
}
