//! `CFNumber`, `CFBoolean` and `CFData`.

use crate::{
    ledger::Kind,
    object::{self, Cf, Class, Object, create, object},
    types::{Boolean, CFIndex},
};
use std::{ffi::c_void, ptr, slice};

#[unsafe(no_mangle)]
static kCFBooleanTrue: &Object = {
    static VALUE: Object = Object::boolean(true);
    &VALUE
};

#[unsafe(no_mangle)]
static kCFBooleanFalse: &Object = {
    static VALUE: Object = Object::boolean(false);
    &VALUE
};

/// A number, at full width.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) enum Number {
    Integer(i64),
    Float(f64),
}

struct Data(Box<[u8]>);

impl Class for Number {
    const KIND: Kind = Kind::Number;
}

impl Class for Data {
    const KIND: Kind = Kind::Data;
}

impl Number {
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    pub(crate) fn as_i64(self) -> i64 {
        match self {
            Self::Integer(value) => value,
            Self::Float(value) => value as i64,
        }
    }
}

/// The object for a truth value.
pub(crate) fn boolean_object(value: bool) -> Cf {
    if value { kCFBooleanTrue } else { kCFBooleanFalse }
}

pub(crate) fn boolean(object: &Object) -> Option<bool> {
    object.as_bool()
}

pub(crate) fn number(object: &Object) -> Option<Number> {
    object.payload::<Number>().copied()
}

pub(super) fn data(object: &Object) -> Option<&[u8]> {
    object.payload::<Data>().map(|data| &*data.0)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFBooleanGetValue(boolean: Cf) -> Boolean {
    // SAFETY: the caller passes an object of the frameworks.
    match unsafe { object(boolean) }.as_bool() {
        Some(value) => value.into(),
        None => object::die("something else was passed for a CFBoolean"),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFNumberCreate(_: Cf, kind: CFIndex, value: *const c_void) -> Cf {
    // SAFETY: the caller passes a pointer to a value of the type that it names.
    let number = unsafe {
        match kind {
            1 | 7 => Number::Integer(i64::from(value.cast::<i8>().read_unaligned())),
            2 | 8 => Number::Integer(i64::from(value.cast::<i16>().read_unaligned())),
            3 | 9 => Number::Integer(i64::from(value.cast::<i32>().read_unaligned())),
            4 | 10 | 11 | 14 | 15 => Number::Integer(value.cast::<i64>().read_unaligned()),
            5 | 12 => Number::Float(f64::from(value.cast::<f32>().read_unaligned())),
            6 | 13 | 16 => Number::Float(value.cast::<f64>().read_unaligned()),
            _ => return ptr::null(),
        }
    };
    create(number)
}

/// `CFNumber`s of 64 bits, whatever they were made of.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFNumberGetType(number: Cf) -> CFIndex {
    // SAFETY: the caller passes a number.
    match unsafe { object::get::<Number>(number) } {
        Number::Integer(_) => 4,
        Number::Float(_) => 6,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFNumberIsFloatType(number: Cf) -> Boolean {
    // SAFETY: the caller passes a number.
    Boolean::from(matches!(unsafe { object::get::<Number>(number) }, Number::Float(_)))
}

/// Whether the value was written without a loss.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFNumberGetValue(number: Cf, kind: CFIndex, value: *mut c_void) -> Boolean {
    // SAFETY: the caller passes a number.
    let number = *unsafe { object::get::<Number>(number) };
    let (integer, float) = (number.as_i64(), number.as_f64());
    // SAFETY: the caller passes a pointer to room for a value of the type that it names.
    let is_exact = unsafe {
        match kind {
            1 | 7 => write_integer(value, integer as i8, integer) && integer as f64 == float,
            2 | 8 => write_integer(value, integer as i16, integer) && integer as f64 == float,
            3 | 9 => write_integer(value, integer as i32, integer) && integer as f64 == float,
            4 | 10 | 11 | 14 | 15 => write_integer(value, integer, integer) && integer as f64 == float,
            5 | 12 => {
                value.cast::<f32>().write_unaligned(float as f32);
                f64::from(float as f32) == float
            }
            6 | 13 | 16 => {
                value.cast::<f64>().write_unaligned(float);
                true
            }
            _ => false,
        }
    };
    is_exact.into()
}

/// # Safety
/// `target` has room for a `T`.
unsafe fn write_integer<T: Copy + Into<i64>>(target: *mut c_void, narrow: T, wide: i64) -> bool {
    // SAFETY: the caller vouches for the pointer.
    unsafe { target.cast::<T>().write_unaligned(narrow) };
    narrow.into() == wide
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFNumberCompare(a: Cf, b: Cf, _: *mut c_void) -> CFIndex {
    // SAFETY: the caller passes numbers.
    let (a, b) = unsafe { (object::get::<Number>(a).as_f64(), object::get::<Number>(b).as_f64()) };
    a.total_cmp(&b) as CFIndex
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDataCreate(_: Cf, bytes: *const u8, length: CFIndex) -> Cf {
    let length = usize::try_from(length).unwrap_or(0);
    // SAFETY: the caller passes that many bytes; where there are none the pointer is not read.
    let bytes = if length == 0 { &[] } else { unsafe { slice::from_raw_parts(bytes, length) } };
    create(Data(bytes.into()))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDataGetLength(data: Cf) -> CFIndex {
    // SAFETY: the caller passes data.
    unsafe { object::get::<Data>(data) }.0.len().cast_signed()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDataGetBytePtr(data: Cf) -> *const u8 {
    // SAFETY: the caller passes data.
    unsafe { object::get::<Data>(data) }.0.as_ptr()
}
