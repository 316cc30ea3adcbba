use super::{Encoded, EncoderConfig, pending::Pending};
use crate::{AccessUnit, BackendError};
use bytes::Bytes;
use framewire_bitstream::{
    CodecString, Dimensions,
    guard::{ColorCodes, Guard, GuardConfig},
};
use framewire_frame::{Color, Size};

/// Takes what a backend emits: through the guard, to the facts of its own frame.
pub(super) struct Sink {
    pub(super) pending: Pending,
    guard: Guard,
    color: Color,
    /// Whether a key frame has come out, so that what follows can be decoded.
    started: bool,
    /// The first thing that was wrong since the last verdict.
    fault: Option<BackendError>,
}

impl Sink {
    pub(super) fn new(config: &EncoderConfig, delay: usize) -> Self {
        let Color { primaries, transfer, matrix, range } = config.color;
        let guard = Guard::new(
            config.codec,
            GuardConfig {
                color: Some(ColorCodes {
                    primaries: primaries.code_point(),
                    transfer: transfer.code_point(),
                    matrix: matrix.code_point(),
                    full_range: range.is_full(),
                }),
                display: Some(Dimensions::new(config.size.width(), config.size.height())),
                ..GuardConfig::default()
            },
        );
        Self { pending: Pending::new(delay), guard, color: config.color, started: false, fault: None }
    }

    /// Appends one unit to `units`, unless it is faulty or nobody could decode it.
    pub(super) fn accept(&mut self, encoded: Encoded<'_>, units: &mut Vec<AccessUnit>) {
        if self.fault.is_some() {
            return;
        }
        match self.check(encoded) {
            Ok(unit) => units.extend(unit),
            Err(error) => self.fault = Some(error),
        }
    }

    /// The codec string of the last unit.
    pub(super) fn codec_string(&self) -> Option<&CodecString> {
        self.guard.codec_string()
    }

    /// Whether everything since the last call was in order.
    pub(super) fn verdict(&mut self) -> Result<(), BackendError> {
        self.fault.take().map_or(Ok(()), Err)
    }

    fn check(&mut self, encoded: Encoded<'_>) -> Result<Option<AccessUnit>, BackendError> {
        let id = encoded.id;
        let mut data = Vec::new();
        let facts = self.guard.process(encoded.data, &mut data).map_err(|error| {
            BackendError::failed_with(format!("the unit of frame {id} is not valid"), error)
        })?;
        if facts.slices == 0 {
            return Ok(None);
        }
        let frame = self
            .pending
            .take(id)
            .ok_or_else(|| BackendError::failed(format!("a unit names frame {id}, which was not encoded")))?;
        if facts.reordered {
            return Err(BackendError::failed(format!("the unit of frame {id} reorders pictures")));
        }
        self.started |= facts.key;
        if !self.started {
            return Ok(None);
        }
        let size = Size::new(facts.display.width, facts.display.height)
            .map_err(|error| BackendError::failed_with("the parameter sets are not valid", error))?;
        Ok(Some(AccessUnit {
            id,
            timestamp: frame.timestamp,
            data: Bytes::from(data),
            key: facts.key,
            recovers: facts.key || frame.recovers,
            disposable: facts.disposable,
            temporal_layer: encoded.temporal_layer,
            codec: facts.codec,
            size,
            color: self.color,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Codec, encode::pending::Facts};
    use framewire_bitstream::{annexb, hevc, parameter_sets};
    use framewire_frame::{FrameId, Timestamp};

    // What x265 writes for 60x44 pixels; of the slices, the beginnings.
    const VPS: &[u8] = &[
        0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00,
        0x00, 0x03, 0x00, 0x1e, 0x92, 0x80, 0x90,
    ];
    const SPS: &[u8] = &[
        0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00,
        0x1e, 0xa0, 0x20, 0x83, 0x1d, 0xde, 0x59, 0x2a, 0xe4, 0xca, 0xf0, 0x16, 0xe0, 0x20, 0x20, 0x20, 0x80,
        0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x0c, 0x84,
    ];
    const PPS: &[u8] = &[0x44, 0x01, 0xc1, 0x73, 0xd0, 0x89];
    const IDR: &[u8] = &[0x28, 0x01, 0xaf, 0x1d, 0x80, 0xbf, 0x71, 0xd5, 0x3b, 0x73, 0x4f, 0xbd];
    const TRAILING: &[u8] = &[0x02, 0x01, 0xd0, 0x09, 0x7e, 0x10, 0xc6, 0x3b, 0x2f, 0xbf, 0xf4, 0x69];

    fn unit(nals: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        nals.iter().for_each(|nal| annexb::push_nal(&mut bytes, nal));
        bytes
    }

    #[test]
    fn what_an_encoder_of_hevc_writes_is_guarded_too() {
        let size = Size::new(60, 44).unwrap();
        let mut sink = Sink::new(&EncoderConfig { codec: Codec::Hevc, ..EncoderConfig::new(size) }, 0);
        let mut units = Vec::new();
        // A trailing picture before any key frame cannot be decoded; without its own sets a key frame gets them.
        for (id, nals) in
            [&[TRAILING][..], &[VPS, SPS, PPS, IDR], &[TRAILING], &[IDR]].into_iter().enumerate()
        {
            let id = FrameId(id as u64);
            sink.pending.push(Facts { id, timestamp: Timestamp::from_micros(7), recovers: false });
            sink.accept(Encoded { id, data: &unit(nals), temporal_layer: 0 }, &mut units);
            assert_eq!(sink.verdict().is_err(), id == FrameId(0));
        }
        let keys: Vec<_> = units.iter().map(|unit| (unit.id.0, unit.key)).collect();
        assert_eq!(keys, [(1, true), (2, false), (3, true)]);
        assert!(units.iter().all(|unit| unit.size == size && unit.codec.is_hevc()));
        let sets = parameter_sets(Codec::Hevc, &units[2].data);
        let sps = hevc::Sps::parse(sets.sps[0]).unwrap();
        assert_eq!((sets.vps.len(), sets.pps.len(), sps.ordering.highest().max_num_reorder_pics), (1, 1, 0));
        let color = sps.vui.unwrap().video_signal.unwrap().color.unwrap();
        assert_eq!(color.matrix, units[0].color.matrix.code_point());
    }
}
