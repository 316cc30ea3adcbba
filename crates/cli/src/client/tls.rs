//! TLS that trusts any certificate: for the user's own server.

pub use imp::Tls;

#[cfg(feature = "tls")]
mod imp {
    use super::super::connection::Stream;
    use std::{io, sync::Arc};
    use tokio::net::TcpStream;
    use tokio_rustls::{
        TlsConnector,
        rustls::{
            ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
            client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
            crypto::{CryptoProvider, ring},
            pki_types::{CertificateDer, ServerName, UnixTime},
        },
    };

    /// A client side of TLS.
    #[derive(Clone)]
    pub struct Tls(TlsConnector);

    impl Tls {
        /// One that accepts every certificate.
        pub fn insecure() -> Result<Self, String> {
            let provider = Arc::new(ring::default_provider());
            let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AcceptAny(provider)))
                .with_no_client_auth();
            Ok(Self(TlsConnector::from(Arc::new(config))))
        }

        /// Encrypts a connection.
        pub async fn connect(&self, host: &str, tcp: TcpStream) -> io::Result<Box<dyn Stream>> {
            let name = ServerName::try_from(host.to_owned())
                .map_err(|_| io::Error::other(format!("{host} is no name that a certificate can have")))?;
            Ok(Box::new(self.0.connect(name, tcp).await?))
        }
    }

    #[derive(Debug)]
    struct AcceptAny(Arc<CryptoProvider>);

    impl ServerCertVerifier for AcceptAny {
        fn verify_server_cert(
            &self,
            _end_entity: &CertificateDer<'_>,
            _intermediates: &[CertificateDer<'_>],
            _server_name: &ServerName<'_>,
            _ocsp_response: &[u8],
            _now: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _message: &[u8],
            _cert: &CertificateDer<'_>,
            _dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _message: &[u8],
            _cert: &CertificateDer<'_>,
            _dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
}

#[cfg(not(feature = "tls"))]
mod imp {
    use super::super::connection::Stream;
    use std::io;
    use tokio::net::TcpStream;

    /// There is none in this build.
    #[derive(Clone)]
    pub enum Tls {}

    impl Tls {
        pub fn insecure() -> Result<Self, String> {
            Err("this build has no TLS (feature tls)".to_owned())
        }

        #[expect(clippy::unused_async, reason = "it stands for the one that waits")]
        pub async fn connect(&self, _host: &str, _tcp: TcpStream) -> io::Result<Box<dyn Stream>> {
            match *self {}
        }
    }
}
