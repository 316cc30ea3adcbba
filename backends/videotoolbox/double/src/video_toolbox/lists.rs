//! What the system has.

use super::{COULD_NOT_FIND_ENCODER, compression::has_flag, session::dictionary_of, settings::Properties};
use crate::{
    core_foundation::{Array, Dictionary, Number, boolean_object, create_string},
    faults,
    ledger::Kind,
    object::{Cf, Ref, create},
    types::{Boolean, H264, HEVC, OK, OSStatus, codec_of},
};

const ENCODER: &str = "framewire.double";

#[unsafe(no_mangle)]
extern "C-unwind" fn VTIsHardwareDecodeSupported(codec: u32) -> Boolean {
    Boolean::from(codec_of(codec).is_some() && !faults::current().hardware_lost)
}

/// One encoder for each codec.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTCopyVideoEncoderList(_: Cf, out: *mut Cf) -> OSStatus {
    let encoders = [H264, HEVC].map(|codec| Ref::new(described(codec)));
    // SAFETY: the caller passes a place for the reference.
    unsafe { *out = create(Array::new(encoders.into())) };
    OK
}

fn described(codec: u32) -> Dictionary {
    let encoder = Dictionary::new();
    for (name, value) in [
        ("CodecType", create(Number::Integer(codec.into()))),
        ("EncoderID", create_string(ENCODER.to_owned())),
        ("EncoderName", create_string("the double".to_owned())),
        ("IsHardwareAccelerated", boolean_object(!faults::current().hardware_lost)),
    ] {
        // SAFETY: both were just made, or are constants, and their references are taken over.
        let (key, value) = unsafe { (Ref::adopt(create_string(name.to_owned())), Ref::adopt(value)) };
        if let (Some(key), Some(value)) = (key, value) {
            encoder.set(key, value);
        }
    }
    encoder
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTCopySupportedPropertyDictionaryForEncoder(
    _: i32,
    _: i32,
    codec: u32,
    specification: Cf,
    id: *mut Cf,
    supported: *mut Cf,
) -> OSStatus {
    if codec_of(codec).is_none() {
        return COULD_NOT_FIND_ENCODER;
    }
    // SAFETY: the caller passes a dictionary or null.
    let low_latency = unsafe { has_flag(specification, "EnableLowLatencyRateControl") };
    let names = Properties::new(Kind::CompressionSession, low_latency).supported();
    // SAFETY: each pointer is null or a place for a reference.
    unsafe {
        if let Some(id) = id.as_mut() {
            *id = create_string(ENCODER.to_owned());
        }
        if let Some(supported) = supported.as_mut() {
            *supported = dictionary_of(&names).into_raw();
        }
    }
    OK
}
