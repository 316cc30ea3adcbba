use crate::{
    Authenticator, Error, Hub, Limits, RouterOptions,
    accept::{self, Security},
    app::{App, Phase},
    router,
};
use axum::Router;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::Arc,
};
use tokio::net::{TcpListener, TcpSocket};

/// A hub of streams on a port of its own. Dropping it ends it at once; [`Server::shutdown`] does so in good order.
pub struct Server {
    app: Arc<App>,
    address: SocketAddr,
    secure: bool,
}

/// What a server is to be, before it [starts](ServerBuilder::start).
#[derive(Debug)]
pub struct ServerBuilder {
    address: SocketAddr,
    options: RouterOptions,
    refused: Option<Error>,
    #[cfg(feature = "tls")]
    tls: Option<crate::Tls>,
}

/// Connections that wait to be accepted.
const BACKLOG: u32 = 4096;

impl Server {
    /// A server for this machine only, on port 8765.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            address: (Ipv4Addr::LOCALHOST, 8765).into(),
            options: RouterOptions::new(),
            refused: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// The address that it listens on, with the port that the system chose where it was asked to.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The page's address for this machine, with a token where the authenticator names one.
    pub fn url(&self) -> String {
        let host = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => "localhost".to_owned(),
            IpAddr::V6(ip) if ip.is_unspecified() => "localhost".to_owned(),
            ip => host(ip),
        };
        self.url_at(&host)
    }

    /// The page's addresses: for this machine, and for others where it listens on every network.
    pub fn urls(&self) -> Vec<String> {
        let mut urls = vec![self.url()];
        if self.address.ip().is_unspecified() {
            urls.extend(outward_address(self.address.is_ipv6()).map(|ip| self.url_at(&host(ip))));
        }
        urls
    }

    /// The viewers that are connected, of all streams.
    pub fn viewers(&self) -> usize {
        self.app.gate.inside()
    }

    /// Lets nobody new in, sends every viewer what waits for it and a close with 1001, and waits until all are gone, but
    /// not longer than [`Limits::drain`].
    pub async fn shutdown(self) {
        self.app.advance(Phase::Draining);
        // Viewers take their own time to close within the same limit; a moment more lets them end by themselves.
        let patience = self.app.limits.drain + std::time::Duration::from_millis(200);
        if tokio::time::timeout(patience, self.app.tasks.ended()).await.is_err() {
            self.app.advance(Phase::Abort);
            self.app.tasks.ended().await;
        }
    }

    fn url_at(&self, host: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        let port = match (self.secure, self.address.port()) {
            (false, 80) | (true, 443) => String::new(),
            (_, port) => format!(":{port}"),
        };
        let token = self.app.auth.as_ref().and_then(|auth| auth.link_token());
        let query = token.map(|token| format!("?token={}", encoded(token))).unwrap_or_default();
        format!("{scheme}://{host}{port}/{query}")
    }
}

impl ServerBuilder {
    /// Where to listen; port 0 takes a free one.
    #[must_use]
    pub fn bind(self, address: impl Into<SocketAddr>) -> Self {
        Self { address: address.into(), ..self }
    }

    /// Speaks https and wss.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(self, tls: crate::Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// As [`RouterOptions::auth`].
    #[must_use]
    pub fn auth(self, auth: impl Authenticator) -> Self {
        Self { options: self.options.auth(auth), ..self }
    }

    /// As [`RouterOptions::allow_origin`]; what is no origin shows at the start.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl AsRef<str>) -> Self {
        match self.options.clone().allow_origin(origin.as_ref()) {
            Ok(options) => self.options = options,
            Err(error) => self.refused = Some(error),
        }
        self
    }

    /// As [`RouterOptions::trust_proxy`].
    #[must_use]
    pub fn trust_proxy(self, trust: bool) -> Self {
        Self { options: self.options.trust_proxy(trust), ..self }
    }

    /// As [`RouterOptions::limits`].
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { options: self.options.limits(limits), ..self }
    }

    /// As [`RouterOptions::routes`].
    #[must_use]
    pub fn routes(self, routes: Router) -> Self {
        Self { options: self.options.routes(routes), ..self }
    }

    /// Listens and serves the hub's streams, in tasks of the runtime that this is called in.
    ///
    /// # Errors
    /// When the address can't be listened on, or what was said before was wrong.
    pub async fn start(self, hub: Hub) -> Result<Server, Error> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        let bind = |source| Error::Bind { address: self.address, source };
        let listener = listen(self.address).map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let mut options = self.options;
        // Without a token, a page whose name was pointed at this machine would be let in as one of our own.
        options.local_hosts_only =
            address.ip().to_canonical().is_loopback() && options.auth.is_none() && !options.trust_proxy;
        #[cfg(feature = "tls")]
        let (security, secure) = match &self.tls {
            Some(tls) => (Security::Tls(tls.acceptor()), true),
            None => (Security::None, false),
        };
        #[cfg(not(feature = "tls"))]
        let (security, secure) = (Security::None, false);
        let routes = options.routes.take();
        let app = Arc::new(App::new(hub, options));
        let router = router::build(&app, routes);
        tokio::spawn(accept::accept(Arc::clone(&app), listener, router, security));
        Ok(Server { app, address, secure })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.app.advance(Phase::Abort);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("secure", &self.secure)
            .finish_non_exhaustive()
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that is started again finds its port; on Windows the option means something else.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn host(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// The address by which others reach this machine, as its routes say. Nothing is sent: a connected UDP socket only
/// looks up the route to an address that is reserved for documents.
fn outward_address(v6: bool) -> Option<IpAddr> {
    let v4 = || look_up((Ipv4Addr::UNSPECIFIED, 0).into(), (Ipv4Addr::new(192, 0, 2, 1), 9).into());
    let documents = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    v4().or_else(|| v6.then(|| look_up((Ipv6Addr::UNSPECIFIED, 0).into(), (documents, 9).into()))?)
}

fn look_up(local: SocketAddr, far: SocketAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind(local).ok()?;
    socket.connect(far).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified() && !ip.is_loopback()).then_some(ip)
}

/// The token as a part of a query.
fn encoded(token: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    token.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
