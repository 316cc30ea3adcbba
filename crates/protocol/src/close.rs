use std::borrow::Cow;

/// Why a connection ends, as the WebSocket close frame says it (RFC 6455, section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// The client ended the connection in an orderly way.
    Normal = 1000,
    /// The server shuts down.
    GoingAway = 1001,
    /// Client and server have no transport in common.
    Unsupported = 1003,
    /// A message is not JSON, or not a JSON object.
    Malformed = 1007,
    /// The client broke the protocol: no hello in time, wrong order, a required field missing, a flood.
    Policy = 1008,
    /// A message is larger than the server takes.
    TooBig = 1009,
    /// The server failed.
    Internal = 1011,
    /// The server has no room for another viewer; a later attempt may succeed.
    TryAgainLater = 1013,
    /// The authentication hook refused. Terminal: a client does not reconnect by itself.
    Unauthorized = 4401,
    /// There is no such stream, or it has ended. Terminal: a client does not reconnect by itself.
    NotFound = 4404,
}

/// A close code with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: CloseCode,
    /// At most [`Close::MAX_REASON`] bytes of text for a person.
    pub reason: Cow<'static, str>,
}

impl CloseCode {
    /// Every code that a server of this protocol sends.
    pub const ALL: [Self; 10] = [
        Self::Normal,
        Self::GoingAway,
        Self::Unsupported,
        Self::Malformed,
        Self::Policy,
        Self::TooBig,
        Self::Internal,
        Self::TryAgainLater,
        Self::Unauthorized,
        Self::NotFound,
    ];

    /// The number on the wire.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The code of a number; `None` for one that this protocol gives no meaning.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }

    /// Whether a client gives up instead of connecting again.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Normal | Self::Unsupported | Self::Unauthorized | Self::NotFound)
    }
}

impl Close {
    /// The bytes that fit into a close frame beside the code.
    pub const MAX_REASON: usize = 123;

    /// A close; a longer reason is cut at a character's border.
    pub fn new(code: CloseCode, reason: impl Into<Cow<'static, str>>) -> Self {
        let mut reason = reason.into();
        if reason.len() > Self::MAX_REASON {
            let end = (0..=Self::MAX_REASON).rev().find(|&i| reason.is_char_boundary(i)).unwrap_or(0);
            reason = Cow::Owned(reason[..end].to_owned());
        }
        Self { code, reason }
    }

    /// 4401: the authentication hook refused.
    pub fn unauthorized() -> Self {
        Self::new(CloseCode::Unauthorized, "unauthorized")
    }

    /// 4404: no such stream.
    pub fn unknown_stream(name: &str) -> Self {
        Self::new(CloseCode::NotFound, format!("unknown stream {}", quoted(name)))
    }

    /// 4404: the stream has ended or was removed.
    pub fn stream_ended() -> Self {
        Self::new(CloseCode::NotFound, "the stream has ended")
    }

    /// 1003: nothing that the client can show can be produced.
    pub fn no_transport() -> Self {
        Self::new(CloseCode::Unsupported, "no supported transport")
    }

    /// 1001: the server shuts down.
    pub fn going_away() -> Self {
        Self::new(CloseCode::GoingAway, "")
    }

    /// 1008: the client broke the protocol in the way that `reason` says.
    pub fn policy(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(CloseCode::Policy, reason)
    }
}

/// The name in quotes the way Python's `repr` writes them, which existing clients match on.
fn quoted(name: &str) -> String {
    let quote = if name.contains('\'') && !name.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(name.len() + 2);
    out.push(quote);
    for c in name.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_stream_is_named_in_the_quotes_of_the_reference() {
        assert_eq!(Close::unknown_stream("nope").reason, "unknown stream 'nope'");
        assert_eq!(Close::unknown_stream("it's").reason, "unknown stream \"it's\"");
        assert_eq!(Close::unknown_stream("a'\"b\n\u{1}").reason, "unknown stream 'a\\'\"b\\n\\x01'");
    }

    #[test]
    fn a_long_reason_is_cut_at_a_character() {
        let close = Close::unknown_stream(&"ü".repeat(200));
        assert!(close.reason.len() <= Close::MAX_REASON && close.reason.len() > 120);
    }

    #[test]
    fn numbers_round_trip() {
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::from_number(code.number()), Some(code));
        }
        assert_eq!(CloseCode::from_number(1006), None);
    }
}
