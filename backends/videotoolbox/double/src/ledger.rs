//! How many objects of each type are alive.

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

static LIVE: [AtomicUsize; Kind::ALL.len()] = [const { AtomicUsize::new(0) }; Kind::ALL.len()];
static BORN: [AtomicUsize; Kind::ALL.len()] = [const { AtomicUsize::new(0) }; Kind::ALL.len()];
static LOCKS: AtomicUsize = AtomicUsize::new(0);
static NOT_INVALIDATED: AtomicUsize = AtomicUsize::new(0);

/// The types of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(usize)]
pub enum Kind {
    /// `CFAllocator`.
    Allocator,
    /// `CFString`.
    String,
    /// `CFNumber`.
    Number,
    /// `CFBoolean`.
    Boolean,
    /// `CFData`.
    Data,
    /// `CFArray`.
    Array,
    /// `CFDictionary`.
    Dictionary,
    /// `CMBlockBuffer`.
    BlockBuffer,
    /// `CMSampleBuffer`.
    SampleBuffer,
    /// `CMFormatDescription`.
    FormatDescription,
    /// `CVPixelBuffer`.
    PixelBuffer,
    /// `CVPixelBufferPool`.
    PixelBufferPool,
    /// `VTCompressionSession`.
    CompressionSession,
    /// `VTDecompressionSession`.
    DecompressionSession,
    /// `VTPixelTransferSession`.
    PixelTransferSession,
}

impl Kind {
    /// Every type.
    pub const ALL: [Self; 15] = [
        Self::Allocator,
        Self::String,
        Self::Number,
        Self::Boolean,
        Self::Data,
        Self::Array,
        Self::Dictionary,
        Self::BlockBuffer,
        Self::SampleBuffer,
        Self::FormatDescription,
        Self::PixelBuffer,
        Self::PixelBufferPool,
        Self::CompressionSession,
        Self::DecompressionSession,
        Self::PixelTransferSession,
    ];

    /// Apple's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allocator => "CFAllocator",
            Self::String => "CFString",
            Self::Number => "CFNumber",
            Self::Boolean => "CFBoolean",
            Self::Data => "CFData",
            Self::Array => "CFArray",
            Self::Dictionary => "CFDictionary",
            Self::BlockBuffer => "CMBlockBuffer",
            Self::SampleBuffer => "CMSampleBuffer",
            Self::FormatDescription => "CMFormatDescription",
            Self::PixelBuffer => "CVPixelBuffer",
            Self::PixelBufferPool => "CVPixelBufferPool",
            Self::CompressionSession => "VTCompressionSession",
            Self::DecompressionSession => "VTDecompressionSession",
            Self::PixelTransferSession => "VTPixelTransferSession",
        }
    }

    /// The `CFTypeID`, which is never zero.
    pub(crate) const fn id(self) -> usize {
        self as usize + 1
    }
}

/// What has happened since the process began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct History {
    born: [usize; Kind::ALL.len()],
    locks: usize,
    not_invalidated: usize,
}

impl History {
    pub(crate) fn now() -> Self {
        Self {
            born: BORN.each_ref().map(|count| count.load(Ordering::SeqCst)),
            locks: LOCKS.load(Ordering::SeqCst),
            not_invalidated: NOT_INVALIDATED.load(Ordering::SeqCst),
        }
    }

    /// The objects of one type that were made.
    pub(crate) fn born(&self, kind: Kind) -> usize {
        self.born[kind as usize]
    }

    /// How often the memory of a pixel buffer was asked for.
    pub(crate) fn locks(&self) -> usize {
        self.locks
    }

    /// The sessions that were released and not invalidated before.
    pub(crate) fn not_invalidated(&self) -> usize {
        self.not_invalidated
    }
}

/// A count of the objects that are alive; constants are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ledger([usize; Kind::ALL.len()]);

impl Ledger {
    pub(crate) fn now() -> Self {
        Self(LIVE.each_ref().map(|count| count.load(Ordering::SeqCst)))
    }

    /// The objects of one type.
    pub fn live(&self, kind: Kind) -> usize {
        self.0[kind as usize]
    }

    /// The objects of all types.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for kind in Kind::ALL.into_iter().filter(|&kind| self.live(kind) > 0) {
            write!(f, "{separator}{} {}", self.live(kind), kind.name())?;
            separator = ", ";
        }
        if separator.is_empty() { f.write_str("nothing") } else { Ok(()) }
    }
}

pub(crate) fn born(kind: Kind) {
    LIVE[kind as usize].fetch_add(1, Ordering::SeqCst);
    BORN[kind as usize].fetch_add(1, Ordering::SeqCst);
}

pub(crate) fn died(kind: Kind) {
    LIVE[kind as usize].fetch_sub(1, Ordering::SeqCst);
}

pub(crate) fn locked() {
    LOCKS.fetch_add(1, Ordering::SeqCst);
}

pub(crate) fn released_without_invalidation() {
    NOT_INVALIDATED.fetch_add(1, Ordering::SeqCst);
}
