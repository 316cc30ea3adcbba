//! What an encoder really does, seen on six pictures, and the settings that follow from it.
//!
//! Chips and systems differ: some make nothing but key frames, some pass over a request for one, some hold pictures back. The
//! first session of a codec for viewers looks once, on a small session that is closed again; the answer holds for as
//! long as the program runs.

use super::{VideoToolboxEncoder, annexb::is_key_frame, set_up};
use framewire_codec::{BackendError, Codec, EncoderBackend, EncoderConfig, Input, InputPicture};
use framewire_frame::{FrameId, PictureRef, PixelFormat, Size, Timestamp};
use std::sync::{Mutex, PoisonError};

/// What can be chosen about a session for viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Knobs {
    /// Apple's low-latency rate control.
    pub(super) low_latency: bool,
    /// Two reference pictures are asked for, where else the encoder chooses.
    pub(super) two_references: bool,
}

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    /// Frames that nobody asked a key frame for were none.
    predicts: bool,
    /// The frame that was to be a key frame was one.
    obeys: bool,
    /// Each unit came with its frame.
    immediate: bool,
}

/// The knobs to try, in order, and what is wrong with the first of them.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) knobs: Vec<Knobs>,
    pub(super) note: Option<String>,
}

impl Knobs {
    /// For files, where nothing is looked at.
    pub(super) const FILE: Self = Self { low_latency: false, two_references: false };
    /// For viewers, the best ones first.
    const LIVE: [Self; 4] = [
        Self { low_latency: true, two_references: false },
        Self { low_latency: true, two_references: true },
        Self { low_latency: false, two_references: false },
        Self { low_latency: false, two_references: true },
    ];
}

/// What the first session of a codec has found.
static FOUND: Mutex<Vec<(Codec, Order)>> = Mutex::new(Vec::new());

/// The knobs for a session for viewers.
pub(super) fn order(codec: Codec) -> Order {
    // Held while looking, so that sessions which open together look once.
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, order)) = found.iter().find(|(other, _)| *other == codec) {
        return order.clone();
    }
    match find(codec) {
        Some(order) => {
            found.push((codec, order.clone()));
            order
        }
        None => Order { knobs: Knobs::LIVE.to_vec(), note: None },
    }
}

/// Looks until something is sound. `None` where no session could be looked at.
fn find(codec: Codec) -> Option<Order> {
    let mut first = None;
    for (index, knobs) in Knobs::LIVE.into_iter().enumerate() {
        let Ok(seen) = look(codec, knobs) else {
            continue;
        };
        if seen.is_sound() {
            let mut order = Knobs::LIVE;
            order[..=index].rotate_right(1);
            return Some(Order { knobs: order.to_vec(), note: None });
        }
        tracing::debug!("{codec} with {knobs:?}: {seen:?}");
        first.get_or_insert(seen);
    }
    let note = first?.to_string();
    tracing::warn!("VideoToolbox's encoder of {codec} {note}");
    Some(Order { knobs: Knobs::LIVE.to_vec(), note: Some(note) })
}

fn look(codec: Codec, knobs: Knobs) -> Result<Seen, BackendError> {
    const FRAMES: u64 = 6;
    const ASKED: u64 = 4;
    let size =
        Size::new(128, 128).map_err(|error| BackendError::failed_with("the size of a trial", error))?;
    let config = EncoderConfig::new(size).with_codec(codec);
    let mut encoder = VideoToolboxEncoder::new(set_up(&config, size, knobs)?, &config, size);
    let mut seen = Seen { predicts: true, obeys: true, immediate: true };
    for index in 0..FRAMES {
        let data: Vec<u8> = (0..PixelFormat::Nv12.packed_len(size) as u64)
            .map(|at| (64 + (at % 128 + 2 * index) % 128) as u8)
            .collect();
        let picture = PictureRef::packed(PixelFormat::Nv12, size, &data)
            .map_err(|error| BackendError::failed_with("the picture of a trial", error))?;
        let input = Input {
            picture: InputPicture::Host(picture),
            id: FrameId(index),
            timestamp: Timestamp::from_micros(index * 33_333),
            key: index == ASKED,
            changes: None,
        };
        let mut came = false;
        encoder.encode(input, &mut |unit| {
            came |= unit.id.0 == index;
            let key = is_key_frame(codec, unit.data);
            if unit.id.0 == ASKED {
                seen.obeys &= key;
            } else if unit.id.0 > 0 {
                seen.predicts &= !key;
            }
        })?;
        seen.immediate &= came;
    }
    Ok(seen)
}

impl Seen {
    fn is_sound(self) -> bool {
        self.predicts && self.obeys && self.immediate
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let faults = [
            (self.predicts, "makes key frames that nobody asked for"),
            (self.obeys, "makes no key frame when it is asked for one"),
            (self.immediate, "holds or drops pictures"),
        ];
        let faults: Vec<_> = faults.iter().filter(|(well, _)| !well).map(|(_, fault)| *fault).collect();
        f.write_str(&faults.join(", "))
    }
}
