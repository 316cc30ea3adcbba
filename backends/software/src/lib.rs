//! Software codecs: OpenH264, JPEG, PNG and WebP.
