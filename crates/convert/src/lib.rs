//! Pixel format conversion in one canonical arithmetic, with SIMD chosen at run time.
