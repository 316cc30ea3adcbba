use framewire_frame::{DeviceError, Size};

/// Why a GPU does not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No adapter of this machine is the one that was asked for: draw on the processor, or install a driver.
    #[error("no GPU can be used: {why}")]
    NoAdapter {
        /// What was looked for and what there is, in a sentence.
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
    /// The device refused or failed at something that it should be able to do: report it.
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
        Self { message: error.to_string(), source: Some(Box::new(error)) }
    }
}
