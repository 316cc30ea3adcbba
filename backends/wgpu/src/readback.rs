//! From a buffer of the device into host memory, without holding up its queue.

use crate::{Error, Gpu, shelf::Lent};
use bytes::Bytes;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use wgpu::{BufferView, MapMode, PollType};

/// A mapping that has begun: the buffer is filled by work that was submitted before.
///
/// Nobody waits inside of wgpu, where a waiting thread keeps others from freeing and, behind these, from submitting; the
/// device is asked from time to time.
#[derive(Debug)]
pub(crate) struct Readback {
    gpu: Gpu,
    lent: Option<Lent>,
    state: Arc<AtomicU8>,
}

/// Mapped memory; the buffer goes back when it is dropped.
struct Mapped {
    gpu: Gpu,
    view: Option<BufferView>,
    lent: Lent,
}

const PENDING: u8 = 0;
const MAPPED: u8 = 1;
const FAILED: u8 = 2;

/// How long a device may take, with all that it was given before.
const PATIENCE: Duration = Duration::from_secs(10);
const SHORTEST_NAP: Duration = Duration::from_micros(30);
const LONGEST_NAP: Duration = Duration::from_micros(500);

impl Readback {
    /// Begins to map a buffer that can be mapped to be read, after the work that fills it was submitted.
    pub(crate) fn begin(gpu: &Gpu, lent: Lent) -> Result<Self, Error> {
        let state = Arc::new(AtomicU8::new(PENDING));
        let shared = Arc::clone(&state);
        gpu.checked(|_| {
            lent.buffer().map_async(MapMode::Read, .., move |result| {
                shared.store(if result.is_ok() { MAPPED } else { FAILED }, Ordering::Release);
            });
        })?;
        Ok(Self { gpu: gpu.clone(), lent: Some(lent), state })
    }

    /// What is mapped.
    #[cfg(test)]
    pub(crate) fn lent(&self) -> &Lent {
        self.lent.as_ref().unwrap()
    }

    /// Whether [`Readback::wait`] comes back at once.
    pub(crate) fn is_done(&self) -> bool {
        self.state.load(Ordering::Acquire) != PENDING
    }

    /// The bytes, as soon as they are there.
    pub(crate) fn wait(mut self) -> Result<Bytes, Error> {
        let start = Instant::now();
        let mut nap = SHORTEST_NAP;
        loop {
            let polled = self.gpu.device().poll(PollType::Poll);
            match self.state.load(Ordering::Acquire) {
                MAPPED => break,
                PENDING if polled.is_ok() => {}
                _ => return Err(self.gpu.lost()),
            }
            if start.elapsed() > PATIENCE {
                return Err(Error::NoAnswer { device: self.gpu.name().to_owned(), patience: PATIENCE });
            }
            thread::sleep(nap);
            nap = (nap * 2).min(LONGEST_NAP);
        }
        let lent = self.lent.take().expect("it is taken here alone, and `self` is gone then");
        match lent.buffer().get_mapped_range(..) {
            Ok(view) => Ok(Bytes::from_owner(Mapped { gpu: self.gpu.clone(), view: Some(view), lent })),
            Err(_) => Err(self.gpu.lost()),
        }
    }
}

impl Drop for Readback {
    fn drop(&mut self) {
        if let Some(lent) = &mut self.lent {
            unmap(&self.gpu, lent);
        }
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self.view.as_deref().unwrap_or_default()
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        self.view = None;
        unmap(&self.gpu, &mut self.lent);
    }
}

/// Ends a mapping, begun or done, so that the next user finds a plain buffer.
fn unmap(gpu: &Gpu, lent: &mut Lent) {
    if gpu.checked(|_| lent.buffer().unmap()).is_err() {
        lent.discard();
    }
}
