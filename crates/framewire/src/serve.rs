use framewire_engine::{Stream, StreamConfig};
use framewire_server::{Authenticator, Hub, Server, ServerBuilder};
use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    ops::Deref,
};
use tokio::runtime::{Builder, Runtime};

/// What [`serve`] can fail by.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system gave no threads for the server.
    #[error("the threads of the server could not be started")]
    Threads(#[source] io::Error),
    /// The stream or the listener could not be made.
    #[error(transparent)]
    Server(#[from] framewire_server::Error),
}

/// Where and how [`serve`] shows a stream.
#[derive(Debug)]
pub struct ServeOptions {
    host: IpAddr,
    port: u16,
    name: String,
    config: StreamConfig,
    builder: ServerBuilder,
}

/// A stream that is being served: publish into it, read its events. Dropping it closes its viewers and the port.
pub struct Serving {
    stream: Stream,
    hub: Hub,
    server: Option<Server>,
    runtime: Option<Runtime>,
}

/// Serves one stream on threads of its own and comes back at once.
///
/// It can be called inside and outside of an asynchronous runtime.
///
/// # Errors
/// When the port is taken, the options don't make a stream, or the system gives no threads.
pub fn serve(options: ServeOptions) -> Result<Serving, Error> {
    let runtime = Builder::new_multi_thread()
        .thread_name("framewire-server")
        .enable_all()
        .build()
        .map_err(Error::Threads)?;
    let hub = Hub::new(framewire_engine::roster());
    let stream = hub.add_stream(&options.name, options.config)?;
    let start = options.builder.bind(SocketAddr::new(options.host, options.port)).start(hub.clone());
    let server = on_own_thread(&runtime, start)?;
    Ok(Serving { stream, hub, server: Some(server), runtime: Some(runtime) })
}

impl ServeOptions {
    /// A stream named `default`, 1280x720 until the first frame, for this machine only, on port 8765.
    pub fn new() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 8765,
            name: Hub::DEFAULT_STREAM.to_owned(),
            config: StreamConfig::new(),
            builder: Server::builder(),
        }
    }

    /// The port to listen on; 0 takes a free one.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// The address to listen on. Everybody who can reach it can watch and control, unless [`ServeOptions::auth`] is set.
    #[must_use]
    pub fn host(self, host: impl Into<IpAddr>) -> Self {
        Self { host: host.into(), ..self }
    }

    /// The stream's name; the page of any but `default` is at the path of its name.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// How the stream is encoded.
    #[must_use]
    pub fn stream(self, config: StreamConfig) -> Self {
        Self { config, ..self }
    }

    /// Who is let in.
    #[must_use]
    pub fn auth(self, auth: impl Authenticator) -> Self {
        self.server(|server| server.auth(auth))
    }

    /// Sets anything else about the server.
    #[must_use]
    pub fn server(self, build: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        Self { builder: build(self.builder), ..self }
    }
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl Serving {
    /// The page's address for this machine.
    pub fn url(&self) -> String {
        let page = if self.stream.name() == Hub::DEFAULT_STREAM { "" } else { self.stream.name() };
        let url = self.server.as_ref().map(Server::url).unwrap_or_default();
        match url.split_once('?') {
            Some((base, query)) => format!("{base}{page}?{query}"),
            None => url + page,
        }
    }

    /// The hub, to serve further streams on the same port.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Ends in good order: viewers get what waits for them and are told that the server goes away.
    pub fn stop(mut self) {
        if let (Some(server), Some(runtime)) = (self.server.take(), &self.runtime) {
            on_own_thread(runtime, server.shutdown());
        }
    }
}

impl Deref for Serving {
    type Target = Stream;

    fn deref(&self) -> &Stream {
        &self.stream
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.server.take());
        self.hub.clear();
        if let Some(runtime) = self.runtime.take() {
            // Does not wait, so that it may happen inside of another runtime.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving")
            .field("stream", &self.stream)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// Waits for a future from any thread, also from one that belongs to a runtime, which must not wait itself.
fn on_own_thread<T: Send>(runtime: &Runtime, future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(|| runtime.block_on(future)).join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
