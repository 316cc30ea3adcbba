//! The library's return codes in words.

use framewire_codec::BackendError;
use openh264_sys2 as sys;
use std::ffi::c_int;

/// What a method of the encoder returned instead of success.
#[derive(Debug, thiserror::Error)]
#[error("OpenH264 {call}: {} (code {code})", self.text())]
pub(super) struct EncoderStatus {
    call: &'static str,
    code: c_int,
}

impl EncoderStatus {
    pub(super) fn check(call: &'static str, code: c_int) -> Result<(), Self> {
        if code == sys::cmResultSuccess { Ok(()) } else { Err(Self { call, code }) }
    }

    fn text(&self) -> &'static str {
        match self.code {
            sys::cmInitParaError => "a parameter is out of its range",
            sys::cmMallocMemeError => "out of memory, or a picture larger than its buffer",
            sys::cmInitExpected => "the encoder is not initialised",
            sys::cmUnsupportedData => "the picture's size or format is not supported",
            _ => "it failed for a reason that it does not name",
        }
    }
}

impl From<EncoderStatus> for BackendError {
    fn from(status: EncoderStatus) -> Self {
        Self::failed(status.to_string())
    }
}

/// What is wrong with a unit, from the flags that the decoder returns.
pub(super) fn decoding_fault(state: sys::DECODING_STATE) -> String {
    const FLAGS: [(sys::DECODING_STATE, &str); 7] = [
        (sys::dsRefLost, "a reference picture is missing"),
        (sys::dsBitstreamError, "the bitstream is damaged or uses a feature that OpenH264 lacks"),
        (sys::dsDepLayerLost, "a dependent layer is missing"),
        (sys::dsNoParamSets, "its parameter sets are missing"),
        (sys::dsDataErrorConcealed, "damage was covered up"),
        (sys::dsRefListNullPtrs, "its reference list has gaps"),
        (sys::dsOutOfMemory, "out of memory"),
    ];
    let words: Vec<_> = FLAGS.iter().filter(|(flag, _)| state & flag != 0).map(|(_, text)| *text).collect();
    if words.is_empty() { format!("OpenH264 returned the state {state:#x}") } else { words.join(", ") }
}
