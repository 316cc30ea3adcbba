use crate::Cancel;
use std::{
    io::{self, Read},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::Duration,
};

/// Bytes that are read at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that wait.
const PIECES: usize = 8;
/// How often the wish to end is looked at while nothing comes.
const PATIENCE: Duration = Duration::from_millis(50);

/// A pipe that ends when the caller wishes, also while nothing comes through it: a thread of its own waits for the bytes,
/// and is left alone when nobody wants them any more.
pub(super) struct Patient {
    pieces: Receiver<io::Result<Vec<u8>>>,
    cancel: Cancel,
    /// The piece that is being given, and how much of it was.
    piece: Vec<u8>,
    given: usize,
}

impl Patient {
    pub(super) fn new(mut pipe: Box<dyn Read + Send>, cancel: Cancel) -> io::Result<Self> {
        let (sender, pieces) = sync_channel(PIECES);
        thread::Builder::new().name("pipe".to_owned()).spawn(move || {
            loop {
                let mut piece = vec![0; PIECE_BYTES];
                let read = match pipe.read(&mut piece) {
                    Ok(0) => return,
                    Ok(count) => {
                        piece.truncate(count);
                        Ok(piece)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let failed = read.is_err();
                if sender.send(read).is_err() || failed {
                    return;
                }
            }
        })?;
        Ok(Self { pieces, cancel, piece: Vec::new(), given: 0 })
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.piece.len() {
            match self.pieces.recv_timeout(PATIENCE) {
                Ok(piece) => (self.piece, self.given) = (piece?, 0),
                Err(RecvTimeoutError::Timeout) if !self.cancel.is_wished() => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
        let rest = &self.piece[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Gives pieces as they are sent, and blocks between them.
    struct Slow(mpsc::Receiver<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Ok(piece) = self.0.recv() else { return Ok(0) };
            buffer[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        }
    }

    #[test]
    fn bytes_come_whole_and_in_order() {
        let bytes: Vec<u8> = (0..500_000).map(|at| (at % 253) as u8).collect();
        let pipe = Box::new(io::Cursor::new(bytes.clone()));
        let mut read = Vec::new();
        Patient::new(pipe, Cancel::default()).unwrap().read_to_end(&mut read).unwrap();
        assert!(read == bytes);
    }

    #[test]
    fn a_pipe_that_rests_ends_when_that_is_wished() {
        let (sender, pieces) = mpsc::channel();
        let cancel = Cancel::default();
        let mut pipe = Patient::new(Box::new(Slow(pieces)), cancel.clone()).unwrap();
        sender.send(vec![1, 2, 3]).unwrap();
        let mut three = [0; 3];
        pipe.read_exact(&mut three).unwrap();
        assert_eq!(three, [1, 2, 3]);
        cancel.cancel();
        assert_eq!(pipe.read(&mut three).unwrap(), 0);
    }
}
