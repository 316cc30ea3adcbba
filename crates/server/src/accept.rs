//! The listener: from TCP connections to HTTP requests.

use crate::{
    app::{App, Phase},
    limits::{Gate, Permit},
};
use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
};

/// A connection of this crate's own listener. Its place is kept until the last byte, also as a WebSocket.
pub(crate) struct Accepted {
    stream: Stream,
    _permit: Permit,
}

enum Stream {
    Tcp(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

/// What speaks on new connections.
#[derive(Clone)]
pub(crate) enum Security {
    None,
    #[cfg(feature = "tls")]
    Tls(tokio_rustls::TlsAcceptor),
}

/// A request's header may have this many bytes.
const MAX_HEADER: usize = 32 << 10;

/// What a client is told that there is no place for.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\nretry-after: 5\r\n\r\n";

/// Accepts until the server shuts down. An error of one connection, or of the system for a while, ends nothing.
pub(crate) async fn accept(app: Arc<App>, listener: TcpListener, router: Router, security: Security) {
    let _running = app.tasks.start();
    let limits = &app.limits;
    let gate = Gate::new(limits.viewers.saturating_add(limits.other_connections), 0);
    let mut phase = app.phase();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = phase.wait_for(|phase| *phase != Phase::Running) => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_the_connection(&error) => continue,
            Err(error) => {
                tracing::warn!("no connection can be accepted for the moment: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Without it a frame waits for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        match gate.enter(None) {
            Ok(permit) => {
                let (app, router, security) = (Arc::clone(&app), router.clone(), security.clone());
                tokio::spawn(async move {
                    let _running = app.tasks.start();
                    serve(&app, stream, peer, permit, router, security).await;
                });
            }
            // Not waited for: the socket's buffer takes the few bytes, or nobody hears them.
            Err(_) => drop(stream.try_write(FULL)),
        }
    }
}

/// In the extensions of a request: ends its connection, whose client takes nothing any more.
#[derive(Clone, Default)]
pub(crate) struct Hangup(Arc<Notify>);

async fn serve(
    app: &App,
    tcp: TcpStream,
    peer: SocketAddr,
    permit: Permit,
    router: Router,
    security: Security,
) {
    let stream = match security {
        Security::None => Stream::Tcp(tcp),
        #[cfg(feature = "tls")]
        Security::Tls(acceptor) => {
            let Ok(Ok(stream)) = tokio::time::timeout(app.limits.header, acceptor.accept(tcp)).await else {
                return;
            };
            Stream::Tls(Box::new(stream))
        }
    };
    let hangup = Hangup::default();
    let handle = hangup.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(handle.clone());
        hyper::service::Service::call(&TowerToHyperService::new(router.clone()), request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(app.limits.header)
        .max_buf_size(MAX_HEADER)
        .serve_connection(TokioIo::new(Accepted { stream, _permit: permit }), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut phase = app.phase();
    tokio::select! {
        _ = connection.as_mut() => return,
        () = hangup.wanted() => return,
        () = reached(&mut phase, Phase::Draining) => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection.as_mut() => {}
        () = hangup.wanted() => {}
        () = reached(&mut phase, Phase::Abort) => {}
    }
}

impl Hangup {
    /// Ends the connection without another word.
    pub(crate) fn hang_up(&self) {
        self.0.notify_one();
    }

    async fn wanted(&self) {
        self.0.notified().await;
    }
}

async fn reached(phase: &mut watch::Receiver<Phase>, wanted: Phase) {
    // The sender lives as long as the app, which this task holds.
    let _ = phase.wait_for(|phase| *phase == wanted || *phase == Phase::Abort).await;
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

impl AsyncRead for Accepted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(io) => Pin::new(io).poll_read(cx, into),
            #[cfg(feature = "tls")]
            Stream::Tls(io) => Pin::new(io).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Tcp(io) => Pin::new(io).poll_write(cx, bytes),
            #[cfg(feature = "tls")]
            Stream::Tls(io) => Pin::new(io).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Tcp(io) => Pin::new(io).poll_write_vectored(cx, parts),
            #[cfg(feature = "tls")]
            Stream::Tls(io) => Pin::new(io).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(io) => Pin::new(io).poll_flush(cx),
            #[cfg(feature = "tls")]
            Stream::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(io) => Pin::new(io).poll_shutdown(cx),
            #[cfg(feature = "tls")]
            Stream::Tls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}
