//! From bytes with lengths to a sample of CoreMedia's.

use crate::backend::{
    status::Status,
    time::{NEVER, moment},
};
use framewire_bitstream::avcc::LengthSize;
use framewire_frame::Timestamp;
use objc2_core_foundation::CFRetained;
use objc2_core_media::{
    CMBlockBuffer, CMFormatDescription, CMSampleBuffer, CMSampleTimingInfo, kCMBlockBufferAssureMemoryNowFlag,
};
use std::ptr::{self, NonNull};

/// Of the lengths in a sample, as the format description says it.
pub(super) const LENGTH_SIZE: LengthSize = LengthSize::Four;

/// A sample with a copy of `bytes`, which are not empty.
pub(super) fn sample(
    bytes: &[u8],
    description: &CMFormatDescription,
    timestamp: Timestamp,
) -> Result<CFRetained<CMSampleBuffer>, Status> {
    let block = block(bytes)?;
    let timing = CMSampleTimingInfo {
        duration: NEVER,
        presentationTimeStamp: moment(timestamp),
        decodeTimeStamp: NEVER,
    };
    let length = bytes.len();
    let mut made: *mut CMSampleBuffer = ptr::null_mut();
    // SAFETY: the block and the description are live ones and stay referenced by the sample; the timing and the length are
    // arrays of one element, as the counts say; the last argument leads to a variable of this function.
    let status = unsafe {
        CMSampleBuffer::create_ready(
            None,
            Some(&block),
            Some(description),
            1,
            1,
            &timing,
            1,
            &length,
            NonNull::from(&mut made),
        )
    };
    Status::check(status)?;
    let made = NonNull::new(made).ok_or(Status::NOTHING_MADE)?;
    // SAFETY: it was just created for the caller, who owns one reference to it.
    Ok(unsafe { CFRetained::from_raw(made) })
}

/// A block of memory of CoreMedia's own with a copy of `bytes`.
fn block(bytes: &[u8]) -> Result<CFRetained<CMBlockBuffer>, Status> {
    let mut made: *mut CMBlockBuffer = ptr::null_mut();
    // SAFETY: without a block of memory and with this flag CoreMedia allocates one itself, by the default allocator; the
    // last argument leads to a variable of this function.
    let status = unsafe {
        CMBlockBuffer::create_with_memory_block(
            None,
            ptr::null_mut(),
            bytes.len(),
            None,
            ptr::null(),
            0,
            bytes.len(),
            kCMBlockBufferAssureMemoryNowFlag,
            NonNull::from(&mut made),
        )
    };
    Status::check(status)?;
    let made = NonNull::new(made).ok_or(Status::NOTHING_MADE)?;
    // SAFETY: it was just created for the caller, who owns one reference to it.
    let block = unsafe { CFRetained::from_raw(made) };
    // SAFETY: the block has as many bytes as `bytes`, from which CoreMedia only reads.
    let status =
        unsafe { CMBlockBuffer::replace_data_bytes(NonNull::from(bytes).cast(), &block, 0, bytes.len()) };
    Status::check(status)?;
    Ok(block)
}
