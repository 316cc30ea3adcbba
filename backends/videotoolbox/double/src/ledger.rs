//! How many objects of each type are alive.

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

static LIVE: [AtomicUsize; Kind::ALL.len()] = [const { AtomicUsize::new(0) }; Kind::ALL.len()];

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
}

pub(crate) fn died(kind: Kind) {
    LIVE[kind as usize].fetch_sub(1, Ordering::SeqCst);
}
