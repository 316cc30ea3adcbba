//! From a sample to an access unit in Annex B.

use crate::backend::{parameter_sets, status::Status};
use framewire_bitstream::{CodecString, StreamFacts, annexb, avcc, h264};
use framewire_codec::{BackendError, Codec};
use objc2_core_media::{CMBlockBuffer, CMSampleBuffer};
use std::{
    ffi::c_char,
    ptr::{self, NonNull},
};

/// Access units, one after the other in the same memory.
#[derive(Default)]
pub(super) struct Unit {
    data: Vec<u8>,
    /// A sample whose memory lies in pieces, put together.
    joined: Vec<u8>,
    codec_string: Option<CodecString>,
}

impl Unit {
    /// The unit of `sample`, with all parameter sets before a key frame; empty where the sample is empty.
    pub(super) fn read(&mut self, codec: Codec, sample: &CMSampleBuffer) -> Result<&[u8], BackendError> {
        self.data.clear();
        // SAFETY: the sample is a live one.
        let (block, description) = unsafe { (sample.data_buffer(), sample.format_description()) };
        let Some(block) = block else {
            return Ok(&[]);
        };
        let description = description
            .ok_or_else(|| BackendError::failed("VideoToolbox gave a sample without a format description"))?;
        let length_size = parameter_sets::length_size(codec, &description)?;
        let bytes = contiguous(&block, &mut self.joined)?;
        if avcc::nals(bytes, length_size).map_while(Result::ok).any(|nal| is_key(codec, nal)) {
            parameter_sets::to_annexb(codec, &description, &mut self.data)?;
            let facts = StreamFacts::from_annexb(codec, &self.data).ok();
            self.codec_string = facts.map(|facts| facts.codec_string);
        }
        framewire_bitstream::avcc_to_annexb(bytes, length_size, &mut self.data).map_err(|error| {
            BackendError::failed_with("VideoToolbox gave a sample that cannot be read", error)
        })?;
        Ok(&self.data)
    }

    /// What the parameter sets of the last key frame say.
    pub(super) fn codec_string(&self) -> Option<&CodecString> {
        self.codec_string.as_ref()
    }
}

/// Whether an access unit in Annex B is a key frame.
pub(super) fn is_key_frame(codec: Codec, unit: &[u8]) -> bool {
    annexb::nals(unit).any(|nal| is_key(codec, nal))
}

/// Whether no other picture refers to an access unit in Annex B.
pub(super) fn is_disposable(codec: Codec, unit: &[u8]) -> bool {
    let mut slices = annexb::nals(unit).filter(|nal| match codec {
        Codec::H264 => matches!(nal.h264_type(), h264::NalType::Slice | h264::NalType::IdrSlice),
        Codec::Hevc => nal.hevc_type().is_slice(),
    });
    slices.next().is_some_and(|nal| match codec {
        Codec::H264 => nal.ref_idc() == 0,
        Codec::Hevc => nal.hevc_type().is_sub_layer_non_reference(),
    })
}

fn is_key(codec: Codec, nal: annexb::Nal<'_>) -> bool {
    match codec {
        Codec::H264 => nal.h264_type() == h264::NalType::IdrSlice,
        Codec::Hevc => nal.hevc_type().is_irap(),
    }
}

/// The bytes of `block`, where they lie or put together in `joined`.
fn contiguous<'a>(block: &'a CMBlockBuffer, joined: &'a mut Vec<u8>) -> Result<&'a [u8], BackendError> {
    // SAFETY: the block is a live one.
    let length = unsafe { block.data_length() };
    if length == 0 {
        return Ok(&[]);
    }
    let (mut here, mut total) = (0, 0);
    let mut pointer: *mut c_char = ptr::null_mut();
    // SAFETY: the block is a live one and the pointers lead to variables of this function.
    let status = unsafe { block.data_pointer(0, &mut here, &mut total, &mut pointer) };
    if status == 0 && here >= length && !pointer.is_null() {
        // SAFETY: CoreMedia has said that so many bytes lie there in a row. They belong to the block, which outlives the
        // slice, and an encoder does not write to a sample that it has given away.
        return Ok(unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), length) });
    }
    joined.clear();
    joined.resize(length, 0);
    let target = NonNull::from(&mut joined[..]).cast();
    // SAFETY: the block is a live one, and the target has `length` bytes.
    let status = unsafe { block.copy_data_bytes(0, length, target) };
    Status::check(status).map_err(|status| status.failed("hand over the bytes of a sample"))?;
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_unit_is_stands_in_its_slices() {
        let key = [0, 0, 0, 1, 0x67, 0x42, 0, 0, 0, 1, 0x65, 0x88];
        assert!(is_key_frame(Codec::H264, &key) && !is_disposable(Codec::H264, &key));
        let disposable = [0, 0, 0, 1, 0x06, 0x05, 0, 0, 0, 1, 0x01, 0x9a];
        assert!(!is_key_frame(Codec::H264, &disposable) && is_disposable(Codec::H264, &disposable));
        let referred_to = [0, 0, 0, 1, 0x41, 0x9a];
        assert!(!is_disposable(Codec::H264, &referred_to) && !is_disposable(Codec::H264, &[]));
    }
}
