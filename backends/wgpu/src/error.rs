use framewire_frame::{DeviceError, Size};
use std::time::Duration;

/// Why a GPU does not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No adapter of this machine is the one that was asked for and gives a device: draw on the processor, or install a
    /// driver.
    #[error("no GPU can be used: {why}")]
    NoAdapter {
        /// What was looked for and what there is, or who refused and why.
        why: String,
    },
    /// The texture, buffer or device cannot be used in this way: give another one.
    #[error("{what} cannot be published: {instead}")]
    Unsupported {
        /// What was given, with its value.
        what: String,
        /// What can be.
        instead: String,
    },
    /// The frame is larger than the device's limits allow: ask for larger limits when the device is made, or draw a smaller
    /// frame.
    #[error("a {size} frame needs {needed} bytes in one buffer, and {limit} of this device is {allowed}")]
    TooLarge {
        /// The frame's size.
        size: Size,
        /// Bytes that are needed.
        needed: u64,
        /// The field of `wgpu::Limits`.
        limit: &'static str,
        /// What the device allows, in bytes.
        allowed: u64,
    },
    /// The device has no memory left: publish fewer or smaller frames.
    #[error("{device} has no memory left")]
    OutOfMemory {
        /// The device's name.
        device: String,
    },
    /// The device is gone, with all that lay on it: make another one.
    #[error("{device} is lost")]
    Lost {
        /// The device's name.
        device: String,
    },
    /// The device has not done in this time what it was given: it has too much to do, or hangs. Publish less, or make another
    /// one.
    #[error("{device} has not answered for {} s", patience.as_secs())]
    NoAnswer {
        /// The device's name.
        device: String,
        /// How long was waited.
        patience: Duration,
    },
    /// wgpu objected: a texture or buffer was destroyed, is mapped, or is another device's, which is to be mended in the
    /// program; or the driver has failed.
    #[error("{device} has failed: {message}")]
    Failed {
        /// The device's name.
        device: String,
        /// What wgpu says.
        message: String,
    },
}

impl From<Error> for DeviceError {
    fn from(error: Error) -> Self {
        // The sentence is all that there is to say: with the error as its source it would be said twice.
        Self { message: error.to_string(), source: None }
    }
}
