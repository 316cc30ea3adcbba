//! `CMBlockBuffer`: bytes in one or several pieces of memory.

use crate::{
    core_foundation::frees_nothing,
    ledger::Kind,
    object::{self, Cf, Class, create},
    types::{Boolean, OK, OSStatus},
};
use std::{
    ffi::{c_char, c_void},
    ptr,
};

const BAD_OFFSET: OSStatus = -12704;
const BAD_LENGTH: OSStatus = -12703;
const BAD_PARAMETER: OSStatus = -12702;
const EMPTY: OSStatus = -12706;

/// What a block buffer holds.
pub(crate) struct Block {
    pieces: Vec<Piece>,
}

struct Piece {
    start: *mut u8,
    len: usize,
    owner: Owner,
}

/// Who frees a piece's memory.
enum Owner {
    /// The piece, which holds so many bytes.
    Piece,
    /// `free` of the C library, at this address.
    C(*mut c_void),
    /// The caller's function.
    Source(CustomBlockSource, *mut c_void, usize),
    /// The caller.
    Nobody,
}

/// How a caller allocates and frees.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
struct CustomBlockSource {
    version: u32,
    allocate: Option<unsafe extern "C-unwind" fn(*mut c_void, usize) -> *mut c_void>,
    free: Option<unsafe extern "C-unwind" fn(*mut c_void, *mut c_void, usize)>,
    context: *mut c_void,
}

unsafe extern "C" {
    fn free(pointer: *mut c_void);
}

// SAFETY: the memory is the piece's own or lent until it is freed; it is written only by calls that ask for it, which the
// frameworks do not guard either.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl Class for Block {
    const KIND: Kind = Kind::BlockBuffer;
}

impl Block {
    /// A copy of the bytes, in one piece or in three.
    pub(crate) fn new(bytes: &[u8], split: bool) -> Self {
        let third = if split { bytes.len().div_ceil(3).max(1) } else { bytes.len().max(1) };
        Self { pieces: bytes.chunks(third).map(|bytes| Piece::owned(bytes.into())).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.len).sum()
    }

    /// All bytes, in a copy.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len()];
        self.each(0, bytes.len(), |piece, at| {
            // SAFETY: the piece lies within its memory, and `bytes` has room for all of them.
            unsafe { ptr::copy_nonoverlapping(piece.0, bytes.as_mut_ptr().add(at), piece.1) };
        });
        bytes
    }

    /// Calls `visit` with the parts of a range, which lies within the data, and where each begins in it.
    fn each(&self, offset: usize, length: usize, mut visit: impl FnMut((*mut u8, usize), usize)) {
        let (mut skip, mut done) = (offset, 0);
        for piece in &self.pieces {
            if skip >= piece.len {
                skip -= piece.len;
                continue;
            }
            let len = (piece.len - skip).min(length - done);
            if len == 0 {
                break;
            }
            visit((piece.start.wrapping_add(skip), len), done);
            (skip, done) = (0, done + len);
        }
    }

    fn check(&self, offset: usize, length: usize) -> OSStatus {
        match offset.checked_add(length) {
            _ if offset > self.len() => BAD_OFFSET,
            Some(end) if end <= self.len() => OK,
            _ => BAD_LENGTH,
        }
    }
}

impl Piece {
    fn owned(bytes: Box<[u8]>) -> Self {
        let len = bytes.len();
        Self { start: Box::into_raw(bytes).cast(), len, owner: Owner::Piece }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        match &self.owner {
            // SAFETY: the pointer is of a box of that length and is freed here alone.
            Owner::Piece => unsafe {
                drop(Box::from_raw(ptr::slice_from_raw_parts_mut(self.start, self.len)));
            },
            // SAFETY: the caller passed memory of `malloc` and gave it up.
            Owner::C(pointer) => unsafe { free(*pointer) },
            Owner::Source(source, block, length) => {
                let (function, context) = (source.free, source.context);
                if let Some(function) = function {
                    // SAFETY: the function was given for this memory.
                    unsafe { function(context, *block, *length) };
                }
            }
            Owner::Nobody => {}
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMBlockBufferCreateWithMemoryBlock(
    _: Cf,
    memory: *mut c_void,
    length: usize,
    allocator: Cf,
    source: *const CustomBlockSource,
    offset: usize,
    data_length: usize,
    _: u32,
    out: *mut Cf,
) -> OSStatus {
    if offset.checked_add(data_length).is_none_or(|end| end > length) || out.is_null() {
        return BAD_PARAMETER;
    }
    let piece = if memory.is_null() {
        Piece::owned(vec![0; data_length].into())
    } else {
        let owner = if !source.is_null() {
            // SAFETY: the caller passes a valid source.
            Owner::Source(unsafe { source.read_unaligned() }, memory, length)
        } else if frees_nothing(allocator) {
            Owner::Nobody
        } else {
            Owner::C(memory)
        };
        Piece { start: memory.cast::<u8>().wrapping_add(offset), len: data_length, owner }
    };
    // SAFETY: the caller passes a place for the reference.
    unsafe { *out = create(Block { pieces: vec![piece] }) };
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMBlockBufferAssureBlockMemory(_: Cf) -> OSStatus {
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMBlockBufferGetDataLength(block: Cf) -> usize {
    // SAFETY: the caller passes a block buffer.
    unsafe { object::get::<Block>(block) }.len()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMBlockBufferIsEmpty(block: Cf) -> Boolean {
    // SAFETY: the caller passes a block buffer.
    Boolean::from(unsafe { object::get::<Block>(block) }.len() == 0)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMBlockBufferIsRangeContiguous(
    block: Cf,
    offset: usize,
    length: usize,
) -> Boolean {
    // SAFETY: the caller passes a block buffer.
    let block = unsafe { object::get::<Block>(block) };
    let length = if length == 0 { block.len().saturating_sub(offset) } else { length };
    let mut parts = 0;
    if block.check(offset, length) == OK {
        block.each(offset, length, |_, _| parts += 1);
    }
    Boolean::from(parts == 1)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMBlockBufferGetDataPointer(
    block: Cf,
    offset: usize,
    length_at_offset: *mut usize,
    total_length: *mut usize,
    data: *mut *mut c_char,
) -> OSStatus {
    // SAFETY: the caller passes a block buffer.
    let block = unsafe { object::get::<Block>(block) };
    let total = block.len();
    if total == 0 {
        return EMPTY;
    }
    if offset >= total {
        return BAD_OFFSET;
    }
    let mut first = None;
    block.each(offset, total - offset, |part, _| {
        first.get_or_insert(part);
    });
    let Some((start, len)) = first else { return BAD_OFFSET };
    // SAFETY: each pointer is null or a place for the value.
    unsafe {
        if let Some(out) = length_at_offset.as_mut() {
            *out = len;
        }
        if let Some(out) = total_length.as_mut() {
            *out = total;
        }
        if let Some(out) = data.as_mut() {
            *out = start.cast();
        }
    }
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMBlockBufferCopyDataBytes(
    block: Cf,
    offset: usize,
    length: usize,
    target: *mut c_void,
) -> OSStatus {
    // SAFETY: the caller passes a block buffer.
    let block = unsafe { object::get::<Block>(block) };
    let status = block.check(offset, length);
    if status == OK {
        block.each(offset, length, |(start, len), at| {
            // SAFETY: the part lies within its memory, and the caller's has room for the range.
            unsafe { ptr::copy_nonoverlapping(start, target.cast::<u8>().add(at), len) };
        });
    }
    status
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMBlockBufferReplaceDataBytes(
    source: *const c_void,
    block: Cf,
    offset: usize,
    length: usize,
) -> OSStatus {
    // SAFETY: the caller passes a block buffer.
    let block = unsafe { object::get::<Block>(block) };
    let status = block.check(offset, length);
    if status == OK {
        block.each(offset, length, |(start, len), at| {
            // SAFETY: the part lies within its memory, and the caller passes the bytes of the range.
            unsafe { ptr::copy_nonoverlapping(source.cast::<u8>().add(at), start, len) };
        });
    }
    status
}
