//! One viewer: a socket, a session and a place in a rendition, driven by one task.

mod bell;
mod driver;
mod outbox;
mod scale;
mod socket;
mod wake;
mod watching;

use crate::{app::App, auth::AuthRequest, clock, hub::Channel, limits::Permit};
use bytes::Bytes;
use framewire_engine::RenditionKey;
use framewire_protocol::{Capabilities, Close};
use framewire_session::{Input, Session, SessionConfig, Time};
use framewire_websocket::{Limits, Reader, Role, close_frame};
use outbox::Outbox;
use std::{
    future::poll_fn,
    io::{self, IoSlice},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::Waker,
    time::Duration,
};
use watching::Watching;

pub(crate) use socket::Socket;

/// What others may see of a viewer while its task runs.
pub(crate) struct Seat {
    pub(crate) id: u64,
    pub(crate) remote: Option<IpAddr>,
    pub(crate) principal: OnceLock<Arc<str>>,
    rendition: Mutex<Option<RenditionKey>>,
    session: Mutex<Session>,
    /// Wakes the task when somebody else has told the session something.
    waker: Mutex<Option<Waker>>,
}

/// A connection that has become a WebSocket, before anything was read.
pub(crate) struct Connection {
    pub(crate) socket: Socket,
    /// Bytes that came right behind the handshake.
    pub(crate) ahead: Bytes,
    /// What is known for the authenticator.
    pub(crate) request: AuthRequest,
    /// The place among all viewers.
    pub(crate) permit: Permit,
}

/// Everything that the task of a viewer owns.
struct Viewer {
    app: Arc<App>,
    channel: Arc<Channel>,
    seat: Arc<Seat>,
    socket: Socket,
    reader: Reader,
    outbox: Outbox,
    /// Until the hello has come.
    request: Option<Box<AuthRequest>>,
    capabilities: Capabilities,
    watching: Option<Watching>,
    ready: bool,
    /// The session knows that bytes wait for the socket.
    waits: bool,
    unflushed: bool,
    closing: Option<Closing>,
    /// The stream's policy gives this viewer something else now.
    rejoin: bool,
}

/// The end of a connection: what waits goes out, then the peer has a moment to answer.
struct Closing {
    until: Time,
    shut: bool,
}

/// Serves a viewer of a stream until the connection ends.
pub(crate) async fn serve(app: Arc<App>, channel: Arc<Channel>, connection: Connection) {
    let Connection { socket, ahead, request, permit } = connection;
    let _permit = permit;
    let now = clock::now(&channel.stream);
    let mut config = SessionConfig::new(channel.stream.name());
    config.limits = app.limits.session;
    let seat = Arc::new(Seat {
        id: app.hub.next_viewer(),
        remote: request.remote,
        principal: OnceLock::new(),
        rendition: Mutex::default(),
        waker: Mutex::default(),
        session: Mutex::new(Session::new(config, now)),
    });
    let _registration = channel.register(seat.id, Arc::clone(&seat));
    let viewer = Viewer::new(app, channel, seat, socket, request);
    driver::drive(viewer, ahead).await;
}

/// Says why nobody is served here, and closes.
pub(crate) async fn refuse(mut socket: Socket, close: &Close, patience: Duration) {
    let frame = close_frame(close.code.number(), &close.reason);
    let talk = async move {
        let mut rest = &frame[..];
        while !rest.is_empty() {
            let written = poll_fn(|cx| socket.poll_write(cx, &[IoSlice::new(rest)])).await?;
            rest = rest.get(written.max(1)..).unwrap_or_default();
        }
        poll_fn(|cx| socket.poll_flush(cx)).await?;
        poll_fn(|cx| socket.poll_shutdown(cx)).await?;
        // Until the peer has closed as well: a connection that is dropped with unread bytes takes the close with it.
        let mut scratch = [0; 512];
        while poll_fn(|cx| socket.poll_read(cx, &mut scratch)).await? > 0 {}
        Ok::<(), io::Error>(())
    };
    // Whoever does not listen does not learn the reason.
    let _ = tokio::time::timeout(patience, talk).await;
}

impl Seat {
    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn rendition(&self) -> Option<RenditionKey> {
        *self.rendition.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connection; the peer is told why.
    pub(crate) fn dismiss(&self, close: Close, now: Time) {
        self.session().handle(Input::Refuse(close), now);
        if let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }

    fn set_waker(&self, waker: &Waker) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
    }

    fn set_rendition(&self, key: RenditionKey) {
        *self.rendition.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
    }
}

impl Viewer {
    fn new(
        app: Arc<App>,
        channel: Arc<Channel>,
        seat: Arc<Seat>,
        socket: Socket,
        request: AuthRequest,
    ) -> Self {
        let limits = Limits { max_message: app.limits.session.message_bytes };
        Self {
            app,
            channel,
            seat,
            socket,
            reader: Reader::new(Role::Server, limits),
            outbox: Outbox::default(),
            request: Some(Box::new(request)),
            capabilities: Capabilities::NONE,
            watching: None,
            ready: false,
            waits: false,
            unflushed: false,
            closing: None,
            rejoin: false,
        }
    }
}
