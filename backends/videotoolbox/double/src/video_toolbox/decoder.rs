//! The thread of a decompression session, with OpenH264 or, for HEVC, greys.

use super::{
    DECODER_BAD_DATA, DECODER_MALFUNCTION, DECODER_UNSUPPORTED_DATA_FORMAT, FRAME_DROPPED, hevc::Grey, image,
    session::call_back,
};
use crate::{
    core_media::{Block, CMTime, Format, Sample},
    core_video::PixelBuffer,
    faults,
    ledger::{Kind, Ledger},
    object::{Cf, Ref},
    types::{OK, OSStatus, codec_of},
};
use framewire_bitstream::{annexb, avcc, avcc::LengthSize, avcc_to_annexb, h264};
use framewire_codec::{Codec, DecodedPicture, DecoderBackend, DecoderConfig};
use framewire_frame::{Matrix, Size, Timestamp};
use framewire_software::openh264::OpenH264Decoder;
use std::{
    collections::VecDeque,
    ffi::c_void,
    ptr,
    sync::mpsc::{Receiver, Sender},
};

const WOULD_EXCEED_ALLOCATION_THRESHOLD: OSStatus = -6689;

/// The caller's function: its context, the frame's, the status, the flags, the image or null, its time and duration.
pub(super) type Callback =
    unsafe extern "C-unwind" fn(*mut c_void, *mut c_void, OSStatus, u32, Cf, CMTime, CMTime);

/// What the thread is told.
pub(super) enum Job {
    Unit(Box<Unit>),
    /// Everything is to come out.
    Finish(Sender<()>),
}

/// A sample as it was submitted.
pub(super) struct Unit {
    pub(super) sample: Ref,
    pub(super) format: Ref,
    /// The caller's pointer for this sample.
    pub(super) context: usize,
    /// Whether its picture is wanted.
    pub(super) shows: bool,
    /// Whether its picture may wait for its turn in the order of display. It comes at once otherwise.
    pub(super) may_wait: bool,
    /// Told when the sample was decoded.
    pub(super) done: Sender<()>,
}

/// Where pictures go, and in which format.
pub(super) struct Output {
    callback: Option<Callback>,
    context: usize,
    pixels: u32,
}

impl Output {
    pub(super) fn new(callback: Option<Callback>, context: *mut c_void, pixels: u32) -> Self {
        Self { callback, context: context as usize, pixels }
    }

    fn call(&self, unit: &Unit, status: OSStatus, flags: u32, image: Option<&Ref>) {
        let Some(callback) = self.callback else { return };
        let timing = unit.sample.get::<Sample>().timing;
        let image = image.map_or(ptr::null(), Ref::as_ptr);
        let (context, frame_context) = (self.context as *mut c_void, unit.context as *mut c_void);
        // SAFETY: the function was given with this context and this frame's; the image lives until it returns.
        call_back(|| unsafe {
            callback(context, frame_context, status, flags, image, timing.presentation, timing.duration);
        });
    }

    fn show(&self, unit: &Unit, picture: &DecodedPicture<'_>) {
        if !unit.shows {
            return self.call(unit, OK, 0, None);
        }
        let Some(picture) = picture.picture.host() else {
            return self.call(unit, DECODER_MALFUNCTION, 0, None);
        };
        let faults = faults::current();
        let live = Ledger::now().live(Kind::PixelBuffer);
        if faults.max_pictures.is_some_and(|most| live >= most) {
            return self.call(unit, WOULD_EXCEED_ALLOCATION_THRESHOLD, 0, None);
        }
        let (size, padding) = (picture.size(), faults.padding);
        let (width, height) = (size.width() as usize + padding, size.height() as usize + padding);
        let image = PixelBuffer::new(width, height, self.pixels);
        match image {
            Ok(image) if image::write(&picture, &image, Matrix::Bt601) => {
                self.call(unit, OK, 0, Some(&Ref::new(image)));
            }
            _ => self.call(unit, DECODER_MALFUNCTION, 0, None),
        }
    }
}

pub(super) fn run(jobs: &Receiver<Job>, output: Output, in_hardware: bool) {
    let mut thread = Decoding {
        output,
        in_hardware,
        decoder: None,
        sets: Vec::new(),
        waiting: VecDeque::new(),
        units: 0,
        group: Vec::new(),
        bidirectional: false,
    };
    for job in jobs {
        match job {
            Job::Unit(unit) => {
                let done = unit.done.clone();
                thread.decode(*unit);
                // Nobody waits for a sample that is decoded asynchronously.
                let _ = done.send(());
            }
            Job::Finish(done) => {
                thread.finish();
                // The other side may have given up.
                let _ = done.send(());
            }
        }
    }
}

struct Decoding {
    output: Output,
    in_hardware: bool,
    decoder: Option<Box<dyn DecoderBackend>>,
    /// The parameter sets that the decoder has.
    sets: Vec<Vec<u8>>,
    /// Samples whose pictures have not come, with their numbers.
    waiting: VecDeque<(u64, Unit)>,
    units: u64,
    /// The units since the last key frame, with their numbers.
    group: Vec<(u64, Vec<u8>)>,
    /// There are B pictures among them.
    bidirectional: bool,
}

impl Decoding {
    fn decode(&mut self, unit: Unit) {
        self.units += 1;
        let faults = faults::current();
        let is_nth =
            |every: Option<usize>| every.is_some_and(|every| self.units.is_multiple_of(every as u64));
        if self.in_hardware && faults.hardware_lost || is_nth(faults.malfunction_every) {
            return self.output.call(&unit, DECODER_MALFUNCTION, 0, None);
        }
        if faults.unsupported_from.is_some_and(|first| self.units >= first as u64) {
            return self.output.call(&unit, DECODER_UNSUPPORTED_DATA_FORMAT, 0, None);
        }
        if is_nth(faults.bad_data_every) {
            return self.output.call(&unit, DECODER_BAD_DATA, 0, None);
        }
        let Some(bytes) = self.bytes(&unit) else {
            return self.output.call(&unit, DECODER_BAD_DATA, 0, None);
        };
        self.group.push((self.units, bytes));
        if !unit.may_wait && self.bidirectional {
            return self.decode_group(&unit);
        }
        if self.decoder.is_none() {
            self.decoder = open(&unit);
        }
        let (Some(decoder), Some((number, bytes))) = (&mut self.decoder, self.group.last()) else {
            return self.output.call(&unit, DECODER_MALFUNCTION, 0, None);
        };
        let (output, waiting) = (&self.output, &mut self.waiting);
        let may_wait = unit.may_wait;
        waiting.push_back((*number, unit));
        let decoded = decoder.decode(bytes, Timestamp::from_micros(*number), &mut |picture| {
            emit(output, waiting, &picture);
        });
        if !may_wait {
            // OpenH264 waits for the order of display. What fails here shows nothing, and is told at the end.
            let _ = decoder.flush(&mut |picture| emit(output, waiting, &picture));
        }
        if decoded.is_err()
            && let Some(index) = self.waiting.iter().position(|waiting| waiting.0 == self.units)
            && let Some((_, unit)) = self.waiting.remove(index)
        {
            self.output.call(&unit, DECODER_BAD_DATA, 0, None);
        }
    }

    /// Shows the picture of `unit`, the last of its group, at once. A flush between two pictures keeps OpenH264 from decoding
    /// the B pictures that follow, so the whole group is decoded anew.
    fn decode_group(&mut self, unit: &Unit) {
        self.decoder = None;
        let Some(mut decoder) = open(unit) else {
            return self.output.call(unit, DECODER_MALFUNCTION, 0, None);
        };
        let (output, wanted) = (&self.output, Timestamp::from_micros(self.units));
        let mut shown = false;
        let mut show = |picture: DecodedPicture<'_>| {
            if picture.timestamp == wanted {
                shown = true;
                output.show(unit, &picture);
            }
        };
        for (number, bytes) in &self.group {
            // A unit that fails shows nothing.
            let _ = decoder.decode(bytes, Timestamp::from_micros(*number), &mut show);
        }
        let _ = decoder.flush(&mut show);
        if !shown {
            self.output.call(unit, DECODER_BAD_DATA, 0, None);
        }
    }

    /// The sample with start codes, behind the parameter sets where they are others than before.
    fn bytes(&mut self, unit: &Unit) -> Option<Vec<u8>> {
        let sample = unit.sample.get::<Sample>();
        let data = sample.data.as_ref()?.get::<Block>().to_vec();
        // SAFETY: the unit keeps its description alive.
        let format = unsafe { Format::of(unit.format.as_ptr()) };
        let length_size = match format.length_size {
            1 => LengthSize::One,
            2 => LengthSize::Two,
            _ => LengthSize::Four,
        };
        if codec_of(format.codec) == Some(Codec::H264) {
            self.look_at(&data, length_size);
        }
        let mut bytes = Vec::new();
        if self.sets != format.sets {
            self.sets.clone_from(&format.sets);
            for set in &format.sets {
                annexb::push_nal(&mut bytes, set);
            }
        }
        avcc_to_annexb(&data, length_size, &mut bytes).ok()?;
        Some(bytes)
    }

    /// Begins another group with a key frame, and sees whether this one has B pictures.
    fn look_at(&mut self, data: &[u8], length_size: LengthSize) {
        for nal in
            avcc::nals(data, length_size).map_while(Result::ok).filter(|nal| nal.h264_type().starts_slice())
        {
            let Ok(start) = h264::SliceStart::parse(nal.bytes()) else { continue };
            if start.idr {
                self.group.clear();
                self.sets.clear();
                self.bidirectional = false;
            }
            self.bidirectional |= start.kind == h264::SliceKind::B;
        }
    }

    fn finish(&mut self) {
        let (output, waiting) = (&self.output, &mut self.waiting);
        if let Some(decoder) = &mut self.decoder {
            // What fails here shows nothing, which the loop below tells.
            let _ = decoder.flush(&mut |picture| emit(output, waiting, &picture));
        }
        for (_, unit) in self.waiting.drain(..) {
            self.output.call(&unit, OK, FRAME_DROPPED, None);
        }
    }
}

fn open(unit: &Unit) -> Option<Box<dyn DecoderBackend>> {
    // SAFETY: the unit keeps its description alive.
    let format = unsafe { Format::of(unit.format.as_ptr()) };
    let size = Size::new(format.width.unsigned_abs(), format.height.unsigned_abs()).ok()?;
    Some(match codec_of(format.codec)? {
        Codec::H264 => Box::new(OpenH264Decoder::open(&DecoderConfig::new(Codec::H264, size)).ok()?),
        Codec::Hevc => Box::new(Grey::default()),
    })
}

/// Hands a picture out with the sample that it belongs to.
fn emit(output: &Output, waiting: &mut VecDeque<(u64, Unit)>, picture: &DecodedPicture<'_>) {
    let number = picture.timestamp.as_micros();
    if let Some(index) = waiting.iter().position(|waiting| waiting.0 == number)
        && let Some((_, unit)) = waiting.remove(index)
    {
        output.show(&unit, picture);
    }
}
