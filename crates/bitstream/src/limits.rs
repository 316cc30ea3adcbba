//! Every bound on what is read from outside, in one place.

/// Sequence parameter sets: identifiers go from 0 to 31 (H.264 7.4.2.1.1).
pub const MAX_SPS: usize = 32;
/// Picture parameter sets: identifiers go from 0 to 255 (H.264 7.4.2.2).
pub const MAX_PPS: usize = 256;
/// Bytes of one parameter set that is kept. Real ones are below a hundred; the largest legal SPS (255 offsets, twelve
/// scaling lists, two HRDs of 32) stays below this.
pub const MAX_PARAMETER_SET_BYTES: usize = 8 * 1024;
/// NAL units in one access unit: a slice for each macroblock of the largest picture of level 5.2, with messages.
pub const MAX_NALS_PER_UNIT: usize = 40_000;
/// Bytes of one access unit: an uncompressed (I_PCM) picture of the largest 8-bit level fits.
pub const MAX_ACCESS_UNIT_BYTES: usize = 64 * 1024 * 1024;
/// Macroblocks along one side of a picture: the square root of `8 * MaxFS` at level 6.2 (H.264 A.3.1).
pub const MAX_SIDE_IN_MBS: u32 = 1055;
/// Frames that may be kept for reference (H.264 A.3.1).
pub const MAX_REF_FRAMES: u32 = 16;
/// Alternative CPB specifications in one HRD (H.264 E.2.2).
pub const MAX_CPBS: u32 = 32;
/// Frames in one picture order count cycle (H.264 7.4.2.1.1).
pub const MAX_POC_CYCLE: u32 = 255;
/// Characters of one codec string: the longest HEVC one with room to spare.
pub const MAX_CODEC_STRING: usize = 64;
/// NAL units in one decoder configuration record of HEVC: 16 VPS, 16 SPS and 64 PPS are the most that can be told
/// apart (7.4.3), the rest are messages.
pub const MAX_RECORD_NALS: usize = 512;
/// Short-term reference picture sets of an HEVC SPS (H.265 7.4.3.2.1).
pub const MAX_SHORT_TERM_SETS: u32 = 64;
/// Long-term reference pictures of an HEVC SPS (H.265 7.4.3.2.1).
pub const MAX_LONG_TERM_PICS: u32 = 32;
/// Temporal sub-layers of an HEVC stream (H.265 7.4.3.1).
pub const MAX_SUB_LAYERS: u8 = 7;
/// Layer sets of an HEVC VPS (H.265 7.4.3.1).
pub const MAX_LAYER_SETS: u32 = 1024;
/// Columns or rows of tiles of an HEVC picture; table A.8 allows 22 at most.
pub const MAX_TILES_PER_SIDE: u32 = 64;
