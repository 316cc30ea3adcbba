//! VideoToolbox: sessions that encode, decode and convert, each with a thread of its own for its callbacks.

mod compression;
mod decoder;
mod decompression;
mod encoder;
mod hevc;
mod image;
mod lists;
mod session;
mod settings;
mod transfer;

use crate::types::OSStatus;

const PROPERTY_NOT_SUPPORTED: OSStatus = -12900;
const PROPERTY_READ_ONLY: OSStatus = -12901;
const PARAMETER: OSStatus = -12902;
const INVALID_SESSION: OSStatus = -12903;
const PIXEL_TRANSFER_NOT_SUPPORTED: OSStatus = -12905;
const COULD_NOT_FIND_DECODER: OSStatus = -12906;
const COULD_NOT_FIND_ENCODER: OSStatus = -12908;
const DECODER_BAD_DATA: OSStatus = -12909;
const DECODER_UNSUPPORTED_DATA_FORMAT: OSStatus = -12910;
const DECODER_MALFUNCTION: OSStatus = -12911;
const ENCODER_MALFUNCTION: OSStatus = -12912;
const DECODER_NOT_AVAILABLE_NOW: OSStatus = -12913;
const ENCODER_NOT_AVAILABLE_NOW: OSStatus = -12915;
const FORMAT_CHANGE_NOT_SUPPORTED: OSStatus = -12916;

/// The flag `Asynchronous` of encoders and decoders.
const ASYNCHRONOUS: u32 = 1;
/// The flag `FrameDropped` of encoders and decoders.
const FRAME_DROPPED: u32 = 1 << 1;
