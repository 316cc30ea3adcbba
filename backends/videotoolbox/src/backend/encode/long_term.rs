//! Long-term references: pictures that the encoder keeps until it is told that they were shown, so that a loss costs no key
//! frame.
//!
//! A sample of such a picture has a token. The tokens of those that were shown go back with the next picture, and on request
//! that one refers to them alone.

use crate::backend::dictionary::{Dictionary, Name, Value};
use framewire_frame::FrameId;
use objc2_core_foundation::{CFNumber, CFString, CFType};
use objc2_core_media::CMSampleBuffer;
use std::collections::VecDeque;

/// Pictures whose being shown may still be reported. An encoder keeps a few; older tokens are of no use to it.
const MOST_TOKENS: usize = 32;

/// What is known of the pictures that an encoder keeps.
#[derive(Default)]
pub(super) struct LongTerm {
    /// Tokens of pictures that came out, the oldest first.
    sent: VecDeque<(FrameId, i64)>,
    /// Tokens that the encoder has to hear of.
    shown: Vec<i64>,
    recovers: bool,
}

impl LongTerm {
    /// Keeps the token of a sample that has one.
    pub(super) fn note(&mut self, id: FrameId, sample: &CMSampleBuffer) {
        if let Some(token) = token(sample) {
            if self.sent.len() == MOST_TOKENS {
                self.sent.pop_front();
            }
            self.sent.push_back((id, token));
        }
    }

    /// The picture of this frame was shown.
    pub(super) fn acknowledge(&mut self, id: FrameId) {
        let Some(place) = self.sent.iter().position(|(sent, _)| *sent == id) else { return };
        // The encoder needs none that is older than one that was shown.
        if let Some((_, token)) = self.sent.drain(..=place).next_back() {
            self.shown.push(token);
        }
    }

    /// The next picture refers to those that were shown.
    pub(super) fn recover(&mut self) {
        self.recovers = true;
    }

    /// What the next picture's options say of it.
    pub(super) fn options(&mut self) -> Vec<(Name, Value)> {
        let mut options = Vec::new();
        if !self.shown.is_empty() {
            let shown = std::mem::take(&mut self.shown);
            options.push((Name::literal("AcknowledgedLTRTokens"), Value::Numbers(shown)));
        }
        if std::mem::take(&mut self.recovers) {
            options.push((Name::literal("ForceLTRRefresh"), Value::Bool(true)));
        }
        options
    }
}

/// What the sample's attachments give under `RequireLTRAcknowledgementToken`.
fn token(sample: &CMSampleBuffer) -> Option<i64> {
    // SAFETY: the sample is a live one.
    let attachments = unsafe { sample.sample_attachments_array(false) }?;
    // SAFETY: CoreMedia documents an array with a dictionary from strings to objects for each sample.
    let attachments = unsafe { attachments.cast_unchecked::<Dictionary>() }.get(0)?;
    let key = CFString::from_static_str("RequireLTRAcknowledgementToken");
    let value: &CFType = &*attachments.get(&key)?;
    value.downcast_ref::<CFNumber>()?.as_i64()
}
