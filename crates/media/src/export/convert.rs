//! The second stage: conversions side by side, whose results are taken in order.

use super::{
    flow::{self, Depths, PATIENCE, Shared},
    read::Item,
    route::{Machine, Route},
};
use framewire_convert::Converter;
use framewire_frame::{Color, Frame, Picture, PictureMut, PixelFormat, Pool, Size, Surface};
use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    thread::JoinHandle,
};

/// The format that pictures of a format are to be converted to.
pub(super) type Wanted = Arc<dyn Fn(PixelFormat) -> PixelFormat + Send + Sync>;

/// The running converters.
pub(super) struct Converters {
    outputs: Vec<Receiver<Item>>,
    threads: Vec<JoinHandle<()>>,
    shared: Arc<Shared>,
    turn: usize,
}

impl Converters {
    /// Starts a converter for each of `inputs`.
    pub(super) fn start(
        inputs: Vec<Receiver<Item>>,
        wanted: &Wanted,
        depths: Depths,
        shared: &Arc<Shared>,
    ) -> Self {
        let pool = Pool::new(depths.converters * (depths.converted + 1) + 1);
        let mut converters =
            Self { outputs: Vec::new(), threads: Vec::new(), shared: shared.clone(), turn: 0 };
        for input in inputs {
            let (sender, output) = sync_channel(depths.converted);
            let mut stage = Stage {
                wanted: wanted.clone(),
                pool: pool.clone(),
                machine: Machine::new(shared.route.clone()),
                route: shared.route.clone(),
                plan: None,
            };
            let shared = shared.clone();
            converters.outputs.push(output);
            converters.threads.push(flow::spawn("convert", move || {
                while let Some(item) = receive(&input, &shared) {
                    let item = match item {
                        Item::Frame(frame, moment) => {
                            Item::Frame(shared.times.convert.measure(|| stage.convert(frame)), moment)
                        }
                        last => last,
                    };
                    if sender.send(item).is_err() {
                        return;
                    }
                }
            }));
        }
        converters
    }

    /// The next frame in order; `None` when no more are wanted.
    pub(super) fn next(&mut self) -> Option<Item> {
        let item = receive(&self.outputs[self.turn], &self.shared);
        self.turn = (self.turn + 1) % self.outputs.len();
        item
    }

    /// Waits until all have ended.
    pub(super) fn finish(self) {
        drop(self.outputs);
        self.threads.into_iter().for_each(flow::join);
    }
}

/// The next item of a queue; `None` when its sender has gone or no more are wanted.
fn receive(queue: &Receiver<Item>, shared: &Shared) -> Option<Item> {
    while shared.goes_on() {
        match queue.recv_timeout(PATIENCE) {
            Ok(item) => return Some(item),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
    None
}

struct Stage {
    wanted: Wanted,
    pool: Pool,
    machine: Machine,
    route: Arc<Route>,
    /// The processor's conversion.
    plan: Option<(Converter, Color)>,
}

impl Stage {
    /// The frame in the wanted format; as it is where that needs no work, where
    /// it lies on a device, and where there is no such conversion: whoever takes it then says so.
    fn convert(&mut self, frame: Frame) -> Frame {
        let Surface::Host(picture) = &frame.surface else { return frame };
        let (source, size) = (picture.format(), picture.size());
        let target = (self.wanted)(source);
        if source == target {
            return frame;
        }
        if let Some(surface) = self.machine.convert(picture.as_ref(), target, frame.color) {
            return Frame { surface, ..frame };
        }
        let fits = |(plan, color): &(Converter, Color)| {
            (plan.source_format(), plan.target_format(), plan.size(), *color)
                == (source, target, size, frame.color)
        };
        if !self.plan.as_ref().is_some_and(fits) {
            self.plan =
                Converter::new(source, target, size, frame.color).ok().map(|plan| (plan, frame.color));
        }
        let Some((converter, _)) = &self.plan else { return frame };
        match run(converter, picture, &self.pool, target, size) {
            Some(picture) => {
                self.route.count_processor();
                Frame { surface: picture.into(), ..frame }
            }
            None => frame,
        }
    }
}

fn run(
    converter: &Converter,
    source: &Picture,
    pool: &Pool,
    format: PixelFormat,
    size: Size,
) -> Option<Picture> {
    let mut buffer = pool.take(format.packed_len(size));
    let mut target = PictureMut::packed(format, size, &mut buffer).ok()?;
    converter.convert(&source.as_ref(), &mut target).ok()?;
    Picture::packed(format, size, buffer.freeze()).ok()
}
