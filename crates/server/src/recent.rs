//! The recent past of a stream as a file.

use crate::{
    accept::Hangup,
    app::App,
    guard::{self, Refusal},
};
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use framewire_engine::{Error, Recent, RecordError, Stretch};
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use hyper::body::Frame;
use std::{
    io::{self, Write},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{runtime::Handle, sync::mpsc, time::timeout};

/// Bytes that are handed on at a time.
const CHUNK: usize = 64 << 10;
/// Chunks that wait for the socket.
const CHUNKS: usize = 8;
/// What is saved where nothing else is said.
const EVERYTHING: Stretch = Stretch::last(Duration::MAX);

/// Answers with an MP4 file of what the query says: `last=SECONDS`, or `from=SECONDS` and `to=SECONDS` before now.
pub(crate) async fn recent(app: &App, parts: &Parts, name: &str) -> Response {
    if let Err(refusal) = guard::admit(app, parts).await {
        return refusal.into_response();
    }
    let Some(stretch) = stretch(parts) else {
        return Refusal(
            StatusCode::BAD_REQUEST,
            "write ?last=SECONDS, or ?from=SECONDS&to=SECONDS before now",
        )
        .into_response();
    };
    let Some(channel) = app.hub.channel(name) else {
        return Refusal(StatusCode::NOT_FOUND, "there is no such stream").into_response();
    };
    // Whoever is late holds what it asked for in memory, so that only a few may at a time.
    let Ok(turn) = Arc::clone(&app.saves).try_acquire_owned() else {
        return Refusal(StatusCode::SERVICE_UNAVAILABLE, "others are saving; try again later")
            .into_response();
    };
    let stream = channel.stream.clone();
    // It may have as many units as are kept.
    let Ok(recent) = tokio::task::spawn_blocking(move || stream.recent(stretch)).await else {
        return Refusal(StatusCode::INTERNAL_SERVER_ERROR, "the past could not be looked at").into_response();
    };
    let recent = match recent {
        Ok(recent) if recent.units() > 0 => recent,
        Ok(_) => return Refusal(StatusCode::NOT_FOUND, "nothing of that time is kept").into_response(),
        Err(Error::NothingKept { .. }) => {
            return Refusal(StatusCode::NOT_FOUND, "this stream keeps nothing of its past").into_response();
        }
        Err(_) => return Refusal(StatusCode::NOT_FOUND, "the stream has ended").into_response(),
    };
    let mut response = if parts.method == Method::HEAD {
        StatusCode::OK.into_response()
    } else {
        let (chunks, body) = pipe(app.limits.session.stall);
        let name = name.to_owned();
        let hangup = parts.extensions.get::<Hangup>().cloned();
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            if let Err(why) = send(&recent, chunks) {
                tracing::debug!(stream = name, "a save has ended early: {why}");
                if let Some(hangup) = hangup {
                    hangup.hang_up();
                }
            }
        });
        axum::body::Body::new(body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("video/mp4"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A stream's name has no character that would need an escape.
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.mp4\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

fn stretch(parts: &Parts) -> Option<Stretch> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).ok()?;
    let seconds = |name: &str| {
        let value = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        value.map(|value| value.parse().ok().and_then(|value| Duration::try_from_secs_f64(value).ok()))
    };
    match (seconds("last"), seconds("from"), seconds("to")) {
        (None, None, None) => Some(EVERYTHING),
        (Some(last), None, None) => Some(Stretch::last(last?)),
        (None, Some(from), to) => {
            let (from, to) = (from?, to.unwrap_or(Some(Duration::ZERO))?);
            (from >= to).then(|| Stretch::between(from, to))
        }
        _ => None,
    }
}

/// Writes the file, on a thread that may wait.
fn send(recent: &Recent, chunks: Chunks) -> Result<(), RecordError> {
    Ok(recent.write_to(chunks)?.finish()?)
}

/// Gathers bytes and waits until the socket takes them.
struct Chunks {
    sender: mpsc::Sender<Bytes>,
    /// Nothing is missing when the channel ends.
    whole: Arc<AtomicBool>,
    runtime: Handle,
    patience: Duration,
    gathered: Vec<u8>,
}

/// A body of what comes through a channel. One that lacks its end is broken off, so that nobody takes it for whole.
struct Body {
    receiver: mpsc::Receiver<Bytes>,
    whole: Arc<AtomicBool>,
}

fn pipe(patience: Duration) -> (Chunks, Body) {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let whole = Arc::new(AtomicBool::new(false));
    let chunks = Chunks {
        sender,
        whole: Arc::clone(&whole),
        runtime: Handle::current(),
        patience,
        gathered: Vec::new(),
    };
    (chunks, Body { receiver, whole })
}

impl Chunks {
    fn finish(mut self) -> io::Result<()> {
        self.send()?;
        self.whole.store(true, Ordering::Release);
        Ok(())
    }

    fn send(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::take(&mut self.gathered).into();
        let sent = self.runtime.block_on(async { timeout(self.patience, self.sender.send(chunk)).await });
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(CHUNK - self.gathered.len());
        self.gathered.extend_from_slice(&bytes[..taken]);
        if self.gathered.len() == CHUNK {
            self.send()?;
        }
        Ok(taken)
    }

    /// Fragments are small: what is flushed goes on with what follows.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.receiver.poll_recv(cx).map(|next| match next {
            Some(chunk) => Some(Ok(Frame::data(chunk))),
            None if self.whole.load(Ordering::Acquire) => None,
            None => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        })
    }
}
