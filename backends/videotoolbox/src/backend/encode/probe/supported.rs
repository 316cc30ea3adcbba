//! Which codecs open in hardware.

use super::trial;
use crate::backend::CODECS;
use framewire_codec::Codec;
use std::sync::{Mutex, PoisonError};

/// The codecs that a small session in hardware opens for, which is tried. One that has opened is not tried again.
pub(crate) fn supported() -> Vec<Codec> {
    static OPENED: Mutex<Vec<Codec>> = Mutex::new(Vec::new());
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    for codec in CODECS.iter().copied() {
        if !opened.contains(&codec) && trial::opens(codec).is_ok() {
            opened.push(codec);
        }
    }
    opened.clone()
}
