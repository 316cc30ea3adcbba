//! Pixel format conversion in one canonical arithmetic, with SIMD chosen at run time.
//!
//! [`Converter`] turns packed RGB into 4:2:0 and back, in one pass over the pixels: two rows at a time, of which luma
//! and chroma come from the same loads. In the same pass it can say which blocks of the picture differ from an earlier
//! one ([`ChangeMap`]). [`Scaler`] makes 4:2:0 pictures smaller.
//!
//! # The canonical arithmetic
//!
//! Every implementation, on whatever processor or in whatever shading language, gives the same bytes if it computes
//! the following in integers of 32 bits with sign; no sum overflows. `>>` is the arithmetic shift, which rounds down.
//! Alpha is ignored, and 255 where it is written.
//!
//! **RGB to YUV.** Luma is made of each pixel, U and V of the sums of the red, green and blue of 2x2 pixels (0 to 1,020
//! each). In the last column of an odd width and the last row of an odd height, the edge pixel stands for the missing
//! one too. `clamp` is to 0..=255; it does something only where U or V of the full range would be 256.
//!
//! ```text
//! Y = (yr * R + yg * G + yb * B + bias) >> 16          bias = (black << 16) + 32768
//! U = clamp((ur * sumR + ug * sumG + ub * sumB + 33685504) >> 18)
//! V = clamp((vr * sumR + vg * sumG + vb * sumB + 33685504) >> 18)
//! ```
//!
//! | weights | BT.601 limited | BT.601 full | BT.709 limited | BT.709 full |
//! |---|---|---|---|---|
//! | black | 16 | 0 | 16 | 0 |
//! | yr, yg, yb | 16829, 33039, 6416 | 19595, 38470, 7471 | 11966, 40254, 4064 | 13933, 46871, 4732 |
//! | ur, ug, ub | -9714, -19070, 28784 | -11058, -21710, 32768 | -6596, -22188, 28784 | -7509, -25259, 32768 |
//! | vr, vg, vb | 28784, -24103, -4681 | 32768, -27439, -5329 | 28784, -26145, -2639 | 32768, -29763, -3005 |
//!
//! The weights are the matrix times 2^16, each rounded to nearest but that of green, which makes the sum right: that of
//! luma is the rounded span (56,284 of 65,536 in the limited range), that of U and V is zero. So greys are exact. Before
//! it is rounded, a value is within 0.0034 (luma) or 0.0051 (chroma) of the real number: the result is the nearest code
//! value except where the real number lies so close to the middle between two.
//!
//! **YUV to RGB.** Each pixel takes the chroma sample that covers it. Luma below black is carried on beyond it, not cut
//! off, before the clamp. A value is within 0.005 of the real number before it is rounded.
//!
//! ```text
//! y = ky * (Y - black) + 32768     u = U - 128     v = V - 128
//! R = clamp((y + rv * v) >> 16)
//! G = clamp((y + gu * u + gv * v) >> 16)
//! B = clamp((y + bu * u) >> 16)
//! ```
//!
//! | weights | BT.601 limited | BT.601 full | BT.709 limited | BT.709 full |
//! |---|---|---|---|---|
//! | ky | 76309 | 65536 | 76309 | 65536 |
//! | rv | 104597 | 91881 | 117489 | 103206 |
//! | gu, gv | -25675, -53279 | -22553, -46802 | -13975, -34925 | -12276, -30679 |
//! | bu | 132201 | 116130 | 138438 | 121609 |
//!
//! [`YuvWeights`] and [`RgbWeights`] hold these numbers. Chroma is sited in the middle of its four pixels (as in JPEG
//! and MPEG-1). Scaling is defined at [`Scaler`].
//!
//! # Kernels
//!
//! From packed RGB there are kernels for SSE4.1, AVX2, AVX-512 and NEON; [`Level`] says how one of them is chosen. The
//! way back, which only viewers of still images take, is one loop that is compiled for each of these, and so are the
//! comparing of rows and the copying of chroma. The tests run every level that the machine has; NEON has been run under
//! qemu-user (`xtask/neon.sh`), not on an Arm processor. The feature `verify-kernels` compares every call with the scalar
//! twin.
#![deny(unsafe_op_in_unsafe_fn)]

mod arch;
mod converter;
mod error;
mod matrix;
mod pass;
mod rows;
mod scalar;
mod scale;

pub use arch::{Level, UnknownLevel};
pub use converter::Converter;
pub use error::Error;
pub use framewire_frame::ChangeMap;
pub use matrix::{CHROMA_BITS, RgbWeights, WEIGHT_BITS, YuvWeights};
pub use scale::Scaler;
