//! `CFArray`, of objects.

use super::check_call_backs;
use crate::{
    ledger::Kind,
    object::{self, Cf, Class, Ref},
    types::{CFIndex, CFRange},
};
use std::{
    ffi::c_void,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What an array holds; a mutable one is no other type.
pub(crate) struct Array(Mutex<Vec<Ref>>);

impl Class for Array {
    const KIND: Kind = Kind::Array;
}

impl Array {
    pub(crate) fn new(items: Vec<Ref>) -> Self {
        Self(Mutex::new(items))
    }

    pub(crate) fn items(&self) -> Vec<Ref> {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Ref>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The references at a pointer, each counted once more.
///
/// # Safety
/// There are `count` objects of the frameworks at `values`.
pub(super) unsafe fn retain_all(values: *const Cf, count: CFIndex) -> Vec<Ref> {
    let count = usize::try_from(count).unwrap_or(0);
    let retain = |index| {
        // SAFETY: the caller vouches for the pointer and for the objects.
        unsafe { Ref::retain(*values.add(index)) }
            .unwrap_or_else(|| object::die("null was put into a collection of objects"))
    };
    (0..count).map(retain).collect()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFArrayCreate(
    _: Cf,
    values: *mut Cf,
    count: CFIndex,
    call_backs: *const c_void,
) -> Cf {
    check_call_backs(call_backs);
    // SAFETY: the caller passes so many objects.
    object::create(Array::new(unsafe { retain_all(values, count) }))
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CFArrayCreateMutable(_: Cf, _: CFIndex, call_backs: *const c_void) -> Cf {
    check_call_backs(call_backs);
    object::create(Array::new(Vec::new()))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFArrayAppendValue(array: Cf, value: Cf) {
    // SAFETY: the caller passes an array and an object.
    let (array, items) = unsafe { (object::get::<Array>(array), retain_all(&raw const value, 1)) };
    array.locked().extend(items);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFArrayGetCount(array: Cf) -> CFIndex {
    // SAFETY: the caller passes an array.
    unsafe { object::get::<Array>(array) }.locked().len().cast_signed()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFArrayGetValueAtIndex(array: Cf, index: CFIndex) -> Cf {
    // SAFETY: the caller passes an array.
    let array = unsafe { object::get::<Array>(array) }.locked();
    match usize::try_from(index).ok().and_then(|index| array.get(index)) {
        Some(item) => item.as_ptr(),
        None => object::die(&format!("index {index} in a CFArray of {}", array.len())),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFArrayGetValues(array: Cf, range: CFRange, values: *mut Cf) {
    for offset in 0..range.length {
        // SAFETY: the caller passes an array and room for the range.
        unsafe { *values.offset(offset) = CFArrayGetValueAtIndex(array, range.location + offset) };
    }
}
