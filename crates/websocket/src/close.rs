//! The status codes of a close frame (RFC 6455, 7.4, and the IANA registry).

/// The purpose of the connection is fulfilled.
pub const NORMAL: u16 = 1000;
/// The server shuts down, or the page is left.
pub const GOING_AWAY: u16 = 1001;
/// The peer broke the protocol.
pub const PROTOCOL_ERROR: u16 = 1002;
/// The peer sent, or asked for, a kind of data that this end cannot handle.
pub const UNSUPPORTED: u16 = 1003;
/// Text, or the reason of a close frame, is not UTF-8.
pub const INVALID_DATA: u16 = 1007;
/// A message breaks a policy of this end.
pub const POLICY: u16 = 1008;
/// A message is larger than this end takes.
pub const TOO_BIG: u16 = 1009;
/// The server met a condition that it cannot handle.
pub const INTERNAL: u16 = 1011;
/// The server is overloaded; the peer may come back later.
pub const TRY_AGAIN: u16 = 1013;

/// Whether `code` may stand in a close frame. 1005, 1006 and 1015 are for reports inside a program only, 1004 and the
/// rest below 3000 are not assigned (RFC 6455, 7.4.1 and 7.4.2).
pub const fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
