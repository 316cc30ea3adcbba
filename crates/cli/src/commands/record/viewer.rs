//! The viewer and what it writes.

use crate::{
    client::{Connection, Target, Tls, printable},
    progress,
};
use framewire::{
    codec::Codec,
    engine::{RecordError, RecordFile, RecordedUnit, UnitWriter},
    frame::Timestamp,
    protocol::{CloseCode, Envelope, VideoCodec},
    websocket::{Event, Limits, Reader, Role},
};
use std::{fmt, io, time::Duration};
use tokio::time::{Instant, timeout};

/// The largest message: more than any access unit has.
const MAX_MESSAGE: usize = 64 << 20;
/// How far apart key frames may be, so that the file can be sought in.
const KEY_INTERVAL: Duration = Duration::from_secs(2);
/// How long nothing may come before it is looked whether a file has to be brought up to date.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a server may be silent until it is asked whether it is there, and again until it counts as gone. A stream
/// that stands still sends nothing.
const SILENCE: Duration = Duration::from_secs(15);

/// A viewer of a stream.
pub struct Viewer {
    connection: Connection,
    asked_for_key: Instant,
    /// Whether the server still takes what it is sent.
    hears: bool,
    /// When the server last sent anything.
    heard: Instant,
    /// Whether it was asked since whether it is there.
    asked: bool,
}

/// The file, once the first unit has said what it is.
pub struct Recording {
    state: State,
    started: Instant,
}

enum State {
    Waiting(RecordFile),
    Writing(Box<UnitWriter<RecordFile>>, Codec),
    Gone,
}

/// Why watching ended.
pub enum End {
    /// Somebody wanted it.
    Asked,
    /// The server has nothing more, as it says.
    Closed(String),
    /// The connection broke off, or the server does not want this viewer.
    Connection(String),
    /// The file takes no more.
    Write(RecordError),
}

/// What the events of one read lead to.
#[derive(Default)]
struct Replies {
    acks: Vec<u64>,
    pong: Option<Vec<u8>>,
    key: bool,
    end: Option<End>,
}

impl Viewer {
    /// Connects and says what it can take.
    pub async fn join(target: &Target, tls: Option<&Tls>) -> io::Result<Self> {
        let reader = Reader::new(Role::Client, Limits { max_message: MAX_MESSAGE });
        let mut connection = Connection::open(target, tls, reader).await?;
        let supported = VideoCodec::ALL.map(VideoCodec::capability);
        let mut hello = serde_json::json!({
            "type": "hello",
            "supported": supported,
            "framewire": { "version": 1, "features": ["publish_time"] },
        });
        if let Some(token) = &target.token {
            hello["token"] = token.as_str().into();
        }
        connection.send(&hello.to_string()).await?;
        let now = Instant::now();
        Ok(Self { connection, asked_for_key: now, hears: true, heard: now, asked: false })
    }

    /// Records until the connection or the file ends.
    pub async fn watch(&mut self, recording: &mut Recording, mut each: impl FnMut(&Recording)) -> End {
        loop {
            let end = match self.turn(recording).await {
                Ok(end) => end,
                Err(error) => Some(End::Connection(error.to_string())),
            };
            if let Some(end) = end {
                return end;
            }
            each(recording);
        }
    }

    /// Tells the server that nobody watches any more.
    pub async fn leave(mut self) {
        // Whoever has gone already need not be told.
        let _ = timeout(PATIENCE, self.connection.close()).await;
    }

    async fn turn(&mut self, recording: &mut Recording) -> io::Result<Option<End>> {
        let mut replies = Replies::default();
        let received =
            timeout(PATIENCE, self.connection.receive(|event| recording.on_event(event, &mut replies)));
        let Ok(received) = received.await else {
            self.check_on_server().await?;
            return Ok(recording.flush().err().map(End::Write));
        };
        let open = received?;
        (self.heard, self.asked) = (Instant::now(), false);
        if replies.end.is_some() {
            return Ok(replies.end);
        }
        if !open {
            return Ok(Some(End::Connection("the server hung up".to_owned())));
        }
        if self.hears {
            // What the server has sent before it hung up is still to be read.
            self.hears = matches!(timeout(SILENCE, self.answer(&replies)).await, Ok(Ok(())));
        }
        Ok(None)
    }

    /// Asks a server that has been silent for long whether it is there.
    ///
    /// # Errors
    /// It has not answered.
    async fn check_on_server(&mut self) -> io::Result<()> {
        let silent = self.heard.elapsed();
        if silent >= 2 * SILENCE {
            let why = format!("the server has not answered for {} seconds", silent.as_secs());
            return Err(io::Error::new(io::ErrorKind::TimedOut, why));
        }
        if silent >= SILENCE && self.hears && !self.asked {
            self.asked = true;
            self.hears = matches!(timeout(PATIENCE, self.connection.ping()).await, Ok(Ok(())));
        }
        Ok(())
    }

    async fn answer(&mut self, replies: &Replies) -> io::Result<()> {
        if let Some(payload) = &replies.pong {
            self.connection.pong(payload).await?;
        }
        for seq in &replies.acks {
            let ack =
                format!("{{\"type\":\"ack\",\"seq\":{seq},\"decode_queue_size\":0,\"displayed\":true}}");
            self.connection.send(&ack).await?;
        }
        if replies.key {
            self.asked_for_key = Instant::now();
        } else if self.asked_for_key.elapsed() >= KEY_INTERVAL {
            self.asked_for_key = Instant::now();
            self.connection.send("{\"type\":\"request_keyframe\",\"reason\":\"recording\"}").await?;
        }
        Ok(())
    }
}

impl Recording {
    pub fn new(file: RecordFile) -> Self {
        Self { state: State::Waiting(file), started: Instant::now() }
    }

    /// Units written.
    pub fn units(&self) -> u64 {
        match &self.state {
            State::Writing(writer, _) => writer.units(),
            State::Waiting(_) | State::Gone => 0,
        }
    }

    /// From the first unit to the newest.
    pub fn duration(&self) -> Duration {
        match &self.state {
            State::Writing(writer, _) => writer.duration(),
            State::Waiting(_) | State::Gone => Duration::ZERO,
        }
    }

    /// Bytes handed to the system.
    pub fn bytes(&self) -> u64 {
        match &self.state {
            State::Writing(writer, _) => writer.bytes(),
            State::Waiting(_) | State::Gone => 0,
        }
    }

    /// Makes a plain file of what was written and gives it back.
    pub fn finish(self) -> Result<Option<RecordFile>, RecordError> {
        match self.state {
            State::Waiting(file) => Ok(Some(file)),
            State::Writing(mut writer, _) => {
                writer.rest_until(self.started.elapsed().into())?;
                writer.finish_seekable().map(Some)
            }
            State::Gone => Ok(None),
        }
    }

    fn flush(&mut self) -> Result<(), RecordError> {
        match &mut self.state {
            State::Writing(writer, _) => writer.flush(),
            State::Waiting(_) | State::Gone => Ok(()),
        }
    }

    fn on_event(&mut self, event: Event<'_>, replies: &mut Replies) {
        match event {
            Event::Binary(message) => match Envelope::parse(message) {
                Ok(envelope) if envelope.header.kind == "video_chunk" => {
                    replies.acks.push(envelope.header.seq);
                    replies.key |= envelope.header.is_key();
                    replies.end = self.take(&envelope).err().or(replies.end.take());
                }
                Ok(_) => {}
                Err(error) => replies.end = Some(End::Connection(error.to_string())),
            },
            Event::Ping(payload) => replies.pong = Some(payload.to_vec()),
            Event::Close(frame) => {
                let (code, reason) =
                    frame.map_or((CloseCode::Normal.number(), ""), |frame| (frame.code, frame.reason));
                replies.end = Some(ended(code, reason));
            }
            Event::Text(_) | Event::Pong(_) | Event::BinaryHead { .. } | Event::BinaryEnd { .. } => {}
        }
    }

    fn take(&mut self, envelope: &Envelope<'_>) -> Result<(), End> {
        let header = &envelope.header;
        let codec = header.codec.as_deref().and_then(VideoCodec::of_string);
        let codec = match codec {
            Some(VideoCodec::H264) => Codec::H264,
            Some(VideoCodec::Hevc) => Codec::Hevc,
            None => {
                return Err(End::Connection("the server sends frames that cannot be recorded".to_owned()));
            }
        };
        if matches!(self.state, State::Waiting(_)) && !header.is_key() {
            // Nothing that came before could be decoded.
            return Ok(());
        }
        let moment = self.started.elapsed().into();
        let writer = self.writer(codec)?;
        let unit = RecordedUnit {
            data: envelope.payload,
            // No two frames are published at the same moment.
            frame: header.publish_us.unwrap_or(header.timestamp_us),
            timestamp: Timestamp::from_micros(header.timestamp_us),
            moment,
            duration: header.duration_us.map_or(Duration::ZERO, Duration::from_micros),
        };
        writer.push(unit).map_err(End::Write)
    }

    fn writer(&mut self, codec: Codec) -> Result<&mut UnitWriter<RecordFile>, End> {
        self.state = match std::mem::replace(&mut self.state, State::Gone) {
            State::Waiting(file) => State::Writing(Box::new(UnitWriter::seekable(file, codec)), codec),
            begun => begun,
        };
        match &mut self.state {
            State::Writing(writer, begun) if *begun == codec => Ok(writer),
            _ => Err(End::Closed(format!("the stream goes on in {codec}, which needs a file of its own"))),
        }
    }
}

/// What a close of the server means.
fn ended(code: u16, reason: &str) -> End {
    let is = |of: CloseCode| code == of.number();
    if is(CloseCode::Normal) || is(CloseCode::GoingAway) {
        End::Closed("the server has ended".to_owned())
    } else if is(CloseCode::NotFound) && !reason.starts_with("unknown") {
        End::Closed(printable(reason))
    } else {
        End::Connection(format!("the server closed the connection with {code} {}", printable(reason)))
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Writing(writer, _) => {
                let (seconds, size) = (writer.duration().as_secs_f64(), progress::size(writer.bytes()));
                write!(f, "{seconds:.1} s, {} frames, {size}", writer.units())
            }
            State::Waiting(_) | State::Gone => f.write_str("waits for the first frame"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire::{engine::RecordOptions, websocket::handshake};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    /// A server's end of a connection that is upgraded.
    async fn upgraded(listener: TcpListener) -> TcpStream {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        let request = String::from_utf8(request).unwrap();
        let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            handshake::accept_key(key),
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream
    }

    #[tokio::test]
    async fn a_server_that_falls_silent_is_asked_and_then_left() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let server = tokio::spawn(upgraded(listener));
        let mut viewer = Viewer::join(&target, None).await.unwrap();
        let mut server = server.await.unwrap();
        let path = std::env::temp_dir().join(format!("framewire-silent-{}.mp4", std::process::id()));
        let file = RecordOptions::new(&path).overwrite(true).open().unwrap();
        tokio::time::pause();
        let end = viewer.watch(&mut Recording::new(file), |_| {}).await;
        tokio::time::resume();
        assert!(matches!(&end, End::Connection(why) if why.contains("has not answered for 30 seconds")));
        drop(viewer);
        let mut sent = Vec::new();
        server.read_to_end(&mut sent).await.unwrap();
        let ping = &sent[sent.len() - 6..][..2];
        assert_eq!(ping, [0x89, 0x80], "a final frame, a ping, masked, without a payload");
        // Where nothing was recorded there may be no file any more.
        let _ = std::fs::remove_file(&path);
    }
}
