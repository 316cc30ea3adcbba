//! HEVC without a codec: the encoder plays a recorded stream, and the decoder shows the bytes of its units.

use framewire_bitstream::{
    Dimensions, StreamFacts, annexb,
    h264::{ColorDescription, VideoSignal},
    hevc::{NalType, Sps},
    parameter_sets,
};
use framewire_codec::{
    BackendError, Capabilities, Codec, DecodedPicture, DecoderBackend, Encoded, EncoderBackend,
    EncoderConfig, Input, Rate,
};
use framewire_frame::{Color, DeviceSurface, PictureRef, PixelFormat, Range, Size, Timestamp};

/// An IDR picture of 128x128 and 256 predicted ones, each of which refers to the one before it, all of one grey; see
/// `data/README.md`. The order counts of the predicted ones have eight bits, so that the first may follow the last.
const RECORDING: &[u8] = include_bytes!("../../data/p-frames.h265");
/// Sides are coded in whole blocks.
const BLOCK: u32 = 8;
/// Bytes that a unit is filled up to at most.
const MAX_UNIT: usize = 20_000;
/// `general_level_idc` of level 6.2, which allows any size here.
const LEVEL: u8 = 186;

/// Plays the recording: the IDR picture where a key frame is due, else the next predicted one. The pixels that it is given
/// are not in it; size and colour are written into its SPS, so that other decoders can play it at 128x128 alone. Filler data
/// follow each picture, as many as the bitrate wants.
pub(super) struct Recorder {
    units: Vec<&'static [u8]>,
    sps: Vec<u8>,
    next: usize,
    /// Every second predicted picture says that no other refers to it.
    layers: u8,
    rate: Rate,
}

impl Recorder {
    /// `None` for a size that the SPS cannot say.
    pub(super) fn open(config: &EncoderConfig) -> Option<Self> {
        let units: Vec<_> = annexb::access_units_of(Codec::Hevc, RECORDING).collect();
        let sets = parameter_sets(Codec::Hevc, units.first()?);
        let mut sps = Sps::parse(sets.sps.first()?).ok()?;
        let (width, height) = (config.size.width(), config.size.height());
        let display = Dimensions::new(width, height);
        sps.coded = Dimensions::new(width.next_multiple_of(BLOCK), height.next_multiple_of(BLOCK));
        sps.crop_to(display).ok()?;
        sps.profile.level_idc = LEVEL;
        if let Some(vui) = &mut sps.vui {
            vui.video_signal = Some(signal(config.color));
        }
        Some(Self { units, sps: sps.to_nal(), next: 0, layers: config.temporal_layers, rate: config.rate })
    }

    /// Unit `index` with the session's SPS.
    fn unit(&self, index: usize) -> Vec<u8> {
        let mut unit = Vec::new();
        for nal in annexb::nals(self.units[index]) {
            match nal.hevc_type() {
                NalType::Sps => annexb::push_nal(&mut unit, &self.sps),
                NalType::TrailR if self.layers > 1 && index % 2 == 1 => {
                    let mut nal = nal.bytes().to_vec();
                    nal[0] = NalType::TrailN.code() << 1;
                    annexb::push_nal(&mut unit, &nal);
                }
                _ => annexb::push_nal(&mut unit, nal.bytes()),
            }
        }
        let bits = f64::from(self.rate.bitrate.bits_per_second()) / self.rate.frame_rate.as_f64();
        let filler = ((bits / 8.0) as usize).min(MAX_UNIT).saturating_sub(unit.len());
        if filler > 0 {
            let mut nal = vec![0xff; filler];
            nal.splice(..0, [NalType::Filler.code() << 1, 1]);
            nal.push(0x80);
            annexb::push_nal(&mut unit, &nal);
        }
        unit
    }
}

impl EncoderBackend for Recorder {
    fn capabilities(&self) -> Capabilities {
        Capabilities { temporal_layers: self.layers, rate_in_place: true, ..Capabilities::default() }
    }

    fn takes(&self, _: &dyn DeviceSurface) -> bool {
        false
    }

    fn encode(&mut self, input: Input<'_>, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        let index = if input.key { 0 } else { self.next };
        self.next = if index + 1 == self.units.len() { 1 } else { index + 1 };
        let temporal_layer = u8::from(self.layers > 1 && index % 2 == 1);
        emit(Encoded { id: input.id, data: &self.unit(index), temporal_layer });
        Ok(())
    }

    fn flush(&mut self, _: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        Ok(())
    }

    fn set_rate(&mut self, rate: Rate) -> Result<(), BackendError> {
        self.rate = rate;
        Ok(())
    }
}

fn signal(color: Color) -> VideoSignal {
    VideoSignal {
        format: 5,
        full_range: color.range == Range::Full,
        color: Some(ColorDescription {
            primaries: color.primaries.code_point(),
            transfer: color.transfer.code_point(),
            matrix: color.matrix.code_point(),
        }),
    }
}

/// Shows one grey for each unit, [that of its slices](grey), at the size of the last SPS. It shows nothing before the first
/// picture that decoding can begin with.
#[derive(Default)]
pub(super) struct Grey {
    size: Option<Size>,
    begun: bool,
}

impl DecoderBackend for Grey {
    fn decode(
        &mut self,
        unit: &[u8],
        timestamp: Timestamp,
        emit: &mut dyn FnMut(DecodedPicture<'_>),
    ) -> Result<(), BackendError> {
        if let Some(sps) = parameter_sets(Codec::Hevc, unit).sps.first() {
            let facts = StreamFacts::from_sps(Codec::Hevc, sps).map_err(|_| broken())?;
            self.size = Size::new(facts.display.width, facts.display.height).ok();
        }
        self.begun |= annexb::nals(unit).any(|nal| nal.hevc_type().is_irap());
        let size = self.size.filter(|_| self.begun).ok_or_else(broken)?;
        let mut data = vec![128; PixelFormat::I420.packed_len(size)];
        data[..size.pixels()].fill(grey(unit).ok_or_else(broken)?);
        let picture = PictureRef::packed(PixelFormat::I420, size, &data).map_err(|_| broken())?;
        emit(DecodedPicture::host(picture, timestamp));
        Ok(())
    }

    fn flush(&mut self, _: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError> {
        Ok(())
    }
}

/// The sum of the bytes of the slices; `None` without one.
fn grey(unit: &[u8]) -> Option<u8> {
    let slices = annexb::nals(unit).filter(|nal| nal.hevc_type().is_slice());
    slices.flat_map(|nal| nal.bytes()).copied().reduce(u8::wrapping_add)
}

fn broken() -> BackendError {
    BackendError::broken_unit("the double cannot show it")
}
