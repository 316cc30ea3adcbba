//! A WebSocket connection that costs a load generator next to nothing, and one that takes whole messages.

use super::{target::Target, tls::Tls};
use framewire::websocket::{Event, MaskKey, Reader, Role, handshake, mask_in_place, text_header};
use std::{
    cell::RefCell,
    future::poll_fn,
    hash::{BuildHasher as _, RandomState},
    io,
    pin::Pin,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
    time::timeout,
};

/// How long a server may take until the connection is upgraded.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The largest HTTP response head.
const MAX_RESPONSE: usize = 16 * 1024;

thread_local! {
    /// One read buffer for all viewers of a thread.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; 64 * 1024].into_boxed_slice());
}

/// Either kind of byte stream.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open WebSocket.
pub struct Connection {
    stream: Box<dyn Stream>,
    reader: Reader,
    mask: MaskKey,
    outgoing: Vec<u8>,
}

/// Connects, with TLS where the target has it.
pub async fn open_stream(target: &Target, tls: Option<&Tls>) -> io::Result<Box<dyn Stream>> {
    let tcp = TcpStream::connect((target.host.as_str(), target.port)).await?;
    tcp.set_nodelay(true)?;
    match tls {
        None => Ok(Box::new(tcp)),
        Some(tls) => tls.connect(&target.host, tcp).await,
    }
}

impl Connection {
    /// Connects and upgrades, if the server does its part in time. The reader says what becomes of binary messages.
    pub async fn open(target: &Target, tls: Option<&Tls>, reader: Reader) -> io::Result<Self> {
        let opened = timeout(HANDSHAKE, Self::open_at_leisure(target, tls, reader)).await;
        opened.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "the server does not answer")))
    }

    async fn open_at_leisure(target: &Target, tls: Option<&Tls>, mut reader: Reader) -> io::Result<Self> {
        let mut stream = open_stream(target, tls).await?;
        let random = RandomState::new();
        let (high, low) = (random.hash_one(1), random.hash_one(2));
        let nonce = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
        let key = handshake::client_key(nonce);
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: {}\r\nSec-WebSocket-Key: {key}\r\n\r\n",
            target.path,
            target.authority(),
            handshake::VERSION,
        );
        stream.write_all(request.as_bytes()).await?;
        let (head, rest) = read_response_head(&mut stream).await?;
        let response = ResponseHead::parse(&head)?;
        let headers = response.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        handshake::verify(&key, response.status, headers).map_err(io::Error::other)?;
        let mut rest = &rest[..];
        while !rest.is_empty() {
            let spare = reader.spare();
            let count = spare.len().min(rest.len());
            spare[..count].copy_from_slice(&rest[..count]);
            reader.filled(count);
            rest = &rest[count..];
        }
        Ok(Self { stream, reader, mask: nonce[..4].try_into().unwrap_or_default(), outgoing: Vec::new() })
    }

    /// Sends a text message.
    pub async fn send(&mut self, text: &str) -> io::Result<()> {
        self.outgoing.clear();
        self.outgoing.extend_from_slice(&text_header(Role::Client, text.len()).masked(self.mask));
        let start = self.outgoing.len();
        self.outgoing.extend_from_slice(text.as_bytes());
        mask_in_place(&mut self.outgoing[start..], self.mask);
        self.stream.write_all(&self.outgoing).await
    }

    /// Says that this side leaves.
    pub async fn close(&mut self) -> io::Result<()> {
        let frame =
            framewire::websocket::close_frame(framewire::websocket::close::NORMAL, "").masked(self.mask);
        self.stream.write_all(&frame).await
    }

    /// Asks whether the server is there.
    pub async fn ping(&mut self) -> io::Result<()> {
        let frame = framewire::websocket::ping_frame(&[]).masked(self.mask);
        self.stream.write_all(&frame).await
    }

    /// Answers a ping.
    pub async fn pong(&mut self, payload: &[u8]) -> io::Result<()> {
        let frame = framewire::websocket::pong_frame(payload).masked(self.mask);
        self.stream.write_all(&frame).await
    }

    /// Waits for bytes and hands every complete event to `each`. False at the end of the stream.
    pub async fn receive(&mut self, mut each: impl FnMut(Event<'_>)) -> io::Result<bool> {
        let (stream, reader) = (&mut self.stream, &mut self.reader);
        while let Some(event) = reader.next().map_err(io::Error::other)? {
            each(event);
        }
        poll_fn(|context| {
            SCRATCH.with_borrow_mut(|scratch| {
                let mut buffer = ReadBuf::new(scratch);
                std::task::ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
                let mut bytes = buffer.filled();
                let open = !bytes.is_empty();
                while let Some(event) = reader.next_from(&mut bytes).map_err(io::Error::other)? {
                    each(event);
                }
                std::task::Poll::Ready(Ok(open))
            })
        })
        .await
    }
}

async fn read_response_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut head = Vec::new();
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(io::Error::other("the server closed the connection during the handshake"));
        }
        if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = head.split_off(end + 4);
            return Ok((head, rest));
        }
        if head.len() > MAX_RESPONSE {
            return Err(io::Error::other("the server's answer has no end"));
        }
    }
}

struct ResponseHead {
    status: u16,
    headers: Vec<(String, String)>,
}

impl ResponseHead {
    fn parse(head: &[u8]) -> io::Result<Self> {
        let text = std::str::from_utf8(head).map_err(io::Error::other)?;
        let mut lines = text.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("the answer is no HTTP"))?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        Ok(Self { status, headers })
    }
}
