use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::accept::Accepted;

/// The byte stream of a WebSocket, with as little in between as possible.
pub(crate) enum Socket {
    /// From this crate's own listener.
    Own(Accepted),
    /// From another server that speaks plain TCP.
    Tcp(TcpStream),
    /// From any other server.
    Other(Box<TokioIo<Upgraded>>),
}

impl Socket {
    /// Unwraps what the HTTP server hands out, with the bytes that it has read ahead.
    pub(crate) fn new(upgraded: Upgraded) -> (Self, bytes::Bytes) {
        let upgraded = match upgraded.downcast::<TokioIo<Accepted>>() {
            Ok(parts) => return (Self::Own(parts.io.into_inner()), parts.read_buf),
            Err(upgraded) => upgraded,
        };
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => {
                let tcp = parts.io.into_inner();
                // Without it a frame waits for the acknowledgement of the one before.
                let _ = tcp.set_nodelay(true);
                (Self::Tcp(tcp), parts.read_buf)
            }
            Err(upgraded) => (Self::Other(Box::new(TokioIo::new(upgraded))), bytes::Bytes::new()),
        }
    }

    /// Reads what is there; 0 at the end of the stream.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(into);
        ready!(match self {
            Self::Own(io) => Pin::new(io).poll_read(cx, &mut buffer),
            Self::Tcp(io) => Pin::new(io).poll_read(cx, &mut buffer),
            Self::Other(io) => Pin::new(&mut **io).poll_read(cx, &mut buffer),
        })?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Own(io) => Pin::new(io).poll_write_vectored(cx, parts),
            Self::Tcp(io) => Pin::new(io).poll_write_vectored(cx, parts),
            Self::Other(io) => Pin::new(&mut **io).poll_write_vectored(cx, parts),
        }
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Own(io) => Pin::new(io).poll_flush(cx),
            Self::Tcp(_) => Poll::Ready(Ok(())),
            Self::Other(io) => Pin::new(&mut **io).poll_flush(cx),
        }
    }

    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Own(io) => Pin::new(io).poll_shutdown(cx),
            Self::Tcp(io) => Pin::new(io).poll_shutdown(cx),
            Self::Other(io) => Pin::new(&mut **io).poll_shutdown(cx),
        }
    }
}
