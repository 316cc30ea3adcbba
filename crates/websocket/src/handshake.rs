//! The opening handshake (RFC 6455, 4), as facts about headers. Whoever owns the socket reads and writes the HTTP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// The only version of the protocol, the value of `Sec-WebSocket-Version`.
pub const VERSION: &str = "13";

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Why a handshake is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The request is not a GET.
    #[error("a websocket is opened by GET, not by {0}")]
    Method(String),
    /// The headers do not ask for, or do not grant, an upgrade to `websocket`.
    #[error("the headers `upgrade: websocket` and `connection: upgrade` are not both there")]
    NoUpgrade,
    /// The client speaks another version; the answer names [`VERSION`] in `Sec-WebSocket-Version`.
    #[error("websocket version {0:?} is not 13")]
    Version(String),
    /// `Sec-WebSocket-Key` is missing, there twice, or not 16 bytes in Base64.
    #[error("there is not one `sec-websocket-key` of 16 bytes")]
    Key,
    /// The server did not answer 101.
    #[error("the server answers with status {0} instead of 101")]
    Status(u16),
    /// `Sec-WebSocket-Accept` does not belong to the key that was sent.
    #[error("`sec-websocket-accept` does not match the key")]
    Accept,
    /// The server turned on an extension or a subprotocol that was not offered.
    #[error("the server turns on {0:?}, which was not offered")]
    NotOffered(String),
}

impl HandshakeError {
    /// The HTTP status by which a server refuses.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Method(_) => 405,
            Self::NoUpgrade | Self::Version(_) => 426,
            _ => 400,
        }
    }
}

/// The value of `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (RFC 6455, 4.2.2).
pub fn accept_key(sec_websocket_key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(sec_websocket_key.trim()).chain_update(GUID).finalize())
}

/// The value of `Sec-WebSocket-Key` for 16 bytes that the caller takes from a random source (RFC 6455, 4.1).
pub fn client_key(nonce: [u8; 16]) -> String {
    STANDARD.encode(nonce)
}

/// Whether a request asks for a WebSocket at all; one that does not is plain HTTP.
pub fn is_upgrade<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> bool {
    let (mut upgrade, mut connection) = (false, false);
    for (name, value) in headers {
        upgrade |= name.eq_ignore_ascii_case("upgrade") && has_token(value, "websocket");
        connection |= name.eq_ignore_ascii_case("connection") && has_token(value, "upgrade");
    }
    upgrade && connection
}

/// Checks a request (RFC 6455, 4.2.1) and gives the value of `Sec-WebSocket-Accept`. The answer is then status 101
/// with that, `Upgrade: websocket` and `Connection: Upgrade`. That the request is HTTP/1.1 is the caller's to know.
///
/// # Errors
/// The request is not a valid upgrade; [`HandshakeError::status`] is the answer.
pub fn accept<'a>(
    method: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])> + Clone,
) -> Result<String, HandshakeError> {
    if method != "GET" {
        return Err(HandshakeError::Method(method.to_owned()));
    }
    if !is_upgrade(headers.clone()) {
        return Err(HandshakeError::NoUpgrade);
    }
    let version = only(headers.clone(), "sec-websocket-version").unwrap_or_default();
    if version != VERSION {
        return Err(HandshakeError::Version(version.to_owned()));
    }
    let key = only(headers, "sec-websocket-key").ok_or(HandshakeError::Key)?;
    match STANDARD.decode(key) {
        Ok(nonce) if nonce.len() == 16 => Ok(accept_key(key)),
        _ => Err(HandshakeError::Key),
    }
}

/// Checks the answer to a request that was sent with `key` and offered no extension and no subprotocol
/// (RFC 6455, 4.1).
///
/// # Errors
/// The server did not open a WebSocket; the client closes the connection.
pub fn verify<'a>(
    key: &str,
    status: u16,
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])> + Clone,
) -> Result<(), HandshakeError> {
    if status != 101 {
        return Err(HandshakeError::Status(status));
    }
    if !is_upgrade(headers.clone()) {
        return Err(HandshakeError::NoUpgrade);
    }
    if only(headers.clone(), "sec-websocket-accept") != Some(&accept_key(key)) {
        return Err(HandshakeError::Accept);
    }
    for (name, value) in headers {
        let offer = ["sec-websocket-extensions", "sec-websocket-protocol"];
        if offer.iter().any(|offer| name.eq_ignore_ascii_case(offer)) && !value.trim_ascii().is_empty() {
            return Err(HandshakeError::NotOffered(String::from_utf8_lossy(value).into_owned()));
        }
    }
    Ok(())
}

/// Whether a comma-separated header value names `token`, in whatever case.
fn has_token(value: &[u8], token: &str) -> bool {
    value.split(|byte| *byte == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

/// The value of a header that is there exactly once, as text.
fn only<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>, wanted: &str) -> Option<&'a str> {
    let mut values = headers.into_iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
    match (values.next(), values.next()) {
        (Some((_, value)), None) => std::str::from_utf8(value).ok().map(str::trim_ascii),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6455, 1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    type Header = (&'static str, &'static [u8]);

    const REQUEST: [Header; 5] = [
        ("Host", b"server.example.com"),
        ("Upgrade", b"WebSocket"),
        ("Connection", b"keep-alive, Upgrade"),
        ("Sec-WebSocket-Key", KEY.as_bytes()),
        ("Sec-WebSocket-Version", b"13"),
    ];
    const RESPONSE: [Header; 3] =
        [("upgrade", b"websocket"), ("connection", b"upgrade"), ("sec-websocket-accept", ACCEPT.as_bytes())];

    fn with(headers: &[Header], name: &str, value: &'static str) -> Vec<Header> {
        headers
            .iter()
            .map(|h| if h.0.eq_ignore_ascii_case(name) { (h.0, value.as_bytes()) } else { *h })
            .collect()
    }

    #[test]
    fn the_example_of_the_standard_is_accepted_on_both_ends() {
        assert_eq!(accept("GET", REQUEST).as_deref(), Ok(ACCEPT));
        assert_eq!(verify(KEY, 101, RESPONSE), Ok(()));
        assert_eq!(client_key(*b"the sample nonce"), KEY);
        assert_eq!(accept_key(KEY), tungstenite::handshake::derive_accept_key(KEY.as_bytes()));
    }

    #[test]
    fn a_request_that_is_no_valid_upgrade_is_refused_with_its_status() {
        let refused = |method, headers: Vec<Header>| {
            let error = accept(method, headers).unwrap_err();
            (error.status(), error)
        };
        assert_eq!(refused("POST", REQUEST.into()), (405, HandshakeError::Method("POST".into())));
        for name in ["upgrade", "connection"] {
            assert_eq!(refused("GET", with(&REQUEST, name, "close")), (426, HandshakeError::NoUpgrade));
        }
        let other = with(&REQUEST, "sec-websocket-version", "8");
        assert_eq!(refused("GET", other), (426, HandshakeError::Version("8".into())));
        for key in ["", "c2hvcnQ=", "not base64 at all!!!!!!!"] {
            assert_eq!(refused("GET", with(&REQUEST, "sec-websocket-key", key)), (400, HandshakeError::Key));
        }
        let twice = [&REQUEST[..], &[REQUEST[3]]].concat();
        assert_eq!(refused("GET", twice), (400, HandshakeError::Key));
    }

    #[test]
    fn an_answer_that_opens_no_websocket_is_refused() {
        assert_eq!(verify(KEY, 200, RESPONSE), Err(HandshakeError::Status(200)));
        assert_eq!(verify(KEY, 101, with(&RESPONSE, "upgrade", "h2c")), Err(HandshakeError::NoUpgrade));
        assert_eq!(verify("AAAAAAAAAAAAAAAAAAAAAA==", 101, RESPONSE), Err(HandshakeError::Accept));
        assert_eq!(verify(KEY, 101, RESPONSE[..2].to_vec()), Err(HandshakeError::Accept));
        let deflate = [&RESPONSE[..], &[("Sec-WebSocket-Extensions", &b"permessage-deflate"[..])]].concat();
        assert_eq!(verify(KEY, 101, deflate), Err(HandshakeError::NotOffered("permessage-deflate".into())));
    }
}
