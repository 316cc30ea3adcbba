//! Certificates for https and wss.

use crate::Error;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use std::{fmt, net::IpAddr, path::Path, sync::Arc};
use tokio_rustls::TlsAcceptor;

/// A certificate with its key, ready to serve TLS 1.2 and 1.3 with HTTP/1.1.
#[derive(Clone)]
pub struct Tls {
    config: Arc<rustls::ServerConfig>,
    certificate: CertificateDer<'static>,
}

impl Tls {
    /// Reads a certificate chain, the server's own certificate first, and its private key, both in PEM.
    ///
    /// # Errors
    /// A file can't be read or holds something else, or key and certificate don't belong together.
    pub fn from_pem_files(certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, Error> {
        let (certificate, key) = (certificate.as_ref(), key.as_ref());
        let pem = |path: &Path, expected| Error::Pem { path: path.to_owned(), expected };
        let chain = CertificateDer::pem_slice_iter(&read(certificate)?).collect::<Result<Vec<_>, _>>();
        let chain =
            chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| pem(certificate, "certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| pem(key, "private key"))?;
        Self::new(chain, key)
    }

    /// Makes a certificate for this run, for `localhost`, both loopback addresses and the names and addresses in
    /// `hosts`. Browsers ask once whether to trust it.
    ///
    /// # Errors
    /// A name can't stand in a certificate.
    pub fn self_signed(hosts: &[impl AsRef<str>]) -> Result<Self, Error> {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        for host in hosts {
            let host = host.as_ref().to_owned();
            let unspecified = host.parse().is_ok_and(|address: IpAddr| address.is_unspecified());
            if !unspecified && !names.contains(&host) {
                names.push(host);
            }
        }
        let unusable = |error: rcgen::Error| Error::Certificate { reason: error.to_string() };
        let made = rcgen::generate_simple_self_signed(names).map_err(unusable)?;
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        Self::new(vec![made.cert.der().clone()], key.into())
    }

    /// The server's own certificate in DER, for clients that are to trust it.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, Error> {
        let unusable = |error: rustls::Error| Error::Certificate { reason: error.to_string() };
        let certificate = chain[0].clone();
        // The provider is named, so that another one elsewhere in the program leaves no ambiguity.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), certificate })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::ReadFile { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Files(std::path::PathBuf);

    impl Files {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("framewire-tls-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn write(&self, name: &str, text: &str) -> std::path::PathBuf {
            let path = self.0.join(name);
            std::fs::write(&path, text).unwrap();
            path
        }
    }

    impl Drop for Files {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_pair_in_pem_is_loaded_and_a_wrong_one_is_said_to_be_wrong() {
        let files = Files::new("pair");
        let pair = || rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let (one, other) = (pair(), pair());
        let certificate = files.write("cert.pem", &one.cert.pem());
        let key = files.write("key.pem", &one.signing_key.serialize_pem());
        let foreign = files.write("other.pem", &other.signing_key.serialize_pem());
        let text = files.write("text.pem", "hello");
        assert_eq!(Tls::from_pem_files(&certificate, &key).unwrap().certificate(), &one.cert.der()[..]);
        let error =
            |certificate: &Path, key: &Path| Tls::from_pem_files(certificate, key).unwrap_err().to_string();
        assert!(error(&certificate, &foreign).starts_with("the certificate and its key can't be used"));
        assert!(error(&text, &key).ends_with("text.pem holds no certificate in PEM"));
        assert!(error(&certificate, &text).ends_with("text.pem holds no private key in PEM"));
        assert!(error(&key, &certificate).ends_with("key.pem holds no certificate in PEM"));
        assert!(error(&files.0.join("none.pem"), &key).starts_with("cannot read "));
    }

    #[test]
    fn a_certificate_for_the_run_takes_names_and_addresses() {
        assert!(Tls::self_signed(&["studio.local", "192.168.1.5", "0.0.0.0", "localhost"]).is_ok());
        assert!(matches!(Tls::self_signed(&["\u{1F600}"]), Err(Error::Certificate { .. })));
    }
}
