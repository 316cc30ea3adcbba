//! RFC 6455 framing without IO: small buffers, no copy of a payload.
