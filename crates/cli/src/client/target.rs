//! The address of a stream, taken apart.

use crate::exit::Failure;
use std::fmt;

/// Where viewers connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Host without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path and query, beginning with a slash.
    pub path: String,
    /// The token of the query, if it has one.
    pub token: Option<String>,
}

impl Target {
    /// Takes http, https, ws and wss.
    pub fn parse(url: &str) -> Result<Self, Failure> {
        let bad =
            || Failure::Input(format!("\"{url}\" is no address of a stream: write http://host:port/stream"));
        let uri: http::Uri = url.parse().map_err(|_| bad())?;
        let tls = match uri.scheme_str() {
            Some("http" | "ws") => false,
            Some("https" | "wss") => true,
            _ => return Err(bad()),
        };
        let host = uri.host().ok_or_else(bad)?.trim_matches(['[', ']']).to_owned();
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let token = uri.query().into_iter().flat_map(|query| query.split('&')).find_map(|pair| {
            let value = pair.strip_prefix("token=")?;
            (!value.is_empty()).then(|| value.to_owned())
        });
        // A port that is no number, or too large a one, would otherwise count as none, and another server be asked.
        let is_clear = |authority: &http::uri::Authority| {
            authority.port().is_some() || authority.as_str().ends_with(authority.host())
        };
        if !uri.authority().is_some_and(is_clear) {
            return Err(bad());
        }
        Ok(Self { tls, host, port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }), path, token })
    }

    /// `host:port` as the Host header has it.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "{}://{}{path}", if self.tls { "wss" } else { "ws" }, self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_names_the_same_stream() {
        for url in ["http://127.0.0.1:8765/cam?token=x", "ws://127.0.0.1:8765/cam?token=x"] {
            let target = Target::parse(url).unwrap();
            assert_eq!((target.authority().as_str(), target.tls), ("127.0.0.1:8765", false));
            assert_eq!(target.path, "/cam?token=x");
            assert_eq!(target.token.as_deref(), Some("x"));
            assert_eq!(target.to_string(), "ws://127.0.0.1:8765/cam", "a token is not printed");
        }
        let target = Target::parse("https://[::1]/").unwrap();
        assert_eq!((target.authority().as_str(), target.tls), ("[::1]:443", true));
    }

    #[test]
    fn other_addresses_are_refused() {
        for url in
            ["", "127.0.0.1:8765", "ftp://host/", "http://", "/path", "http://host:99999/", "http://host:a/"]
        {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
