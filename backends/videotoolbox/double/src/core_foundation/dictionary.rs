//! `CFDictionary`, of objects.

use super::{array::retain_all, check_call_backs, is_equal, text};
use crate::{
    ledger::Kind,
    object::{self, Cf, Class, Object, Ref, object},
    types::{Boolean, CFIndex},
};
use std::{
    ffi::c_void,
    ptr,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a dictionary holds; a mutable one is no other type.
pub(crate) struct Dictionary(Mutex<Vec<(Ref, Ref)>>);

impl Class for Dictionary {
    const KIND: Kind = Kind::Dictionary;
}

impl Dictionary {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(crate) fn entries(&self) -> Vec<(Ref, Ref)> {
        self.locked().clone()
    }

    pub(crate) fn get(&self, key: &Object) -> Option<Ref> {
        self.locked().iter().find(|entry| is_equal(&entry.0, key)).map(|entry| entry.1.clone())
    }

    /// Sets an entry in the place of one with an equal key.
    pub(crate) fn set(&self, key: Ref, value: Ref) {
        self.remove(&key);
        self.locked().push((key, value));
    }

    fn remove(&self, key: &Object) {
        let removed = {
            let mut entries = self.locked();
            entries.iter().position(|entry| is_equal(&entry.0, key)).map(|index| entries.remove(index))
        };
        // Outside of the lock: what is freed may be anything.
        drop(removed);
    }

    fn locked(&self) -> MutexGuard<'_, Vec<(Ref, Ref)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The value for a key with this text; `None` also where there is no dictionary.
///
/// # Safety
/// `dictionary` is null or an object of the frameworks.
pub(crate) unsafe fn lookup(dictionary: Cf, key: &str) -> Option<Ref> {
    if dictionary.is_null() {
        return None;
    }
    // SAFETY: the caller vouches for the reference.
    let entries = unsafe { object::get::<Dictionary>(dictionary) }.entries();
    entries.into_iter().find(|entry| text(&entry.0) == Some(key)).map(|entry| entry.1)
}

/// # Safety
/// Both are objects of the frameworks, the first one a dictionary.
unsafe fn find(dictionary: Cf, key: Cf) -> Cf {
    // SAFETY: the caller vouches for the references. The value is alive while the dictionary holds it.
    let value = unsafe { object::get::<Dictionary>(dictionary).get(object(key)) };
    value.map_or(ptr::null(), |value| value.as_ptr())
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDictionaryCreate(
    _: Cf,
    keys: *mut Cf,
    values: *mut Cf,
    count: CFIndex,
    key_call_backs: *const c_void,
    value_call_backs: *const c_void,
) -> Cf {
    check_call_backs(key_call_backs);
    check_call_backs(value_call_backs);
    // SAFETY: the caller passes so many objects in each array.
    let (keys, values) = unsafe { (retain_all(keys, count), retain_all(values, count)) };
    let dictionary = Dictionary::new();
    for (key, value) in keys.into_iter().zip(values) {
        dictionary.set(key, value);
    }
    object::create(dictionary)
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CFDictionaryCreateMutable(
    _: Cf,
    _: CFIndex,
    key_call_backs: *const c_void,
    value_call_backs: *const c_void,
) -> Cf {
    check_call_backs(key_call_backs);
    check_call_backs(value_call_backs);
    object::create(Dictionary::new())
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDictionaryCreateCopy(_: Cf, dictionary: Cf) -> Cf {
    // SAFETY: the caller passes a dictionary.
    let entries = unsafe { object::get::<Dictionary>(dictionary) }.entries();
    object::create(Dictionary(Mutex::new(entries)))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDictionaryCreateMutableCopy(allocator: Cf, _: CFIndex, dictionary: Cf) -> Cf {
    // SAFETY: the caller passes a dictionary.
    unsafe { CFDictionaryCreateCopy(allocator, dictionary) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDictionaryGetCount(dictionary: Cf) -> CFIndex {
    // SAFETY: the caller passes a dictionary.
    unsafe { object::get::<Dictionary>(dictionary) }.locked().len().cast_signed()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDictionaryContainsKey(dictionary: Cf, key: Cf) -> Boolean {
    // SAFETY: the caller passes a dictionary and an object.
    Boolean::from(!unsafe { find(dictionary, key) }.is_null())
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDictionaryGetValue(dictionary: Cf, key: Cf) -> Cf {
    // SAFETY: the caller passes a dictionary and an object.
    unsafe { find(dictionary, key) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDictionaryGetValueIfPresent(
    dictionary: Cf,
    key: Cf,
    value: *mut Cf,
) -> Boolean {
    // SAFETY: the caller passes a dictionary and an object.
    let found = unsafe { find(dictionary, key) };
    if !found.is_null() && !value.is_null() {
        // SAFETY: the caller passes a place for the value.
        unsafe { *value = found };
    }
    Boolean::from(!found.is_null())
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDictionaryGetKeysAndValues(dictionary: Cf, keys: *mut Cf, values: *mut Cf) {
    // SAFETY: the caller passes a dictionary.
    let entries = unsafe { object::get::<Dictionary>(dictionary) }.entries();
    for (index, (key, value)) in entries.iter().enumerate() {
        // SAFETY: the caller passes room for as many of each as the dictionary has, or null.
        unsafe {
            if !keys.is_null() {
                *keys.add(index) = key.as_ptr();
            }
            if !values.is_null() {
                *values.add(index) = value.as_ptr();
            }
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDictionarySetValue(dictionary: Cf, key: Cf, value: Cf) {
    // SAFETY: the caller passes a dictionary and two objects.
    let (dictionary, key, value) =
        unsafe { (object::get::<Dictionary>(dictionary), Ref::retain(key), Ref::retain(value)) };
    match (key, value) {
        (Some(key), Some(value)) => dictionary.set(key, value),
        _ => object::die("null was put into a CFDictionary"),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDictionaryAddValue(dictionary: Cf, key: Cf, value: Cf) {
    // SAFETY: the caller passes a dictionary and two objects.
    unsafe {
        if find(dictionary, key).is_null() {
            CFDictionarySetValue(dictionary, key, value);
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CFDictionaryRemoveValue(dictionary: Cf, key: Cf) {
    // SAFETY: the caller passes a dictionary and an object.
    unsafe { object::get::<Dictionary>(dictionary).remove(object(key)) };
}
