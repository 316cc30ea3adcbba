//! Objects that are counted, as CoreFoundation has them.
//!
//! The memory of an object that was freed stays for a while, so that a use behind its end is noticed.

use crate::ledger::{self, Kind};
use std::{
    any::Any,
    collections::VecDeque,
    io::Write as _,
    mem::ManuallyDrop,
    ops::Deref,
    ptr::NonNull,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicIsize, AtomicUsize, Ordering},
    },
};

/// A reference as C has it.
pub(crate) type Cf = *const Object;

const MAGIC: usize = 0x4657_6f62_6a65_6374;
/// The count of constants.
const IMMORTAL: isize = isize::MAX;
/// How many freed objects are remembered.
const REMEMBERED: usize = 65_536;

static FREED: Mutex<VecDeque<usize>> = Mutex::new(VecDeque::new());

/// What every reference points to.
pub(crate) struct Object {
    magic: AtomicUsize,
    kind: Kind,
    count: AtomicIsize,
    payload: ManuallyDrop<Payload>,
}

enum Payload {
    Text(&'static str),
    Boolean(bool),
    Nothing,
    Heap(Box<dyn Any + Send + Sync>),
}

/// What an object of one type holds.
pub(crate) trait Class: Any + Send + Sync {
    const KIND: Kind;
}

/// A reference that is counted.
pub(crate) struct Ref(NonNull<Object>);

// SAFETY: objects are shared between threads: their payloads are `Send + Sync` and the count is atomic.
unsafe impl Send for Ref {}
// SAFETY: as above.
unsafe impl Sync for Ref {}

/// Makes an object and hands its one reference to the caller.
pub(crate) fn create<T: Class>(payload: T) -> Cf {
    ledger::born(T::KIND);
    Box::into_raw(Box::new(Object {
        magic: AtomicUsize::new(MAGIC),
        kind: T::KIND,
        count: AtomicIsize::new(1),
        payload: ManuallyDrop::new(Payload::Heap(Box::new(payload))),
    }))
}

/// The object behind a reference; ends the process where there is none.
///
/// # Safety
/// The pointer is null or was made by this crate, and somebody keeps the object alive for `'a`.
pub(crate) unsafe fn object<'a>(reference: Cf) -> &'a Object {
    // SAFETY: the caller vouches for the pointer.
    let Some(object) = (unsafe { reference.as_ref() }) else { die("a null reference was used") };
    if object.magic.load(Ordering::SeqCst) != MAGIC {
        die("a reference to something that is no object, or no longer one, was used");
    }
    if object.count.load(Ordering::SeqCst) <= 0 {
        die(&format!("a {} was used after its last release", object.kind.name()));
    }
    object
}

/// What an object of a known type holds; ends the process where it has another type.
///
/// # Safety
/// As for [`object`].
pub(crate) unsafe fn get<'a, T: Class>(reference: Cf) -> &'a T {
    // SAFETY: the caller vouches for the pointer.
    let object = unsafe { object(reference) };
    object.payload().unwrap_or_else(|| {
        die(&format!("a {} was passed for a {}", object.kind.name(), T::KIND.name()));
    })
}

/// Counts one reference more.
///
/// # Safety
/// As for [`object`].
pub(crate) unsafe fn retain(reference: Cf) {
    // SAFETY: the caller vouches for the pointer.
    let object = unsafe { object(reference) };
    if object.count.load(Ordering::SeqCst) != IMMORTAL {
        object.count.fetch_add(1, Ordering::SeqCst);
    }
}

/// Counts one reference less and frees the object with the last one.
///
/// # Safety
/// The pointer is null or was made by this crate.
pub(crate) unsafe fn release(reference: Cf) {
    // SAFETY: the caller vouches for the pointer; a count of zero is noticed in memory that is kept for that.
    let object = unsafe { object(reference) };
    if object.count.load(Ordering::SeqCst) == IMMORTAL {
        return;
    }
    match object.count.fetch_sub(1, Ordering::SeqCst) {
        1 => {
            let kind = object.kind;
            let owned = reference.cast_mut();
            // SAFETY: the last reference is gone, so that nobody else reaches the payload, and it is dropped this once.
            unsafe { ManuallyDrop::drop(&mut (*owned).payload) };
            ledger::died(kind);
            remember(owned);
        }
        count if count <= 0 => die(&format!("a {} was released too often", object.kind.name())),
        _ => {}
    }
}

/// Ends the process with a message that no test runner swallows.
pub(crate) fn die(message: &str) -> ! {
    let backtrace = std::backtrace::Backtrace::capture();
    let mut stderr = std::io::stderr();
    let _ = writeln!(stderr, "framewire-videotoolbox-double: {message}\n{backtrace}");
    std::process::abort();
}

fn remember(object: *mut Object) {
    let mut freed = FREED.lock().unwrap_or_else(PoisonError::into_inner);
    freed.push_back(object as usize);
    if freed.len() > REMEMBERED
        && let Some(oldest) = freed.pop_front()
    {
        let oldest = oldest as *mut Object;
        // SAFETY: the address is of a box that `create` made and nobody freed; its payload was dropped before and is not
        // dropped again, being `ManuallyDrop`.
        unsafe {
            (*oldest).magic.store(0, Ordering::SeqCst);
            drop(Box::from_raw(oldest));
        }
    }
}

impl Object {
    /// A constant string.
    pub(crate) const fn text(text: &'static str) -> Self {
        Self::constant(Kind::String, Payload::Text(text))
    }

    /// A constant truth value.
    pub(crate) const fn boolean(value: bool) -> Self {
        Self::constant(Kind::Boolean, Payload::Boolean(value))
    }

    /// An allocator, which has nothing but its identity.
    pub(crate) const fn allocator() -> Self {
        Self::constant(Kind::Allocator, Payload::Nothing)
    }

    const fn constant(kind: Kind, payload: Payload) -> Self {
        Self {
            magic: AtomicUsize::new(MAGIC),
            kind,
            count: AtomicIsize::new(IMMORTAL),
            payload: ManuallyDrop::new(payload),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn count(&self) -> isize {
        self.count.load(Ordering::SeqCst)
    }

    /// What it holds, where it is of that type and no constant.
    pub(crate) fn payload<T: Class>(&self) -> Option<&T> {
        match &*self.payload {
            Payload::Heap(payload) => payload.downcast_ref(),
            _ => None,
        }
    }

    /// The text of a constant string.
    pub(crate) fn constant_text(&self) -> Option<&'static str> {
        match *self.payload {
            Payload::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match *self.payload {
            Payload::Boolean(value) => Some(value),
            _ => None,
        }
    }
}

impl Ref {
    /// Makes an object and owns it.
    pub(crate) fn new<T: Class>(payload: T) -> Self {
        // SAFETY: the object was just made, and its one reference is taken over.
        unsafe { Self::adopt(create(payload)) }.unwrap_or_else(|| die("an object at address zero"))
    }

    /// Counts one reference more; `None` for null.
    ///
    /// # Safety
    /// As for [`object`].
    pub(crate) unsafe fn retain(reference: Cf) -> Option<Self> {
        let pointer = NonNull::new(reference.cast_mut())?;
        // SAFETY: the caller vouches for the pointer.
        unsafe { retain(reference) };
        Some(Self(pointer))
    }

    /// Takes a reference over; `None` for null.
    ///
    /// # Safety
    /// As for [`object`]; the caller owns a reference and gives it up.
    pub(crate) unsafe fn adopt(reference: Cf) -> Option<Self> {
        NonNull::new(reference.cast_mut()).map(Self)
    }

    pub(crate) fn as_ptr(&self) -> Cf {
        self.0.as_ptr()
    }

    /// Hands the reference to the caller.
    pub(crate) fn into_raw(self) -> Cf {
        ManuallyDrop::new(self).as_ptr()
    }

    /// What an object of a known type holds.
    pub(crate) fn get<T: Class>(&self) -> &T {
        // SAFETY: `self` keeps the object alive.
        unsafe { get(self.as_ptr()) }
    }
}

impl Deref for Ref {
    type Target = Object;

    fn deref(&self) -> &Object {
        // SAFETY: `self` keeps the object alive.
        unsafe { object(self.as_ptr()) }
    }
}

impl Clone for Ref {
    fn clone(&self) -> Self {
        // SAFETY: `self` keeps the object alive.
        unsafe { retain(self.as_ptr()) };
        Self(self.0)
    }
}

impl Drop for Ref {
    fn drop(&mut self) {
        // SAFETY: the reference is this value's own.
        unsafe { release(self.as_ptr()) };
    }
}
