//! The first stage: takes frames from the source and deals them out to the converters in turn.

use super::{
    flow::{self, Depths, Shared},
    moment_of,
};
use crate::{
    Error, Moment,
    source::{InputError, Source, Timed},
};
use framewire_frame::{Frame, FrameRate, Surface};
use std::{
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, sync_channel},
    },
    thread::JoinHandle,
};

/// What goes from stage to stage; the last one is an end or a failure.
pub(super) enum Item {
    Frame(Frame, Moment),
    End,
    Failed(Error),
}

/// Where the next stages take frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Where the source has them.
    Anywhere,
    /// In host memory: what lies on a device is downloaded here.
    Host,
}

/// Starts the reader; item `n` comes out of receiver `n` modulo their number.
pub(super) fn start(
    mut source: Box<dyn Source>,
    first: Timed,
    rate: FrameRate,
    place: Place,
    depths: Depths,
    shared: &Arc<Shared>,
) -> (JoinHandle<()>, Vec<Receiver<Item>>) {
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..depths.converters).map(|_| sync_channel(depths.read)).unzip();
    let shared = shared.clone();
    let reading = flow::spawn("read", move || {
        let mut next = place.put(first).map(Some);
        for index in 0.. {
            let item = match next {
                Ok(Some(timed)) => {
                    let moment = moment_of(&timed, rate, index);
                    Item::Frame(timed.frame, moment)
                }
                Ok(None) => Item::End,
                Err(error) => Item::Failed(error.into()),
            };
            shared.undecoded.store(source.lost(), Ordering::Relaxed);
            let turn = index as usize % senders.len();
            let ends = !matches!(item, Item::Frame(..));
            // Nobody listens where another stage has ended first.
            if senders[turn].send(item).is_err() || ends || !shared.goes_on() {
                return;
            }
            next = shared.times.read.measure(|| match source.next()? {
                Some(timed) => place.put(timed).map(Some),
                None => Ok(None),
            });
            if let Ok(Some(Timed { conversion, .. })) = &next
                && !conversion.is_zero()
            {
                shared.route.count_processor();
                shared.times.read.take_off(*conversion);
                shared.times.convert.add(*conversion);
            }
        }
    });
    (reading, receivers)
}

impl Place {
    fn put(self, timed: Timed) -> Result<Timed, InputError> {
        match &timed.frame.surface {
            Surface::Device(surface) if self == Self::Host => {
                let picture = surface.download().map_err(InputError::Device)?;
                Ok(Timed { frame: Frame { surface: picture.into(), ..timed.frame }, ..timed })
            }
            _ => Ok(timed),
        }
    }
}
