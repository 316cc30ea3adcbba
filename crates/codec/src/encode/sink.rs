use super::{Encoded, EncoderConfig, pending::Pending};
use crate::{AccessUnit, BackendError};
use bytes::Bytes;
use framewire_bitstream::{
    Dimensions,
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
            disposable: facts.disposable,
            temporal_layer: encoded.temporal_layer,
            codec: facts.codec,
            size,
            color: self.color,
        }))
    }
}
