//! The thread of a compression session, with OpenH264 or the recording of HEVC.

use super::{
    ENCODER_MALFUNCTION, FRAME_DROPPED, PIXEL_TRANSFER_NOT_SUPPORTED, hevc::Recorder, image,
    session::call_back, settings::Settings,
};
use crate::{
    core_foundation::{Dictionary, Number, boolean_object, create_string},
    core_media::{Block, CMTime, Format, Sample, Timing},
    core_video::PixelBuffer,
    faults::{self, Faults, WrongSps},
    object::{Ref, die},
    types::{H264, HEVC, OK, OSStatus},
};
use framewire_bitstream::{
    Codec, annexb, avcc::LengthSize, avcc::push_nal, h264, h264::NalType, hevc, parameter_sets,
};
use framewire_codec::{EncoderBackend, EncoderConfig, Input, InputPicture};
use framewire_frame::{FrameId, Size, Timestamp};
use framewire_software::openh264::OpenH264Encoder;
use std::{
    collections::VecDeque,
    ffi::c_void,
    ptr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender},
    },
};

/// The caller's function: its context, the frame's, the status, the flags and the sample, which is null where there is none.
pub(super) type Callback =
    unsafe extern "C-unwind" fn(*mut c_void, *mut c_void, OSStatus, u32, crate::object::Cf);

/// What the thread is told.
pub(super) enum Job {
    Frame(Box<Frame>),
    /// Everything up to a time is to come out.
    Complete(CMTime, Sender<()>),
}

/// A frame as it was submitted.
pub(super) struct Frame {
    pub(super) buffer: Ref,
    pub(super) timing: Timing,
    /// The caller's pointer for this frame.
    pub(super) context: usize,
    pub(super) wants_key: bool,
    /// A picture that was acknowledged is to be the only reference.
    pub(super) refreshes: bool,
    /// Tokens of pictures that were shown.
    pub(super) acknowledged: Vec<i64>,
    /// The buffer's [`PixelBuffer::mark`] when it was submitted.
    pub(super) mark: u64,
    pub(super) settings: Settings,
}

/// Where frames go.
pub(super) struct Output {
    callback: Option<Callback>,
    context: usize,
    pending: Arc<AtomicUsize>,
}

impl Output {
    pub(super) fn new(callback: Option<Callback>, context: *mut c_void, pending: Arc<AtomicUsize>) -> Self {
        Self { callback, context: context as usize, pending }
    }

    fn call(&self, frame_context: usize, status: OSStatus, flags: u32, sample: Option<&Ref>) {
        if let Some(callback) = self.callback {
            let sample = sample.map_or(ptr::null(), Ref::as_ptr);
            // SAFETY: the function was given with this context and this frame's; the sample lives until it returns.
            call_back(|| unsafe {
                callback(self.context as *mut c_void, frame_context as *mut c_void, status, flags, sample);
            });
        }
        self.pending.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether there is an encoder for pictures of this size.
pub(super) fn takes(codec: Codec, size: Size) -> bool {
    open(codec, &EncoderConfig::new(size)).is_some()
}

fn open(codec: Codec, config: &EncoderConfig) -> Option<Box<dyn EncoderBackend>> {
    Some(match codec {
        Codec::H264 => Box::new(OpenH264Encoder::open(config).ok()?),
        Codec::Hevc => Box::new(Recorder::open(config)?),
    })
}

pub(super) fn run(jobs: &Receiver<Job>, codec: Codec, size: Size, output: Output) {
    let mut thread = Encoding {
        codec,
        size,
        output,
        open: None,
        held: VecDeque::new(),
        format: None,
        frames: 0,
        since_key: 0,
        key_at: 0,
        long_term: LongTerm::default(),
    };
    for job in jobs {
        match job {
            Job::Frame(frame) => {
                let delay = frame.settings.delay.max(faults::current().incomplete);
                thread.held.push_back(frame);
                while thread.held.len() > delay {
                    thread.encode_next();
                }
            }
            Job::Complete(until, done) => {
                let is_due =
                    |frame: &Frame| !until.is_numeric() || !frame.timing.presentation.is_after(until);
                let left = faults::current().incomplete;
                while thread.held.len() > left && thread.held.front().is_some_and(|frame| is_due(frame)) {
                    thread.encode_next();
                }
                // The other side may have given up.
                let _ = done.send(());
            }
        }
    }
}

struct Encoding {
    codec: Codec,
    size: Size,
    output: Output,
    /// The encoder, what it was opened with, and the pixel format.
    open: Option<(Box<dyn EncoderBackend>, Settings, u32)>,
    held: VecDeque<Box<Frame>>,
    /// The description that goes with every sample until the parameter sets change.
    format: Option<(Vec<Vec<u8>>, Ref)>,
    frames: usize,
    /// Frames since the last key frame.
    since_key: i64,
    /// When that was, in microseconds.
    key_at: u64,
    long_term: LongTerm,
}

/// Pictures that are kept as references until others are.
#[derive(Default)]
struct LongTerm {
    /// Tokens that samples had.
    given: Vec<i64>,
    /// Whether one of them was acknowledged since the last key frame.
    acknowledged: bool,
}

/// Every so many frames one is kept, and each key frame.
const LONG_TERM_EVERY: usize = 4;

impl Encoding {
    fn encode_next(&mut self) {
        let Some(frame) = self.held.pop_front() else { return };
        self.frames += 1;
        let faults = faults::current();
        if faults.hardware_lost {
            return self.output.call(frame.context, ENCODER_MALFUNCTION, 0, None);
        }
        let settings = &frame.settings;
        let at_limit = faults.drops_at_limit
            && settings.limited
            && settings.rate.bitrate.bits_per_second() < 1_000_000
            && self.frames.is_multiple_of(2);
        if at_limit || faults.drop_every.is_some_and(|every| self.frames.is_multiple_of(every)) {
            return self.output.call(frame.context, OK, FRAME_DROPPED, None);
        }
        match self.encode(&frame, &faults) {
            Ok(Some(sample)) => self.output.call(frame.context, OK, 0, Some(&sample)),
            Ok(None) => self.output.call(frame.context, OK, FRAME_DROPPED, None),
            Err(status) => self.output.call(frame.context, status, 0, None),
        }
    }

    fn encode(&mut self, frame: &Frame, faults: &Faults) -> Result<Option<Ref>, OSStatus> {
        let buffer = frame.buffer.get::<PixelBuffer>();
        // SAFETY: nobody may write to the buffer, which is what this finds out.
        if unsafe { buffer.mark() } != frame.mark {
            die("a CVPixelBuffer was written to between VTCompressionSessionEncodeFrame and its callback");
        }
        let planes =
            image::Planes::of(buffer, frame.settings.matrix).and_then(|planes| planes.scaled(self.size));
        let planes = planes.ok_or(PIXEL_TRANSFER_NOT_SUPPORTED)?;
        let picture = planes.picture().ok_or(PIXEL_TRANSFER_NOT_SUPPORTED)?;
        let micros = frame.timing.presentation.as_micros();
        self.prepare(&frame.settings, buffer.format)?;

        let settings = &frame.settings;
        let is_over = settings.key_frames.is_some_and(|limit| self.since_key >= limit)
            || settings
                .key_seconds
                .is_some_and(|limit| micros.saturating_sub(self.key_at) as f64 >= limit * 1e6);
        let asked = frame.wants_key && !faults::ignores_forced_key();
        let all_keys = faults.all_keys
            || faults.all_keys_in_low_latency && settings.low_latency
            || faults.all_keys_without_references && settings.references.is_none_or(|count| count < 2);
        let repaired = settings.long_term && self.long_term.answers(frame);
        let key = asked || all_keys || settings.only_keys || is_over || frame.refreshes && !repaired;

        let input = Input {
            picture: InputPicture::Host(picture),
            id: FrameId(self.frames as u64),
            timestamp: Timestamp::from_micros(micros),
            key,
            changes: None,
        };
        let (encoder, ..) = self.open.as_mut().ok_or(ENCODER_MALFUNCTION)?;
        let mut coded = None;
        encoder
            .encode(input, &mut |unit| coded = Some((unit.data.to_vec(), unit.temporal_layer)))
            .map_err(|_| ENCODER_MALFUNCTION)?;
        let Some((unit, layer)) = coded else { return Ok(None) };
        self.sample(frame, &unit, layer, faults).map(Some)
    }

    /// Opens an encoder where there is none for these settings, and changes the rate of the one there is.
    fn prepare(&mut self, settings: &Settings, pixel_format: u32) -> Result<(), OSStatus> {
        if let Some((encoder, opened, format)) = &mut self.open
            && settings.goes_on_from(opened)
            && *format == pixel_format
        {
            if settings.rate != opened.rate {
                encoder.set_rate(settings.rate).map_err(|_| ENCODER_MALFUNCTION)?;
            }
            *opened = settings.clone();
            return Ok(());
        }
        let config = settings.config(self.size, image::color(pixel_format, settings.matrix));
        let encoder = open(self.codec, &config).ok_or(ENCODER_MALFUNCTION)?;
        self.open = Some((encoder, settings.clone(), pixel_format));
        Ok(())
    }

    /// The unit as a sample: units behind their lengths, and the parameter sets in the description alone.
    fn sample(&mut self, frame: &Frame, unit: &[u8], layer: u8, faults: &Faults) -> Result<Ref, OSStatus> {
        let mut data = Vec::with_capacity(unit.len() + 16);
        let mut is_key = false;
        for nal in annexb::nals(unit) {
            let (is_set, begins) = role(self.codec, nal);
            is_key |= begins;
            if !is_set {
                push_nal(nal, LengthSize::Four, &mut data).map_err(|_| ENCODER_MALFUNCTION)?;
            }
        }
        let sets = parameter_sets(self.codec, unit);
        let sps = sets.sps.iter().map(|sps| falsified(sps, faults.wrong_sps));
        let (vps, pps) = (sets.vps.iter(), sets.pps.iter());
        let sets: Vec<Vec<u8>> =
            vps.map(|set| set.to_vec()).chain(sps).chain(pps.map(|set| set.to_vec())).collect();
        if !sets.is_empty() && self.format.as_ref().is_none_or(|format| format.0 != sets) {
            let kind = match self.codec {
                Codec::H264 => H264,
                Codec::Hevc => HEVC,
            };
            let format = Format::from_sets(kind, sets.clone(), 4).ok_or(ENCODER_MALFUNCTION)?;
            self.format = Some((sets, format.into_object()));
        }
        if is_key {
            (self.since_key, self.key_at) = (0, frame.timing.presentation.as_micros());
            self.long_term.acknowledged = false;
        }
        self.since_key += 1;

        let attachments = Dictionary::new();
        set_flag(&attachments, "DependsOnOthers", !is_key);
        set_flag(&attachments, "IsDependedOnByOthers", layer == 0 || frame.settings.layers == 1);
        if !is_key {
            // Apple leaves it out in key frames.
            set_flag(&attachments, "NotSync", true);
        }
        if frame.settings.long_term && (is_key || self.frames.is_multiple_of(LONG_TERM_EVERY)) {
            set_number(&attachments, "RequireLTRAcknowledgementToken", self.long_term.give());
        }
        let block = Ref::new(Block::new(&data, faults.split_blocks));
        let format = self.format.as_ref().map(|format| format.1.clone());
        Ok(Ref::new(Sample::new(Some(block), format, frame.timing).with_attachments(attachments)))
    }
}

/// Whether a unit is a parameter set, and whether it is a slice that decoding can begin with.
fn role(codec: Codec, nal: annexb::Nal<'_>) -> (bool, bool) {
    match codec {
        Codec::H264 => {
            let kind = nal.h264_type();
            (matches!(kind, NalType::Sps | NalType::Pps), kind == NalType::IdrSlice)
        }
        Codec::Hevc => {
            let kind = nal.hevc_type();
            let is_set = matches!(kind, hevc::NalType::Vps | hevc::NalType::Sps | hevc::NalType::Pps);
            (is_set, kind.is_irap())
        }
    }
}

/// A sequence parameter set with what is to be wrong with it; one of HEVC as it is.
fn falsified(sps: &[u8], wrong: Option<WrongSps>) -> Vec<u8> {
    let (Some(wrong), Ok(mut parsed)) = (wrong, h264::Sps::parse(sps)) else { return sps.to_vec() };
    let vui = parsed.vui.get_or_insert_default();
    match wrong {
        WrongSps::Reordering => {
            let restriction = h264::BitstreamRestriction::without_reordering(2);
            vui.bitstream_restriction =
                Some(h264::BitstreamRestriction { max_num_reorder_frames: 2, ..restriction });
        }
        WrongSps::Profile => parsed.profile_idc = 88,
        WrongSps::Cropping => parsed.crop = None,
        WrongSps::Color => vui.video_signal = None,
        WrongSps::Size => {
            parsed.width_in_mbs = parsed.width_in_mbs.div_ceil(2);
            parsed.height_in_map_units = parsed.height_in_map_units.div_ceil(2);
            parsed.crop = None;
        }
    }
    parsed.to_nal()
}

impl LongTerm {
    /// Whether there is a picture that a refresh can refer to. What the picture really refers to is up to OpenH264.
    fn answers(&mut self, frame: &Frame) -> bool {
        if frame.acknowledged.iter().any(|token| !self.given.contains(token)) {
            die("a token was acknowledged that no sample had");
        }
        self.acknowledged |= !frame.acknowledged.is_empty();
        self.acknowledged
    }

    fn give(&mut self) -> i64 {
        let token = 1000 + self.given.len() as i64;
        self.given.push(token);
        token
    }
}

fn set_number(attachments: &Dictionary, name: &str, value: i64) {
    // SAFETY: the string was just made, and its one reference is taken over.
    let key = unsafe { Ref::adopt(create_string(name.to_owned())) };
    if let Some(key) = key {
        attachments.set(key, Ref::new(Number::Integer(value)));
    }
}

fn set_flag(attachments: &Dictionary, name: &str, value: bool) {
    // SAFETY: the string was just made, and its one reference is taken over; truth values are constants.
    let (key, value) =
        unsafe { (Ref::adopt(create_string(name.to_owned())), Ref::retain(boolean_object(value))) };
    if let (Some(key), Some(value)) = (key, value) {
        attachments.set(key, value);
    }
}
