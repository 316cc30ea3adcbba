//! Which web pages may talk to this server.

use crate::Error;
use http::uri::Authority;
use std::{fmt, net::IpAddr, str::FromStr};

/// The origin of a web page: scheme, host and port, as browsers send it in `Origin`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

/// Decides about the `Origin` header of requests.
///
/// A request without one does not come from a foreign page's script and is let through. One from a page of this very
/// host is, too, and those that were allowed by name. `null` (sandboxed pages, files) never is.
#[derive(Clone, Debug, Default)]
pub(crate) struct OriginRule {
    allowed: Vec<Origin>,
}

impl Origin {
    fn of_host(scheme: &str, host: &str) -> Option<Self> {
        let authority: Authority = host.parse().ok()?;
        let port = match (authority.port_u16(), scheme) {
            (Some(port), _) => port,
            (None, "http" | "ws") => 80,
            (None, "https" | "wss") => 443,
            (None, _) => return None,
        };
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return None;
        }
        Some(Self { scheme: scheme.to_owned(), host: authority.host().to_ascii_lowercase(), port })
    }
}

impl FromStr for Origin {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let lower = text.trim().to_ascii_lowercase();
        let origin = lower.split_once("://").filter(|(scheme, host)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !host.contains(['/', '?', '#'])
        });
        let origin = origin.and_then(|(scheme, host)| Self::of_host(scheme, host));
        origin.ok_or_else(|| Error::Origin { origin: text.to_owned() })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        match (self.scheme.as_str(), self.port) {
            ("http", 80) | ("https", 443) => Ok(()),
            (_, port) => write!(f, ":{port}"),
        }
    }
}

impl OriginRule {
    pub(crate) fn allow(&mut self, origin: Origin) {
        self.allowed.push(origin);
    }

    /// Whether a request with this `Origin` header, sent to this host, is let through.
    pub(crate) fn permits(&self, origin: Option<&[u8]>, host: Option<&str>) -> bool {
        let Some(origin) = origin else { return true };
        let Some(origin) = std::str::from_utf8(origin).ok().and_then(|text| text.parse::<Origin>().ok())
        else {
            return false;
        };
        // The scheme of the host is the page's own: a proxy that speaks TLS may not say so.
        let same =
            host.and_then(|host| Origin::of_host(&origin.scheme, host)).is_some_and(|own| own == origin);
        same || self.allowed.contains(&origin)
    }

    /// The allowed origins as they stand in a content security policy, each with a space before it.
    pub(crate) fn as_sources(&self) -> String {
        self.allowed.iter().map(|origin| format!(" {origin}")).collect()
    }

    pub(crate) fn allows_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.allowed
            .iter()
            .any(|origin| Origin::of_host(&origin.scheme, &host).is_some_and(|h| h.host == origin.host))
    }
}

/// Whether a host names this very machine or an address: a page whose own name was pointed at this machine (DNS
/// rebinding) has neither.
pub(crate) fn is_local_or_address(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_end_matches('.').to_ascii_lowercase();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.ends_with(".localhost") || bare.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(rule: &OriginRule, origin: &str, host: &str) -> bool {
        rule.permits(Some(origin.as_bytes()), Some(host))
    }

    #[test]
    fn pages_of_the_same_host_and_port_are_let_through() {
        let rule = OriginRule::default();
        for (origin, host) in [
            ("http://localhost:8765", "localhost:8765"),
            ("http://LOCALHOST:8765", "localhost:8765"),
            ("https://example.org", "example.org"),
            ("https://example.org", "example.org:443"),
            ("http://example.org:80", "example.org"),
            ("http://[::1]:8765", "[::1]:8765"),
        ] {
            assert!(permits(&rule, origin, host), "{origin} {host}");
        }
        assert!(rule.permits(None, Some("example.org")), "no browser, no origin");
    }

    #[test]
    fn foreign_pages_are_not() {
        let rule = OriginRule::default();
        for (origin, host) in [
            ("https://evil.example", "localhost:8765"),
            ("http://localhost:3000", "localhost:8765"),
            ("http://localhost", "localhost:8765"),
            ("http://localhost.evil.example:8765", "localhost:8765"),
            ("null", "localhost:8765"),
            ("", "localhost:8765"),
            ("http://user@localhost:8765", "localhost:8765"),
            ("http://localhost:8765/x", "localhost:8765"),
            ("\u{e9}", "localhost:8765"),
        ] {
            assert!(!permits(&rule, origin, host), "{origin} {host}");
        }
        assert!(!rule.permits(Some(b"http://localhost"), None));
        assert!(!rule.permits(Some(b"\xff"), Some("localhost")));
    }

    #[test]
    fn named_origins_are_let_through_from_anywhere() {
        let mut rule = OriginRule::default();
        rule.allow("https://App.example.org/".trim_end_matches('/').parse().unwrap());
        assert!(permits(&rule, "https://app.example.org", "127.0.0.1:8765"));
        assert!(
            !permits(&rule, "http://app.example.org", "127.0.0.1:8765"),
            "another scheme is another origin"
        );
        assert!(rule.allows_host("app.example.org:8765") && !rule.allows_host("example.org"));
    }

    #[test]
    fn what_is_no_origin_is_named_in_the_error() {
        for text in ["example.org", "null", "*", "https://", "https://a/b", "://a", "gopher://x"] {
            let error = text.parse::<Origin>().unwrap_err();
            assert!(error.to_string().contains(text), "{text}");
        }
        for text in ["https://example.org", "http://localhost:3000"] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn names_that_others_can_point_here_are_told_from_local_ones() {
        for host in
            ["localhost", "localhost:8765", "app.localhost:1", "127.0.0.1:8765", "[::1]:8765", "192.168.1.5"]
        {
            assert!(is_local_or_address(host), "{host}");
        }
        for host in
            ["evil.example", "evil.example:8765", "localhost.evil.example", "", "1.2.3.4.evil.example"]
        {
            assert!(!is_local_or_address(host), "{host}");
        }
    }
}
