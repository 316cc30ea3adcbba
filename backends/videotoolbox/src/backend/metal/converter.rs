//! The conversion of a stream's pixels for encoders that read host memory, picture after picture.

use super::{
    conversion::{Conversion, Plan},
    download::bytes_of,
    queue::{Buffer, MetalQueue, Slice},
    surface::{Source, device_error, wanted},
};
use framewire_codec::BackendError;
use framewire_frame::{ChangeMap, DeviceConverter, DeviceError, DevicePicture, DeviceSurface, Picture};
use framewire_shader::YuvLayout;
use std::sync::{Mutex, PoisonError};

/// Converts pixels of one layout. The picture stays on the device, where the next one is compared with it, and a copy comes
/// to the host.
#[derive(Debug)]
pub(super) struct Converter {
    conversion: Conversion,
    layout: YuvLayout,
    picture: Buffer,
    changes: Buffer,
    /// Held by the one who converts.
    turn: Mutex<Turn>,
}

#[derive(Debug, Default)]
struct Turn {
    /// The picture that the device compares with is the one that was given last.
    knows_last: bool,
}

impl Converter {
    /// Of pictures that lie as `layout` says, which is of the plan's size.
    pub(super) fn new(queue: &MetalQueue, plan: Plan, layout: YuvLayout) -> Result<Self, BackendError> {
        Ok(Self {
            conversion: Conversion::new(queue, plan)?,
            layout,
            picture: queue.private_buffer(layout.len() as u64)?,
            changes: queue.private_buffer(layout.changes_len() as u64)?,
            turn: Mutex::default(),
        })
    }

    /// The pixels of a surface that it converts.
    fn source_of<'a>(&self, surface: &'a dyn DeviceSurface) -> Option<&'a Source> {
        let (source, plan) = wanted(surface, self.conversion.color())?;
        self.conversion.fits(source, plan).then_some(source)
    }

    fn make(&self, source: &Source) -> Result<DevicePicture, BackendError> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let known = std::mem::take(&mut turn.knows_last);
        let (queue, layout) = (self.conversion.queue(), &self.layout);
        let lent = queue.download(u64::from(self.picture.len()) + u64::from(self.changes.len()))?;
        let (picture, changes) = (self.picture.whole(), self.changes.whole());
        let behind = Slice { buffer: lent.buffer(), offset: layout.len(), len: self.changes.len() };
        let work = queue.submit_reading(source, |commands| {
            commands.clear(&self.changes)?;
            self.conversion.record(commands, source, layout, picture, &self.changes)?;
            commands.copy(picture, lent.buffer().whole())?;
            commands.copy(changes, behind)
        })?;
        let bytes = bytes_of(lent, work)?;
        let mut changes = ChangeMap::new(layout.size());
        layout.mark(&bytes[layout.len()..], &mut changes);
        if !known {
            changes.mark_all();
        }
        let picture = Picture::new(layout.format(), layout.size(), bytes, &layout.planes())
            .map_err(|error| BackendError::failed_with("Metal made a picture that is none", error))?;
        turn.knows_last = true;
        Ok(DevicePicture { picture, changes })
    }
}

impl DeviceConverter for Converter {
    fn device(&self) -> &str {
        self.conversion.queue().name()
    }

    fn fits(&self, surface: &dyn DeviceSurface) -> bool {
        self.source_of(surface).is_some()
    }

    /// Of no effect: on machines with one memory a conversion takes less than encoding by far.
    fn start(&self, _: &dyn DeviceSurface) {}

    fn convert(&self, surface: &dyn DeviceSurface) -> Result<DevicePicture, DeviceError> {
        let made = match self.source_of(surface) {
            Some(source) => self.make(source),
            None => {
                Err(BackendError::unsupported(format!("a {} surface in this conversion", surface.size())))
            }
        };
        made.map_err(|error| device_error(&error))
    }
}
