use std::{io, net::SocketAddr, path::PathBuf};

/// What a server says when it cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is taken, forbidden or not of this machine: choose another one.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A stream of this name is there already: choose another name, or remove that one first.
    #[error("there is already a stream named \"{name}\"")]
    StreamExists {
        /// The name that was asked for.
        name: String,
    },
    /// The stream could not be made.
    #[error(transparent)]
    Stream(#[from] framewire_engine::Error),
    /// Not an origin as browsers send it.
    #[error("\"{origin}\" is no web origin; one looks like https://example.org or http://localhost:3000")]
    Origin {
        /// What was given.
        origin: String,
    },
    /// A file of the certificate could not be read.
    #[error("cannot read {}: {source}", path.display())]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not hold what it should.
    #[error("{} holds no {expected} in PEM", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// `certificate` or `private key`.
        expected: &'static str,
    },
    /// Certificate and key can't be used, together or each for itself.
    #[error("the certificate and its key can't be used: {reason}")]
    Certificate {
        /// What the TLS library says.
        reason: String,
    },
}
