use std::ops::Range;

use crate::frame::{Incoming, Opcode};
use crate::{Error, Event, Role, mask_in_place};

/// What a drained reader may keep, and what it starts with.
const IDLE_CAPACITY: usize = 2 << 10;

/// A read into less room than this is not worth its system call.
const MIN_SPARE: usize = 512;

/// Room beside a message of the largest size: the header of its last fragment, or a control frame before that.
const BESIDE_MESSAGE: usize = 256;

/// What a peer may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole message, all its fragments together.
    pub max_message: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_message: 64 << 10 }
    }
}

/// Reads a byte stream into messages.
///
/// It owns one buffer, which grows with what has arrived (never with what a header announces), stays below
/// [`Limits::max_message`] plus 256 bytes, and is at most 2 KiB once it is drained. There are two ways in:
///
/// - [`spare`](Self::spare) and [`filled`](Self::filled): the socket reads straight into the buffer; then
///   [`next`](Self::next) until it gives `None`.
/// - [`next_from`](Self::next_from): from a scratch buffer that many connections share; an idle connection then holds
///   next to nothing.
///
/// After a close frame or an error the reader discards whatever else arrives.
#[derive(Debug)]
pub struct Reader {
    role: Role,
    limits: Limits,
    /// How many bytes of each binary message are wanted; `None` outside of streaming.
    head: Option<usize>,
    /// From the front: the fragments put together so far, a gap, bytes not looked at yet, room.
    buffer: Vec<u8>,
    assembled: usize,
    unread: Range<usize>,
    /// The data message that waits for more fragments.
    message: Option<Message>,
    /// Payload bytes of a streamed message that still come, to be dropped.
    skip: u64,
    /// The length of the streamed message that ends once nothing is left to skip.
    ending: Option<u64>,
    state: State,
}

impl Reader {
    /// A reader for this end of a connection.
    pub fn new(role: Role, limits: Limits) -> Self {
        Self {
            role,
            limits,
            head: None,
            buffer: Vec::new(),
            assembled: 0,
            unread: 0..0,
            message: None,
            skip: 0,
            ending: None,
            state: State::Open,
        }
    }

    /// A client's reader that gives the first `head` bytes of each binary message and holds none of the rest, so that
    /// binary messages have no limit. Text has the default limit, and so has `head`.
    pub fn for_client_streaming(head: usize) -> Self {
        let limits = Limits::default();
        Self { head: Some(head.min(limits.max_message)), ..Self::new(Role::Client, limits) }
    }

    /// Room to read bytes of the socket into, never empty after [`next`](Self::next) has given `None`.
    pub fn spare(&mut self) -> &mut [u8] {
        self.compact();
        let (used, len) = (self.unread.end, self.buffer.len());
        if len - used < MIN_SPARE {
            let ceiling = self.limits.max_message.saturating_add(BESIDE_MESSAGE);
            let target = len.saturating_mul(2).max(IDLE_CAPACITY).min(ceiling);
            if target > len {
                self.buffer.reserve_exact(target - len);
                self.buffer.resize(target, 0);
            }
        }
        &mut self.buffer[used..]
    }

    /// Says that the first `n` bytes of [`spare`](Self::spare) are filled.
    pub fn filled(&mut self, n: usize) {
        debug_assert!(n <= self.buffer.len() - self.unread.end, "more bytes than there was room for");
        self.unread.end = self.buffer.len().min(self.unread.end.saturating_add(n));
    }

    /// The next event among the bytes that are there; `None` when more are needed.
    ///
    /// # Errors
    /// The peer broke the protocol or a limit. Every later call gives the same error.
    #[expect(
        clippy::should_implement_trait,
        reason = "an event borrows the reader, which Iterator has no words for"
    )]
    pub fn next(&mut self) -> Result<Option<Event<'_>>, Error> {
        let mut nothing: &[u8] = &[];
        self.next_from(&mut nothing)
    }

    /// The next event among the bytes that are there and those of `input`, from whose front it takes what it needs;
    /// `None` when `input` is empty and more bytes are needed. The payload that a streaming reader drops is stepped
    /// over in `input`, not copied.
    ///
    /// # Errors
    /// The peer broke the protocol or a limit. Every later call gives the same error.
    pub fn next_from(&mut self, input: &mut &[u8]) -> Result<Option<Event<'_>>, Error> {
        let found = loop {
            match self.state {
                State::Open => {}
                State::Closed => {
                    self.discard(input);
                    return Ok(None);
                }
                State::Failed(error) => {
                    self.discard(input);
                    return Err(error);
                }
            }
            match self.find() {
                Ok(Some(found)) => break found,
                Ok(None) if input.is_empty() => {
                    self.shrink();
                    return Ok(None);
                }
                Ok(None) => self.take(input),
                Err(error) => self.state = State::Failed(error),
            }
        };
        // Only these two fields are touched from here on: the event borrows the buffer while the state may still change.
        let (buffer, state) = (&self.buffer, &mut self.state);
        let event = match found {
            Found::Text(at) => Event::text(&buffer[at]),
            Found::Binary(at) => Ok(Event::Binary(&buffer[at])),
            Found::Head(len, at) => Ok(Event::BinaryHead { len, head: &buffer[at] }),
            Found::End(len) => Ok(Event::BinaryEnd { len }),
            Found::Ping(at) => Ok(Event::Ping(&buffer[at])),
            Found::Pong(at) => Ok(Event::Pong(&buffer[at])),
            Found::Close(at) => {
                *state = State::Closed;
                Event::close(&buffer[at])
            }
        };
        if let Err(error) = event {
            *state = State::Failed(error);
        }
        event.map(Some)
    }

    /// Bytes of memory that the buffer holds.
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Finds the next event, unmasks it and steps behind it.
    fn find(&mut self) -> Result<Option<Found>, Error> {
        loop {
            self.unread.start += step_over(&mut self.skip, self.unread.len());
            if self.skip > 0 {
                return Ok(None);
            }
            if let Some(len) = self.ending.take() {
                return Ok(Some(Found::End(len)));
            }
            let Some(header) = Incoming::decode(&self.buffer[self.unread.clone()], self.role)? else {
                return Ok(None);
            };
            let message = self.message_of(&header)?;
            let stream = match (self.head, &message) {
                (Some(head), Some(message)) if message.kind == Kind::Binary => Some((head, *message)),
                _ => None,
            };
            let found = match stream {
                Some((head, message)) => self.streamed_frame(&header, message, head),
                None => self.whole_frame(&header, message)?,
            };
            match found {
                Step::Found(found) => return Ok(Some(found)),
                Step::Again => {}
                Step::Starved => return Ok(None),
            }
        }
    }

    /// The message that a frame starts or continues, this frame counted in; `None` for a control frame.
    fn message_of(&self, header: &Incoming) -> Result<Option<Message>, Error> {
        let mut message = match (header.opcode, self.message) {
            (opcode, _) if opcode.is_control() => return Ok(None),
            (Opcode::Continuation, Some(message)) => message,
            (Opcode::Continuation, None) => return Err(Error::NothingToContinue),
            (_, Some(_)) => return Err(Error::MessageInsideMessage),
            (Opcode::Text, None) => Message::new(Kind::Text),
            (_, None) => Message::new(Kind::Binary),
        };
        message.len = message.len.saturating_add(header.payload);
        Ok(Some(message))
    }

    /// A frame whose payload is wanted in full: waits for all of it.
    fn whole_frame(&mut self, header: &Incoming, message: Option<Message>) -> Result<Step, Error> {
        let limit = self.limits.max_message;
        if let Some(Message { len, .. }) = message
            && len > limit as u64
        {
            return Err(Error::TooBig { len, limit });
        }
        // Within the limit, or 125 bytes of a control frame: it fits in a usize.
        let Some(payload) = self.payload(header, header.payload as usize) else { return Ok(Step::Starved) };
        if let Some(key) = header.key {
            mask_in_place(&mut self.buffer[payload.clone()], key);
        }
        self.unread.start = payload.end;
        let Some(message) = message else {
            return Ok(Step::Found(match header.opcode {
                Opcode::Ping => Found::Ping(payload),
                Opcode::Pong => Found::Pong(payload),
                _ => Found::Close(payload),
            }));
        };
        let unfragmented = header.fin && self.message.is_none();
        let whole = if unfragmented { payload } else { self.assemble(payload) };
        self.message = (!header.fin).then_some(message);
        if !header.fin {
            return Ok(Step::Again);
        }
        self.assembled = 0;
        Ok(Step::Found(match message.kind {
            Kind::Text => Found::Text(whole),
            Kind::Binary => Found::Binary(whole),
        }))
    }

    /// A frame of a binary message in a streaming reader: waits for its share of the head only. A client's reader has
    /// nothing to unmask.
    fn streamed_frame(&mut self, header: &Incoming, mut message: Message, head: usize) -> Step {
        let missing = if message.head_given { 0 } else { head - self.assembled };
        let wanted = header.payload.min(missing as u64);
        let Some(payload) = self.payload(header, wanted as usize) else { return Step::Starved };
        self.unread.start = payload.end;
        self.skip = header.payload - wanted;
        self.ending = header.fin.then_some(message.len);
        let mut step = Step::Again;
        if !message.head_given {
            let head_so_far = self.assemble(payload);
            if header.fin || self.assembled == head {
                message.head_given = true;
                self.assembled = 0;
                step = Step::Found(Found::Head(self.ending, head_so_far));
            }
        }
        self.message = (!header.fin).then_some(message);
        step
    }

    /// Where the first `wanted` bytes of the payload lie, if they are all there.
    fn payload(&self, header: &Incoming, wanted: usize) -> Option<Range<usize>> {
        let start = self.unread.start + header.size;
        let end = start.checked_add(wanted)?;
        (end <= self.unread.end).then_some(start..end)
    }

    /// Moves a fragment behind the ones before it; gives where they all lie now.
    fn assemble(&mut self, fragment: Range<usize>) -> Range<usize> {
        let end = self.assembled + fragment.len();
        self.buffer.copy_within(fragment, self.assembled);
        self.assembled = end;
        0..end
    }

    /// Steps over what is to be dropped at the front of `input`, or else copies from it into the buffer.
    fn take(&mut self, input: &mut &[u8]) {
        let dropped = step_over(&mut self.skip, input.len());
        *input = &input[dropped..];
        if input.is_empty() {
            return;
        }
        let spare = self.spare();
        let copied = spare.len().min(input.len());
        spare[..copied].copy_from_slice(&input[..copied]);
        *input = &input[copied..];
        self.filled(copied);
    }

    /// Moves the unread bytes next to the assembled ones.
    fn compact(&mut self) {
        if !matches!(self.state, State::Open) {
            self.unread = 0..0;
            self.assembled = 0;
        }
        // A large message that comes byte by byte is not moved at every byte.
        if self.unread.start > self.assembled {
            let len = self.unread.len();
            self.buffer.copy_within(self.unread.clone(), self.assembled);
            self.unread = self.assembled..self.assembled + len;
        }
    }

    /// Gives back what an idle connection does not need.
    fn shrink(&mut self) {
        if self.assembled == 0 && self.unread.is_empty() && self.buffer.len() > IDLE_CAPACITY {
            self.buffer = Vec::new();
            self.unread = 0..0;
        }
    }

    fn discard(&mut self, input: &mut &[u8]) {
        *input = &[];
        self.compact();
        self.shrink();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Closed,
    Failed(Error),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
}

#[derive(Clone, Copy, Debug)]
struct Message {
    kind: Kind,
    /// Payload bytes of its frames so far.
    len: u64,
    head_given: bool,
}

impl Message {
    const fn new(kind: Kind) -> Self {
        Self { kind, len: 0, head_given: false }
    }
}

/// An event by its place in the buffer.
enum Found {
    Text(Range<usize>),
    Binary(Range<usize>),
    Head(Option<u64>, Range<usize>),
    End(u64),
    Ping(Range<usize>),
    Pong(Range<usize>),
    Close(Range<usize>),
}

enum Step {
    Found(Found),
    /// A fragment was put away.
    Again,
    /// The frame is not there in full.
    Starved,
}

/// Steps over as many of `available` bytes as are to be skipped.
fn step_over(skip: &mut u64, available: usize) -> usize {
    let step = usize::try_from(*skip).unwrap_or(usize::MAX).min(available);
    *skip -= step as u64;
    step
}
