//! The other end of a server: its address, its WebSocket and its plain requests.

mod connection;
mod http;
mod remote;
mod target;
mod tls;

pub use connection::{Connection, open_stream};
pub use http::get;
pub use remote::Remote;
pub use target::Target;
pub use tls::Tls;

use crate::exit::Failure;

/// What a server says, for a terminal: without control characters, and no more than a line of it.
pub fn printable(text: &str) -> String {
    const MOST: usize = 200;
    text.trim()
        .chars()
        .take(MOST)
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

/// What the connections to a target are encrypted with.
pub fn tls_for(target: &Target, insecure: bool) -> Result<Option<Tls>, Failure> {
    match (target.tls, insecure) {
        (false, _) => Ok(None),
        (true, true) => Tls::insecure().map(Some).map_err(Failure::Failed),
        (true, false) => Err(Failure::Input(
            "this program checks no certificates; add --insecure to accept the one of your own server"
                .to_owned(),
        )),
    }
}
