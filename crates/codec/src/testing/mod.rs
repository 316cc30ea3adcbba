//! For the tests of backends: pictures, an encoder, a converter and a device that misbehave on purpose, and the suite that all must pass.

mod clips;
pub mod conformance;
mod device;
pub(crate) mod pcm;
pub mod pictures;
mod scripted;
mod scripted_converter;
mod scripted_decoder;
mod surface;
mod witness;

pub use clips::clip;
pub use device::{DeviceCounts, DeviceFault, TestDevice};
pub use scripted::{Diary, Entry, Fault, Script};
pub use scripted_converter::ConverterScript;
pub use scripted_decoder::DecoderScript;
pub use surface::TestSurface;
