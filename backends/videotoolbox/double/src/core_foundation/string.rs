//! `CFString`. Its contents are never lent: `CFStringGetCStringPtr` answers null, as Apple's may at any time.

use crate::{
    ledger::Kind,
    object::{Cf, Class, Object, create as create_object, object},
    types::{Boolean, CFIndex, CFRange},
};
use std::{
    ffi::{CStr, c_char},
    ptr, slice,
};

const ASCII: u32 = 0x0600;
const UTF8: u32 = 0x0800_0100;

/// A string that was made while the program runs.
struct Text(String);

impl Class for Text {
    const KIND: Kind = Kind::String;
}

/// The text of a string; `None` for anything else.
pub(crate) fn text(object: &Object) -> Option<&str> {
    object.constant_text().or_else(|| object.payload::<Text>().map(|text| text.0.as_str()))
}

pub(crate) fn create(text: String) -> Cf {
    create_object(Text(text))
}

/// # Safety
/// `reference` is an object of the frameworks.
unsafe fn expect<'a>(reference: Cf) -> &'a str {
    // SAFETY: the caller vouches for the reference.
    let object = unsafe { object(reference) };
    text(object).unwrap_or_else(|| {
        crate::object::die(&format!("a {} was passed for a CFString", object.kind().name()));
    })
}

fn decode(bytes: &[u8], encoding: u32) -> Option<String> {
    match encoding {
        UTF8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
        ASCII if bytes.is_ascii() => std::str::from_utf8(bytes).ok().map(str::to_owned),
        _ => None,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFStringCreateWithBytes(
    _: Cf,
    bytes: *const u8,
    length: CFIndex,
    encoding: u32,
    _: Boolean,
) -> Cf {
    let length = usize::try_from(length).unwrap_or(0);
    // SAFETY: the caller passes that many bytes; where there are none the pointer is not read.
    let bytes = if length == 0 { &[] } else { unsafe { slice::from_raw_parts(bytes, length) } };
    decode(bytes, encoding).map_or(ptr::null(), create)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFStringCreateWithBytesNoCopy(
    allocator: Cf,
    bytes: *const u8,
    length: CFIndex,
    encoding: u32,
    is_external: Boolean,
    _: Cf,
) -> Cf {
    // SAFETY: the caller's promise is the same and more. The bytes are copied, which the function may do.
    unsafe { CFStringCreateWithBytes(allocator, bytes, length, encoding, is_external) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFStringCreateWithCString(_: Cf, text: *const c_char, encoding: u32) -> Cf {
    // SAFETY: the caller passes a text that ends with a zero.
    decode(unsafe { CStr::from_ptr(text) }.to_bytes(), encoding).map_or(ptr::null(), create)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFStringCreateCopy(_: Cf, string: Cf) -> Cf {
    // SAFETY: the caller passes a string.
    create(unsafe { expect(string) }.to_owned())
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFStringGetLength(string: Cf) -> CFIndex {
    // SAFETY: the caller passes a string.
    unsafe { expect(string) }.encode_utf16().count().cast_signed()
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CFStringGetCStringPtr(_: Cf, _: u32) -> *const c_char {
    ptr::null()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFStringGetCString(
    string: Cf,
    buffer: *mut c_char,
    size: CFIndex,
    encoding: u32,
) -> Boolean {
    // SAFETY: the caller passes a string.
    let text = unsafe { expect(string) };
    let fits = usize::try_from(size).is_ok_and(|size| text.len() < size);
    if !fits || !(encoding == UTF8 || encoding == ASCII && text.is_ascii()) {
        return 0;
    }
    // SAFETY: the caller's buffer has `size` bytes, which are more than the text has.
    unsafe {
        ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast(), text.len());
        *buffer.add(text.len()) = 0;
    }
    1
}

/// Writes what of a range, in UTF-16 units, fits; returns the units that were read.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFStringGetBytes(
    string: Cf,
    range: CFRange,
    encoding: u32,
    loss: u8,
    _: Boolean,
    buffer: *mut u8,
    size: CFIndex,
    used: *mut CFIndex,
) -> CFIndex {
    // SAFETY: the caller passes a string.
    let text = unsafe { expect(string) };
    let size = usize::try_from(size).unwrap_or(0);
    let (mut at, mut units, mut written) = (0, 0, 0);
    for character in text.chars() {
        let begins = at >= range.location;
        at += character.len_utf16().cast_signed();
        if !begins {
            continue;
        }
        let mut bytes = [0; 4];
        let bytes = match encoding {
            UTF8 => character.encode_utf8(&mut bytes).as_bytes(),
            ASCII if character.is_ascii() => character.encode_utf8(&mut bytes).as_bytes(),
            ASCII if loss != 0 => slice::from_ref(&loss),
            _ => break,
        };
        let is_full = !buffer.is_null() && written + bytes.len() > size;
        if at > range.location + range.length || is_full {
            break;
        }
        if !buffer.is_null() {
            // SAFETY: the caller's buffer has `size` bytes, and these end within them.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.add(written), bytes.len()) };
        }
        written += bytes.len();
        units += character.len_utf16().cast_signed();
    }
    if !used.is_null() {
        // SAFETY: the caller passes a place for the number.
        unsafe { *used = written.cast_signed() };
    }
    units
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CFStringGetMaximumSizeForEncoding(length: CFIndex, encoding: u32) -> CFIndex {
    if encoding == UTF8 { length * 3 } else { length }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFStringCompare(a: Cf, b: Cf, _: usize) -> CFIndex {
    // SAFETY: the caller passes strings.
    let (a, b) = unsafe { (expect(a), expect(b)) };
    a.cmp(b) as CFIndex
}
