//! An encoder that misbehaves on purpose, and keeps a diary of what was asked of it.

use super::{
    pcm::{Kind, PcmEncoder},
    pictures,
    surface::TestSurface,
    witness::Witness,
};
use crate::{
    BackendError, Candidate, Capabilities, Codec, Encoded, EncoderBackend, EncoderConfig, Input,
    InputPicture, Rate, Tier,
};
use framewire_bitstream::annexb;
use framewire_convert::ChangeMap;
use framewire_frame::{Color, DeviceSurface, FrameId, PixelFormat, Size, Timestamp};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// What an encoder does. Its units are real H.264 (lossless, in one thread), whatever the faults leave of them.
#[derive(Clone, Debug)]
pub struct Script {
    /// The candidate's name.
    pub name: &'static str,
    /// The candidate's tier.
    pub tier: Tier,
    /// Frames that are held back.
    pub delay: usize,
    /// Formats that are taken, the preferred one first.
    pub input: &'static [PixelFormat],
    /// Whether [`TestSurface`] is encoded where it is.
    pub takes_surfaces: bool,
    /// Whether hints are asked for. Those that come are held against the pictures; a wrong one fails.
    pub uses_changes: bool,
    /// Whether losses are repaired without a key frame. No unit refers to another, so that every repair holds.
    pub long_term_references: bool,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// What has happened, in all sessions.
    pub diary: Diary,
}

/// One thing that goes wrong. Pictures are counted from 0 in each session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Opening says that this is missing.
    Unavailable(&'static str),
    /// Opening refuses a picture that is narrower or lower.
    RefuseBelow(Size),
    /// Encoding this picture fails.
    FailAt(u64),
    /// Encoding this picture emits its unit and fails then.
    FailAfter(u64),
    /// So many requests for a key frame, after the first picture, give another picture.
    IgnoreKeys(usize),
    /// So many first pictures are marked as no key frames, although they were to be.
    LateKey(u64),
    /// Encoding this picture gives nothing.
    Drop(u64),
    /// The parameter sets are never written.
    OmitParameterSets,
    /// The parameter sets are written before the first key frame only.
    ParameterSetsOnce,
    /// Start codes have three bytes.
    ShortStartCodes,
    /// The unit of this picture names another one.
    WrongId(u64),
    /// The unit of this picture is no H.264.
    Garbage(u64),
    /// The rate cannot be changed in place.
    RefuseRate,
    /// Changing the rate fails.
    FailRate,
    /// Flushing fails.
    FailFlush,
}

/// What was asked of the encoders of a script; a clone reads and writes the same one.
#[derive(Clone, Debug, Default)]
pub struct Diary(Arc<Mutex<Vec<Entry>>>);

/// One line of a [`Diary`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is what the function of its name was given; blocks are counted")]
pub enum Entry {
    Opened {
        size: Size,
        color: Color,
        rate: Rate,
    },
    Encoded {
        id: FrameId,
        timestamp: Timestamp,
        key: bool,
        format: PixelFormat,
        on_device: bool,
        changed: Option<usize>,
    },
    Rate(Rate),
    Acknowledged(FrameId),
    Recovering,
    Flushed,
    Closed,
}

impl Script {
    /// An encoder of the standard tier without a fault.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            tier: Tier::Standard,
            delay: 0,
            input: &[PixelFormat::I420],
            takes_surfaces: false,
            uses_changes: false,
            long_term_references: false,
            faults: Vec::new(),
            diary: Diary::default(),
        }
    }

    /// The same with one more fault.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The same in another tier.
    #[must_use]
    pub fn in_tier(self, tier: Tier) -> Self {
        Self { tier, ..self }
    }

    /// The same with so many frames held back.
    #[must_use]
    pub fn with_delay(self, delay: usize) -> Self {
        Self { delay, ..self }
    }

    /// For a roster.
    pub fn candidate(&self) -> Candidate {
        let script = self.clone();
        Candidate {
            name: self.name,
            codecs: &[Codec::H264],
            tier: self.tier,
            open: Arc::new(move |config| script.open(config)),
        }
    }

    fn open(&self, config: &EncoderConfig) -> Result<Box<dyn EncoderBackend>, BackendError> {
        let size = config.size;
        for fault in &self.faults {
            match *fault {
                Fault::Unavailable(what) => return Err(BackendError::unavailable(what)),
                Fault::RefuseBelow(least)
                    if size.width() < least.width() || size.height() < least.height() =>
                {
                    return Err(BackendError::unsupported(format!("a picture of {size}")));
                }
                _ => {}
            }
        }
        self.diary.write(Entry::Opened { size, color: config.color, rate: config.rate });
        let ignores = self.faults.iter().find_map(|fault| match fault {
            Fault::IgnoreKeys(times) => Some(*times),
            _ => None,
        });
        Ok(Box::new(Scripted {
            script: self.clone(),
            color: config.color,
            layers: config.temporal_layers.clamp(1, 2),
            pcm: PcmEncoder::new(size),
            held: VecDeque::new(),
            count: 0,
            keys: 0,
            since_key: 0,
            ignores: ignores.unwrap_or(0),
            witness: Witness::default(),
        }))
    }
}

impl Diary {
    /// Everything so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many sessions were opened, and how many of them are still open.
    pub fn sessions(&self) -> (usize, usize) {
        let entries = self.entries();
        let opened = entries.iter().filter(|entry| matches!(entry, Entry::Opened { .. })).count();
        let closed = entries.iter().filter(|entry| matches!(entry, Entry::Closed)).count();
        (opened, opened - closed)
    }

    fn write(&self, entry: Entry) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}

struct Scripted {
    script: Script,
    color: Color,
    layers: u8,
    pcm: PcmEncoder,
    held: VecDeque<Held>,
    count: u64,
    keys: u64,
    since_key: u64,
    ignores: usize,
    witness: Witness,
}

struct Held {
    id: FrameId,
    data: Vec<u8>,
    temporal_layer: u8,
}

impl EncoderBackend for Scripted {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: self.script.name,
            input: self.script.input,
            rate_in_place: !self.has(Fault::RefuseRate),
            delay: self.script.delay,
            temporal_layers: self.layers,
            uses_changes: self.script.uses_changes,
            long_term_references: self.script.long_term_references,
        }
    }

    fn takes(&self, surface: &dyn DeviceSurface) -> bool {
        self.script.takes_surfaces && surface.as_any().is::<TestSurface>()
    }

    fn encode(&mut self, input: Input<'_>, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        let number = self.count;
        self.count += 1;
        let Input { picture, id, timestamp, key, changes } = input;
        let downloaded;
        let (picture, on_device) = match picture {
            InputPicture::Host(picture) => (picture, false),
            InputPicture::Device(surface) => {
                downloaded =
                    surface.download().map_err(|error| BackendError::failed_with("download", error))?;
                (downloaded.as_ref(), true)
            }
        };
        let (format, changed) = (picture.format(), changes.map(ChangeMap::count));
        self.script.diary.write(Entry::Encoded { id, timestamp, key, format, on_device, changed });
        self.witness.check(picture, changes)?;
        if self.has(Fault::FailAt(number)) {
            return Err(BackendError::failed("the script says so"));
        }
        if self.has(Fault::Drop(number)) {
            return Ok(());
        }
        self.witness.encoded(picture);
        let unit = self.unit(number, pictures::coded(picture, self.color).as_ref(), id, key);
        self.held.push_back(unit);
        while self.held.len() > self.script.delay {
            self.emit_one(emit);
        }
        match self.has(Fault::FailAfter(number)) {
            true => Err(BackendError::failed("the script says so")),
            false => Ok(()),
        }
    }

    fn flush(&mut self, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        self.script.diary.write(Entry::Flushed);
        if self.has(Fault::FailFlush) {
            return Err(BackendError::failed("the script says so"));
        }
        while !self.held.is_empty() {
            self.emit_one(emit);
        }
        Ok(())
    }

    fn set_rate(&mut self, rate: Rate) -> Result<(), BackendError> {
        if self.has(Fault::RefuseRate) {
            return Err(BackendError::unsupported("a change of rate in place"));
        }
        if self.has(Fault::FailRate) {
            return Err(BackendError::failed("the script says so"));
        }
        self.script.diary.write(Entry::Rate(rate));
        Ok(())
    }

    fn acknowledge(&mut self, id: FrameId) {
        self.script.diary.write(Entry::Acknowledged(id));
    }

    fn recover(&mut self) {
        self.script.diary.write(Entry::Recovering);
    }
}

impl Scripted {
    fn has(&self, fault: Fault) -> bool {
        self.script.faults.contains(&fault)
    }

    fn unit(
        &mut self,
        number: u64,
        picture: framewire_frame::PictureRef<'_>,
        id: FrameId,
        key: bool,
    ) -> Held {
        let mut key = key || self.keys == 0;
        if key && self.keys > 0 && self.ignores > 0 {
            self.ignores -= 1;
            key = false;
        }
        if key {
            self.since_key = 0;
        }
        let disposable = self.layers == 2 && self.since_key % 2 == 1;
        let parameter_sets =
            !self.has(Fault::OmitParameterSets) && (self.keys == 0 || !self.has(Fault::ParameterSetsOnce));
        self.keys += u64::from(key);
        self.since_key += 1;
        let mut data = Vec::new();
        self.pcm.encode(picture, Kind { key, disposable, parameter_sets }, &mut data);
        if self.has(Fault::ShortStartCodes) {
            data = annexb::nals(&data).flat_map(|nal| [&[0, 0, 1], nal.bytes()].concat()).collect();
        }
        if self.script.faults.iter().any(|fault| matches!(fault, Fault::LateKey(late) if number < *late)) {
            let nals: Vec<Vec<u8>> = annexb::nals(&data).map(|nal| unmark(nal.bytes())).collect();
            data = nals.iter().flat_map(|nal| [&annexb::START_CODE, nal.as_slice()].concat()).collect();
        }
        if self.has(Fault::Garbage(number)) {
            data = b"no picture at all".to_vec();
        }
        let id = if self.has(Fault::WrongId(number)) { FrameId(id.0 + 1_000_000) } else { id };
        Held { id, data, temporal_layer: u8::from(disposable) }
    }

    fn emit_one(&mut self, emit: &mut dyn FnMut(Encoded<'_>)) {
        if let Some(Held { id, data, temporal_layer }) = self.held.pop_front() {
            emit(Encoded { id, data: &data, temporal_layer });
        }
    }
}

/// The same NAL unit, as a slice of a picture that is no key frame where it was one of a key frame.
fn unmark(nal: &[u8]) -> Vec<u8> {
    let mut nal = nal.to_vec();
    if let Some(header) = nal.first_mut().filter(|header| **header & 0x1f == 5) {
        *header = *header & !0x1f | 1;
    }
    nal
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.script.diary.write(Entry::Closed);
    }
}
