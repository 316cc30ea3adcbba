//! The first stage: takes frames from the source and deals them out to the converters in turn.

use super::{
    flow::{self, Depths, Shared},
    moment_of,
};
use crate::{
    Error, Moment,
    source::{Source, Timed},
};
use framewire_frame::{Frame, FrameRate};
use std::{
    sync::{
        Arc,
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

/// Starts the reader; item `n` comes out of receiver `n` modulo their number.
pub(super) fn start(
    mut source: Box<dyn Source>,
    first: Timed,
    rate: FrameRate,
    depths: Depths,
    shared: &Arc<Shared>,
) -> (JoinHandle<()>, Vec<Receiver<Item>>) {
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..depths.converters).map(|_| sync_channel(depths.read)).unzip();
    let shared = shared.clone();
    let reading = flow::spawn("read", move || {
        let mut next = Some(first);
        for index in 0.. {
            let item = match next.take() {
                Some(timed) => {
                    let moment = moment_of(&timed, rate, index);
                    Item::Frame(timed.frame, moment)
                }
                None => Item::End,
            };
            let turn = index as usize % senders.len();
            let ends = matches!(item, Item::End);
            if senders[turn].send(item).is_err() || ends || !shared.goes_on() {
                return;
            }
            match shared.times.read.measure(|| source.next()) {
                Ok(timed) => {
                    if let Some(Timed { conversion, .. }) = timed
                        && !conversion.is_zero()
                    {
                        shared.route.count_processor();
                        shared.times.read.take_off(conversion);
                        shared.times.convert.add(conversion);
                    }
                    next = timed;
                }
                Err(error) => {
                    let turn = (index as usize + 1) % senders.len();
                    // Nobody listens where another stage has ended first.
                    let _ = senders[turn].send(Item::Failed(error.into()));
                    return;
                }
            }
        }
    });
    (reading, receivers)
}
