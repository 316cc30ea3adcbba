//! Parameter sets in and out of format descriptions.

use super::status::Status;
use framewire_bitstream::{annexb, avcc::LengthSize};
use framewire_codec::{BackendError, Codec};
use objc2_core_foundation::CFRetained;
use objc2_core_media::{
    CMFormatDescription, CMVideoFormatDescriptionCreateFromH264ParameterSets,
    CMVideoFormatDescriptionCreateFromHEVCParameterSets, CMVideoFormatDescriptionGetH264ParameterSetAtIndex,
    CMVideoFormatDescriptionGetHEVCParameterSetAtIndex,
};
use std::{
    ffi::c_int,
    ptr::{self, NonNull},
};

/// More sets than a stream has; a count beyond it is broken memory, not a stream.
const MOST_SETS: usize = 64;

/// How long the lengths are in the samples that `description` belongs to.
pub(crate) fn length_size(
    codec: Codec,
    description: &CMFormatDescription,
) -> Result<LengthSize, BackendError> {
    let (mut count, mut bytes) = (0, 0);
    ask(codec, description, 0, ptr::null_mut(), ptr::null_mut(), &mut count, &mut bytes)?;
    let minus_one = u8::try_from(bytes).ok().and_then(|bytes| bytes.checked_sub(1)).unwrap_or(u8::MAX);
    LengthSize::from_minus_one(minus_one)
        .map_err(|error| BackendError::failed_with("VideoToolbox gave a sample with odd lengths", error))
}

/// Appends all parameter sets of `description`, in Annex B and in its order.
pub(crate) fn to_annexb(
    codec: Codec,
    description: &CMFormatDescription,
    out: &mut Vec<u8>,
) -> Result<(), BackendError> {
    let (mut index, mut count) = (0, 1);
    while index < count {
        let (mut set, mut length, mut header) = (ptr::null(), 0, 0);
        ask(codec, description, index, &mut set, &mut length, &mut count, &mut header)?;
        if set.is_null() || length == 0 || count > MOST_SETS {
            return Err(BackendError::failed(format!(
                "VideoToolbox gave parameter set {index} of {count} with {length} bytes"
            )));
        }
        // SAFETY: CoreMedia has said that so many bytes are there; they belong to `description`, which outlives the slice
        // and is never written to.
        annexb::push_nal(out, unsafe { std::slice::from_raw_parts(set, length) });
        index += 1;
    }
    Ok(())
}

fn ask(
    codec: Codec,
    description: &CMFormatDescription,
    index: usize,
    set: *mut *const u8,
    length: *mut usize,
    count: &mut usize,
    header: &mut c_int,
) -> Result<(), BackendError> {
    let ask = match codec {
        Codec::H264 => CMVideoFormatDescriptionGetH264ParameterSetAtIndex,
        Codec::Hevc => CMVideoFormatDescriptionGetHEVCParameterSetAtIndex,
    };
    // SAFETY: each pointer is null, which the function takes, or leads to a variable of the caller.
    let status = unsafe { ask(description, index, set, length, count, header) };
    Status::check(status).map_err(|status| status.failed(&format!("give parameter set {index}")))
}

/// Describes a stream of samples with lengths of four bytes by its parameter sets, in the order VPS, SPS, PPS.
pub(crate) fn describe(codec: Codec, sets: &[&[u8]]) -> Result<CFRetained<CMFormatDescription>, Status> {
    let mut sizes: Vec<usize> = sets.iter().map(|set| set.len()).collect();
    let mut pointers: Vec<NonNull<u8>> = sets.iter().map(|set| NonNull::from(*set).cast()).collect();
    let (Some(first), Some(first_size)) =
        (NonNull::new(pointers.as_mut_ptr()), NonNull::new(sizes.as_mut_ptr()))
    else {
        return Err(Status::NOTHING_MADE);
    };
    let mut made: *const CMFormatDescription = ptr::null();
    let out = NonNull::from(&mut made);
    // SAFETY: both arrays have as many elements as the count says, each pointer leads to as many bytes as its size says, all
    // of them live until the call returns, and CoreMedia copies what it keeps.
    let status = unsafe {
        match codec {
            Codec::H264 => CMVideoFormatDescriptionCreateFromH264ParameterSets(
                None,
                sets.len(),
                first,
                first_size,
                4,
                out,
            ),
            Codec::Hevc => CMVideoFormatDescriptionCreateFromHEVCParameterSets(
                None,
                sets.len(),
                first,
                first_size,
                4,
                None,
                out,
            ),
        }
    };
    Status::check(status)?;
    let made = NonNull::new(made.cast_mut()).ok_or(Status::NOTHING_MADE)?;
    // SAFETY: it was just created for the caller, who owns one reference to it.
    Ok(unsafe { CFRetained::from_raw(made) })
}
