//! What a reverse proxy says about the client.

use http::{HeaderMap, HeaderName, header};
use std::net::IpAddr;

/// Where a request comes from and which host it was meant for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) address: Option<IpAddr>,
    pub(crate) host: Option<String>,
    pub(crate) secure: bool,
}

impl Client {
    /// Reads the headers of a request that came from `peer`. Headers of proxies count only when `trust_proxy` is set:
    /// anybody can write them. Where several proxies left entries, that of the nearest one counts.
    pub(crate) fn of(
        headers: &HeaderMap,
        uri_host: Option<&str>,
        peer: Option<IpAddr>,
        trust_proxy: bool,
    ) -> Self {
        let host = text(headers, &header::HOST).or(uri_host).map(str::to_owned);
        let mut client = Self { address: peer, host, secure: false };
        if trust_proxy {
            client.read_forwarded(headers);
            client.read_x_forwarded(headers);
        }
        client
    }

    /// RFC 7239.
    fn read_forwarded(&mut self, headers: &HeaderMap) {
        let Some(element) = last(headers, &header::FORWARDED) else { return };
        for pair in element.split(';') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => self.address = address(value).or(self.address),
                "host" => self.host = Some(value.to_owned()),
                "proto" => self.secure = value.eq_ignore_ascii_case("https"),
                _ => {}
            }
        }
    }

    fn read_x_forwarded(&mut self, headers: &HeaderMap) {
        if let Some(value) = last(headers, &X_FORWARDED_FOR) {
            self.address = address(value).or(self.address);
        }
        if let Some(value) = last(headers, &X_FORWARDED_HOST) {
            self.host = Some(value.to_owned());
        }
        if let Some(value) = last(headers, &X_FORWARDED_PROTO) {
            self.secure = value.eq_ignore_ascii_case("https") || value.eq_ignore_ascii_case("wss");
        }
    }
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The last element of a list that may be spread over several headers.
fn last<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get_all(name).into_iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim).filter(|value| !value.is_empty())
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`, `2001:db8::1`.
fn address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split(']').next()?.parse().ok();
    }
    text.split(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(headers: &[(&'static str, &'static str)], trust_proxy: bool) -> Client {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Client::of(&map, None, "10.0.0.1".parse().ok(), trust_proxy)
    }

    fn expected(address: &str, host: &str, secure: bool) -> Client {
        Client { address: address.parse().ok(), host: Some(host.to_owned()), secure }
    }

    #[test]
    fn without_trust_the_headers_of_proxies_mean_nothing() {
        let headers = [
            ("host", "a:1"),
            ("x-forwarded-for", "192.0.2.9"),
            ("x-forwarded-host", "evil"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=192.0.2.9;host=evil;proto=https"),
        ];
        assert_eq!(client(&headers, false), expected("10.0.0.1", "a:1", false));
    }

    #[test]
    fn the_nearest_proxy_is_believed() {
        let x = [
            ("host", "inner:1"),
            ("x-forwarded-for", "203.0.113.7, 192.0.2.9"),
            ("x-forwarded-host", "www.example.org"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(client(&x, true), expected("192.0.2.9", "www.example.org", true));
        let standard = [
            ("host", "inner:1"),
            ("forwarded", "for=203.0.113.7"),
            ("forwarded", "for=\"[2001:db8::1]:47\"; Proto=https;HOST=\"www.example.org:8\""),
        ];
        assert_eq!(client(&standard, true), expected("2001:db8::1", "www.example.org:8", true));
    }

    #[test]
    fn what_is_no_address_leaves_the_peer_s() {
        for value in ["unknown", "_hidden", "", ",", "[", "::::"] {
            assert_eq!(
                client(&[("host", "h"), ("x-forwarded-for", value)], true).address,
                "10.0.0.1".parse().ok()
            );
        }
        assert_eq!(address("192.0.2.1:80"), "192.0.2.1".parse().ok());
        assert_eq!(address("2001:db8::1"), "2001:db8::1".parse().ok());
    }
}
