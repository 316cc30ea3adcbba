//! Plain requests.

use super::{
    connection::{Stream, open_stream},
    target::Target,
    tls::Tls,
};
use bytes::Bytes;
use hyper::{
    StatusCode,
    body::{Body as _, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use std::{
    future::{Future as _, poll_fn},
    io,
    pin::Pin,
    task::Poll,
};

/// The answer to a GET: its status, and its body as it comes.
pub struct Response {
    pub status: StatusCode,
    body: Incoming,
    connection: Pin<Box<Connection>>,
    /// The connection has ended.
    over: bool,
}

type Connection = http1::Connection<TokioIo<Box<dyn Stream>>, String>;

/// Asks for a path over a connection of its own, and shows the token of the target.
pub async fn get(target: &Target, path: &str, tls: Option<&Tls>) -> io::Result<Response> {
    let stream = open_stream(target, tls).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let mut request = http::Request::get(path)
        .header(http::header::HOST, target.authority())
        .header(http::header::CONNECTION, "close");
    if let Some(token) = &target.token {
        request = request.header(http::header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(String::new()).map_err(io::Error::other)?;
    let mut connection = Box::pin(connection);
    let mut over = false;
    let mut answer = std::pin::pin!(sender.send_request(request));
    let response = poll_fn(|cx| {
        over = over || connection.as_mut().poll(cx).is_ready();
        answer.as_mut().poll(cx)
    });
    let (head, body) = response.await.map_err(io::Error::other)?.into_parts();
    Ok(Response { status: head.status, body, connection, over })
}

impl Response {
    /// The next bytes of the body; `None` at its end.
    pub async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        poll_fn(|cx| {
            loop {
                self.over = self.over || self.connection.as_mut().poll(cx).is_ready();
                match Pin::new(&mut self.body).poll_frame(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(None) => return Poll::Ready(Ok(None)),
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(io::Error::other(error))),
                    Poll::Ready(Some(Ok(frame))) => {
                        if let Ok(data) = frame.into_data() {
                            return Poll::Ready(Ok(Some(data)));
                        }
                    }
                }
            }
        })
        .await
    }

    /// The whole body as text, cut off after `limit` bytes.
    pub async fn text(&mut self, limit: usize) -> io::Result<String> {
        let mut text = Vec::new();
        while text.len() < limit
            && let Some(chunk) = self.chunk().await?
        {
            text.extend_from_slice(&chunk);
        }
        text.truncate(limit);
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
