use crate::{Scale, core::lock, shrink::on_device};
use framewire_frame::{DeviceConverter, Frame, Surface};
use std::sync::{Arc, Mutex, Weak};

/// Lets a device convert the next frame while the processor encodes the one before: one after the other they would take the
/// sum of both times for each frame, side by side they take the longer of them.
///
/// The price is paid on the device alone: while somebody is ready, every frame that is published is begun, also one that a
/// newer one replaces before the encoder is free. There are no more of them than the publisher draws.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    /// Goes with the encoder that it converts for.
    converter: Mutex<Option<Weak<dyn DeviceConverter>>>,
}

impl Ahead {
    /// The encoder at work takes its frames from `converter`.
    pub(crate) fn follow(&self, converter: Option<&Arc<dyn DeviceConverter>>) {
        *lock(&self.converter) = converter.map(Arc::downgrade);
    }

    /// Begins the conversion of `frame` at `scale`, if it is one of those that are converted. Waits for no conversion and no
    /// encoder.
    pub(crate) fn start(&self, frame: &Frame, scale: Scale) {
        let converter = lock(&self.converter).as_ref().and_then(Weak::upgrade);
        let Some(converter) = converter else { return };
        let Some(frame) = on_device(frame, scale) else { return };
        if let Surface::Device(surface) = &frame.surface
            && converter.fits(surface.as_ref())
        {
            converter.start(surface.as_ref());
        }
    }
}
