use bytes::{Buf, Bytes};
use framewire_websocket::{Role, text_header};
use std::io::IoSlice;

/// Bytes on their way into a socket: small messages, at most one payload, and the small messages behind it.
///
/// The payload is shared with every other viewer and never copied.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    before: Vec<u8>,
    payload: Bytes,
    after: Vec<u8>,
    /// Bytes of `before` that are written. The payload shrinks from its front; `after` waits for both.
    written: usize,
}

/// What an outbox without bytes may keep.
const IDLE_CAPACITY: usize = 2 << 10;

impl Outbox {
    /// Bytes that wait.
    pub(crate) fn len(&self) -> usize {
        self.before.len() - self.written + self.payload.len() + self.after.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of messages beside the payload.
    pub(crate) fn small_len(&self) -> usize {
        self.len() - self.payload.len()
    }

    /// Whether a payload can be queued.
    pub(crate) fn takes_payload(&self) -> bool {
        self.payload.is_empty() && self.after.is_empty()
    }

    /// Queues whole frames.
    pub(crate) fn push(&mut self, frames: &[u8]) {
        self.small().extend_from_slice(frames);
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        self.push(&text_header(Role::Server, text.len()));
        self.push(text.as_bytes());
    }

    /// Queues a payload behind what `write_header` appends. Only where [`Outbox::takes_payload`].
    pub(crate) fn push_payload(&mut self, payload: Bytes, write_header: impl FnOnce(&mut Vec<u8>)) {
        debug_assert!(self.takes_payload(), "one payload at a time");
        write_header(&mut self.before);
        self.payload = payload;
    }

    /// What to write next, in order.
    pub(crate) fn parts(&self) -> [IoSlice<'_>; 3] {
        [&self.before[self.written..], &self.payload[..], &self.after[..]].map(IoSlice::new)
    }

    /// Says that the first `n` bytes are written.
    pub(crate) fn advance(&mut self, n: usize) {
        let before = n.min(self.before.len() - self.written);
        self.written += before;
        let payload = (n - before).min(self.payload.len());
        self.payload.advance(payload);
        self.after.drain(..(n - before - payload).min(self.after.len()));
        if self.written < self.before.len() || !self.payload.is_empty() {
            return;
        }
        // The payload's memory is let go as soon as the socket has it.
        self.payload = Bytes::new();
        self.written = 0;
        self.before.clear();
        std::mem::swap(&mut self.before, &mut self.after);
        for buffer in [&mut self.before, &mut self.after] {
            if buffer.is_empty() && buffer.capacity() > IDLE_CAPACITY {
                *buffer = Vec::new();
            }
        }
    }

    fn small(&mut self) -> &mut Vec<u8> {
        if self.payload.is_empty() { &mut self.before } else { &mut self.after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(outbox: &mut Outbox, most: usize) -> Vec<u8> {
        let all: Vec<u8> = outbox.parts().iter().flat_map(|part| part.iter().copied()).collect();
        let n = most.min(all.len());
        outbox.advance(n);
        all[..n].to_vec()
    }

    #[test]
    fn bytes_come_out_in_order_whatever_the_socket_takes() {
        for most in 1..20 {
            let mut outbox = Outbox::default();
            outbox.push(b"one,");
            outbox.push_payload(Bytes::from_static(b"PAYLOAD,"), |out| out.extend_from_slice(b"header:"));
            outbox.push(b"two,");
            assert!(!outbox.takes_payload());
            let mut out = Vec::new();
            while !outbox.is_empty() {
                let len = outbox.len();
                let written = write(&mut outbox, most);
                assert_eq!(outbox.len(), len - written.len());
                out.extend(written);
            }
            assert_eq!(out, b"one,header:PAYLOAD,two,", "{most}");
            assert!(outbox.takes_payload());
            outbox.push(b"three");
            assert_eq!(write(&mut outbox, 100), b"three");
        }
    }

    #[test]
    fn a_payload_is_shared_and_freed_when_it_is_out() {
        let mut outbox = Outbox::default();
        let payload = Bytes::from(vec![7; 1000]);
        outbox.push_payload(payload.clone(), |out| out.push(1));
        assert_eq!(outbox.parts()[1].as_ptr(), payload.as_ptr());
        assert!(!payload.is_unique());
        write(&mut outbox, 5000);
        assert!(payload.is_unique());
    }

    #[test]
    fn large_buffers_are_given_back() {
        let mut outbox = Outbox::default();
        outbox.push(&[0; 100_000]);
        outbox.advance(100_000);
        assert!(outbox.before.capacity() + outbox.after.capacity() <= 2 * IDLE_CAPACITY);
    }
}
