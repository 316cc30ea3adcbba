use crate::{Codec, DecodeError};
use framewire_bitstream::{
    Error, annexb,
    h264::{NalType, Pps, SliceStart, Sps, VideoSignal},
    limits::MAX_NALS_PER_UNIT,
};
use framewire_frame::{Color, Matrix, Primaries, Range, Size, Transfer};
use std::collections::BTreeMap;

/// The parameter sets of a stream, to know what each of its pictures looks like.
#[derive(Default)]
pub(super) struct ParameterSets {
    /// By `seq_parameter_set_id`, which the syntax holds below 32.
    looks: BTreeMap<u8, Look>,
    /// The SPS of a PPS, by `pic_parameter_set_id`, which is one byte.
    pps: BTreeMap<u8, u8>,
}

/// What a parameter set says about pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) size: Size,
    pub(super) color: Color,
}

/// What one access unit has taught.
#[derive(Default)]
pub(super) struct Lesson {
    /// What its picture looks like; `None` without a picture, or where its parameter sets are not known.
    pub(super) look: Option<Look>,
    /// A parameter set that could not be read. Others may do, so that the unit is not lost for it.
    pub(super) fault: Option<Error>,
    /// NAL units of any kind.
    pub(super) nals: usize,
    /// Whether a session can begin with it: parameter sets and a slice of an IDR picture.
    pub(super) key: bool,
}

impl ParameterSets {
    /// Learns the parameter sets of `unit`.
    pub(super) fn read(&mut self, codec: Codec, unit: &[u8]) -> Result<Lesson, DecodeError> {
        match codec {
            Codec::H264 => Ok(self.read_h264(unit)),
            Codec::Hevc => Err(DecodeError::broken("the parameter sets of hevc are not read here")),
        }
    }

    fn read_h264(&mut self, unit: &[u8]) -> Lesson {
        let mut lesson = Lesson::default();
        let (mut sps, mut idr) = (false, false);
        for nal in annexb::nals(unit).take(MAX_NALS_PER_UNIT) {
            lesson.nals += 1;
            sps |= nal.h264_type() == NalType::Sps;
            idr |= nal.h264_type() == NalType::IdrSlice;
            let learned = match nal.h264_type() {
                NalType::Sps => self.learn_sps(nal.bytes()),
                NalType::Pps => Pps::ids(nal.bytes()).map(|(id, sps)| {
                    self.pps.insert(id, sps);
                }),
                kind if kind.starts_slice() && lesson.look.is_none() => {
                    // A slice that cannot be read is the backend's to judge: others of the picture may be whole.
                    let start = SliceStart::parse(nal.bytes()).ok();
                    let sps = start.and_then(|start| self.pps.get(&start.pps_id));
                    lesson.look = sps.and_then(|sps| self.looks.get(sps)).copied();
                    Ok(())
                }
                _ => Ok(()),
            };
            lesson.fault = lesson.fault.or(learned.err());
        }
        lesson.key = sps && idr;
        lesson
    }

    fn learn_sps(&mut self, nal: &[u8]) -> Result<(), Error> {
        let sps = Sps::parse(nal)?;
        if let Some(look) = look_of(&sps) {
            self.looks.insert(sps.id, look);
        }
        Ok(())
    }
}

fn look_of(sps: &Sps) -> Option<Look> {
    let display = sps.display();
    let signal = sps.vui.as_ref().and_then(|vui| vui.video_signal);
    Some(Look { size: Size::new(display.width, display.height).ok()?, color: color_of(signal) })
}

/// The colour that the VUI states; what it leaves open, or what has no name here, is the default.
fn color_of(signal: Option<VideoSignal>) -> Color {
    let Some(signal) = signal else { return Color::default() };
    let range = if signal.full_range { Range::Full } else { Range::Limited };
    let Some(codes) = signal.color else { return Color { range, ..Color::default() } };
    let all = [Primaries::Bt709, Primaries::DisplayP3, Primaries::Bt2020];
    let primaries = all.into_iter().find(|known| known.code_point() == codes.primaries).unwrap_or_default();
    let transfers = [Transfer::Srgb, Transfer::Bt709, Transfer::Linear, Transfer::Pq, Transfer::Hlg];
    let transfer =
        transfers.into_iter().find(|known| known.code_point() == codes.transfer).unwrap_or_default();
    // 5 and 6 are the same matrix (H.273, table 4).
    let matrix = if codes.matrix == Matrix::Bt709.code_point() { Matrix::Bt709 } else { Matrix::Bt601 };
    Color { primaries, transfer, matrix, range }
}
