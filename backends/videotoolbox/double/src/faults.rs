//! What a test makes the double do wrong.

use crate::{
    ledger::{History, Kind, Ledger},
    object::die,
};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Names what goes wrong in a program that knows nothing of the double, with commas: `all_keys,refuse:RealTime`.
const VARIABLE: &str = "FRAMEWIRE_DOUBLE_FAULTS";

static FAULTS: LazyLock<Mutex<Faults>> = LazyLock::new(|| {
    let mut faults = Faults::NONE;
    let words = std::env::var(VARIABLE).unwrap_or_default();
    for word in words.split(',').filter(|word| !word.is_empty()) {
        if !faults.name(word) {
            die(&format!("{VARIABLE} names {word}, which is no fault"));
        }
    }
    Mutex::new(faults)
});
static EXCLUSIVE: Mutex<()> = Mutex::new(());

/// What goes wrong; nothing by default. Counts are per session, and a change holds for sessions that are open too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Faults {
    /// Every nth frame of an encoder is dropped: its callback has the flag `FrameDropped` and no sample.
    pub drop_every: Option<usize>,
    /// Setting these properties (`RealTime`) is refused with `kVTPropertyNotSupportedErr`, and they are not listed as
    /// supported.
    pub refuse: Vec<String>,
    /// After so many frames a session takes no more: `kVTInvalidSessionErr`.
    pub invalid_after: Option<usize>,
    /// So many requests for a key frame are answered with another frame.
    pub ignore_forced_keys: usize,
    /// Every frame of an encoder is a key frame.
    pub all_keys: bool,
    /// Every frame of an encoder with low-latency rate control is a key frame.
    pub all_keys_in_low_latency: bool,
    /// Every frame of an encoder is a key frame, unless it was told to keep two references or more.
    pub all_keys_without_references: bool,
    /// Encoders pass over the bitrate.
    pub ignore_rate: bool,
    /// Every other frame of an encoder is dropped that has data-rate limits and an average below a megabit a second.
    pub drops_at_limit: bool,
    /// Waiting for an encoder's frames leaves so many of them inside.
    pub incomplete: usize,
    /// What is wrong with an encoder's sequence parameter sets.
    pub wrong_sps: Option<WrongSps>,
    /// The data of samples lie in several pieces of memory.
    pub split_blocks: bool,
    /// The hardware is gone: sessions that require it are refused, others run in software, and frames of sessions that are
    /// open fail with `kVTVideoEncoderMalfunctionErr` or `kVTVideoDecoderMalfunctionErr`.
    pub hardware_lost: bool,
    /// So many sessions may be open at once; more are refused as not available now.
    pub max_sessions: Option<usize>,
    /// How many frames an encoder holds back, as far as `MaxFrameDelayCount` allows. Where this is `None`, 2 to 4 in turn, and none
    /// with low-latency rate control.
    pub delay: Option<usize>,
    /// Callbacks of every nth frame of a decoder report `kVTVideoDecoderBadDataErr`.
    pub bad_data_every: Option<usize>,
    /// Parameter sets are not made into a format description.
    pub refuse_sets: bool,
    /// From this unit on, counted from 1, decoders report `kVTVideoDecoderUnsupportedDataFormatErr`.
    pub unsupported_from: Option<usize>,
    /// Every nth unit of a decoder is answered with `kVTVideoDecoderMalfunctionErr`.
    pub malfunction_every: Option<usize>,
    /// So many units are refused by the call itself, with `kVTVideoDecoderBadDataErr` and without a callback.
    pub refuse_units: usize,
    /// A decoder gives no further picture while so many pixel buffers live: `kCVReturnWouldExceedAllocationThreshold`.
    pub max_pictures: Option<usize>,
    /// The pixel buffers of a decoder are so many pixels wider and higher than its pictures.
    pub padding: usize,
    /// A decoder accepts no other format description than its own.
    pub accept_no_change: bool,
    /// Pixel transfer fails with `kVTPixelTransferNotSupportedErr` after so many images.
    pub transfer_fails_after: Option<usize>,
}

/// What a sequence parameter set says that is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongSps {
    /// That two frames are shown later than one that follows them.
    Reordering,
    /// Profile Extended.
    Profile,
    /// That pictures are shown with the rows and columns that fill up macroblocks.
    Cropping,
    /// Nothing of colour and range.
    Color,
    /// That pictures are a quarter as large.
    Size,
}

impl Faults {
    const NONE: Self = Self {
        drop_every: None,
        refuse: Vec::new(),
        invalid_after: None,
        ignore_forced_keys: 0,
        all_keys: false,
        all_keys_in_low_latency: false,
        all_keys_without_references: false,
        ignore_rate: false,
        drops_at_limit: false,
        incomplete: 0,
        wrong_sps: None,
        split_blocks: false,
        hardware_lost: false,
        max_sessions: None,
        delay: None,
        bad_data_every: None,
        refuse_sets: false,
        unsupported_from: None,
        malfunction_every: None,
        refuse_units: 0,
        max_pictures: None,
        padding: 0,
        accept_no_change: false,
        transfer_fails_after: None,
    };

    /// Adds the fault of this name; whether there is one.
    fn name(&mut self, word: &str) -> bool {
        match word {
            "all_keys" => self.all_keys = true,
            "all_keys_in_low_latency" => self.all_keys_in_low_latency = true,
            "all_keys_without_references" => self.all_keys_without_references = true,
            "hardware_lost" => self.hardware_lost = true,
            "ignore_rate" => self.ignore_rate = true,
            "drops_at_limit" => self.drops_at_limit = true,
            "split_blocks" => self.split_blocks = true,
            _ => match word.split_once(':') {
                Some(("refuse", property)) => self.refuse.push(property.to_owned()),
                Some(("invalid_after", frames)) => match frames.parse() {
                    Ok(frames) => self.invalid_after = Some(frames),
                    Err(_) => return false,
                },
                _ => return false,
            },
        }
        true
    }
}

/// The double, for one test alone.
pub struct Exclusive {
    before: Ledger,
    history: History,
    _turn: MutexGuard<'static, ()>,
}

/// Waits until no other test has the double, and takes it. Nothing is wrong then, and again when the value is dropped.
///
/// Tests share a process: every one that uses the frameworks has to hold this, for the faults and for the ledger.
#[must_use]
pub fn exclusive() -> Exclusive {
    let turn = EXCLUSIVE.lock().unwrap_or_else(PoisonError::into_inner);
    *locked() = Faults::NONE;
    Exclusive { before: Ledger::now(), history: History::now(), _turn: turn }
}

impl Exclusive {
    /// Changes what goes wrong.
    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut locked());
    }

    /// What is alive.
    pub fn ledger(&self) -> Ledger {
        Ledger::now()
    }

    /// How many objects of a type were made since the double was taken.
    pub fn made(&self, kind: Kind) -> usize {
        History::now().born(kind) - self.history.born(kind)
    }

    /// How often the memory of a pixel buffer was locked since the double was taken.
    pub fn locks(&self) -> usize {
        History::now().locks() - self.history.locks()
    }

    /// Fails the test where other objects are alive than when the double was taken, and where a session that encodes or
    /// decodes was released and not invalidated before: its callbacks could come until the very end.
    ///
    /// # Panics
    /// With both counts.
    #[track_caller]
    pub fn assert_no_leaks(&self) {
        let now = Ledger::now();
        assert!(now == self.before, "alive are {now}; at the start there was {}", self.before);
        let missed = History::now().not_invalidated() - self.history.not_invalidated();
        assert!(missed == 0, "{missed} sessions were released and not invalidated before");
    }
}

impl Drop for Exclusive {
    fn drop(&mut self) {
        *locked() = Faults::NONE;
    }
}

/// A copy of what goes wrong now.
pub(crate) fn current() -> Faults {
    locked().clone()
}

/// Whether a request for a key frame is to be ignored; counts it.
pub(crate) fn ignores_forced_key() -> bool {
    let mut faults = locked();
    let ignores = faults.ignore_forced_keys > 0;
    faults.ignore_forced_keys = faults.ignore_forced_keys.saturating_sub(1);
    ignores
}

/// Whether a unit is to be refused; counts it.
pub(crate) fn refuses_unit() -> bool {
    let mut faults = locked();
    let refuses = faults.refuse_units > 0;
    faults.refuse_units = faults.refuse_units.saturating_sub(1);
    refuses
}

fn locked() -> MutexGuard<'static, Faults> {
    FAULTS.lock().unwrap_or_else(PoisonError::into_inner)
}
