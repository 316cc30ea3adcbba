//! The conversion of a stream's pixels on the device, picture after picture.

use crate::{
    Error, Gpu,
    kernel::{Bindings, dispatch, params_buffer},
    pixels,
    readback::Readback,
    scaling::Scaling,
    shelf::Shelf,
    source::Source,
};
use bytes::Bytes;
use framewire_frame::{
    ChangeMap, Color, DeviceConverter, DeviceError, DevicePicture, DeviceSurface, Picture, PixelFormat, Size,
};
use framewire_shader::{SourceLayout, YuvLayout};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use wgpu::{Buffer, BufferUsages};

/// What a conversion makes of which pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) source: SourceLayout,
    /// Of the picture, before its sides are padded.
    pub(crate) size: Size,
    pub(crate) format: PixelFormat,
    pub(crate) color: Color,
}

/// Converts pixels of one layout. The picture stays on the device, where the next one is compared with it, and a copy
/// comes to the host through one of a few buffers.
#[derive(Debug)]
pub(crate) struct Converter {
    gpu: Gpu,
    plan: Plan,
    layout: YuvLayout,
    params: Buffer,
    /// Where there is one, `convert` writes what it reads.
    scaling: Option<Scaling>,
    picture: Buffer,
    changes: Buffer,
    readbacks: Shelf,
    jobs: Mutex<Jobs>,
    /// Held by the one who submits, so that jobs stand in the order of the queue. Submitting runs callbacks of the program,
    /// which may publish: nobody else waits for it there, and `jobs` is not held meanwhile.
    submitting: Mutex<()>,
    /// Held by the one who waits for a picture.
    turn: Mutex<Turn>,
}

/// What the device is at, in the order of submission.
#[derive(Debug)]
struct Jobs {
    queue: VecDeque<Job>,
    /// What has changed in pictures that gave up their place before anybody asked for them.
    passed_over: ChangeMap,
}

#[derive(Debug)]
struct Job {
    /// Of the pixels.
    serial: u64,
    readback: Readback,
}

#[derive(Debug, Default)]
struct Turn {
    /// The picture that the device compares with is the one that was given last, or was begun behind it.
    knows_last: bool,
}

/// How many pictures are begun before they are asked for: the host encodes one while the device makes the next.
const AHEAD: usize = 2;
/// One is read by the encoder, and those that are begun.
const READBACKS: usize = 1 + AHEAD;

impl Converter {
    /// Of pictures that lie as `layout` says, which is of the format and the size of the plan.
    pub(crate) fn new(gpu: &Gpu, plan: Plan, layout: YuvLayout) -> Result<Self, Error> {
        let pixels = plan.source.params().with_color(plan.color);
        let scaling =
            (plan.size != plan.source.size).then(|| Scaling::new(gpu, plan.source.size, &layout, plan.size));
        let scaling = scaling.transpose()?;
        let target = scaling.as_ref().map_or(layout, Scaling::full);
        let changes = BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST;
        Ok(Self {
            params: params_buffer(gpu, &target.params(pixels))?,
            scaling,
            picture: gpu.buffer(
                "framewire picture",
                BufferUsages::STORAGE | BufferUsages::COPY_SRC,
                layout.len() as u64,
            )?,
            changes: gpu.buffer("framewire changes", changes, layout.changes_len() as u64)?,
            readbacks: Shelf::new(
                "framewire readback",
                BufferUsages::MAP_READ | BufferUsages::COPY_DST,
                READBACKS,
            ),
            jobs: Mutex::new(Jobs { queue: VecDeque::new(), passed_over: ChangeMap::new(layout.size()) }),
            submitting: Mutex::default(),
            turn: Mutex::default(),
            gpu: gpu.clone(),
            plan,
            layout,
        })
    }

    /// The pixels of a surface that it converts.
    fn source_of<'a>(&self, surface: &'a dyn DeviceSurface) -> Option<&'a Source> {
        let (source, plan) = pixels::wanted(surface, self.plan.format, self.plan.color)?;
        let same = self.gpu.is(&source.gpu)
            && self.plan.source.reads_like(&plan.source)
            && Plan { source: self.plan.source, ..plan } == self.plan;
        (same && source.gpu.converts()).then_some(source)
    }

    /// Begins to convert, unless the device is busy with as many pictures as may be begun, or somebody else submits. The oldest
    /// that is done gives up its place: who asks late asks for the newest.
    fn begin(&self, source: &Source) -> Result<(), Error> {
        let Ok(_submitting) = self.submitting.try_lock() else { return Ok(()) };
        let passed_over = {
            let mut jobs = self.jobs();
            let full = jobs.queue.len() >= AHEAD;
            if jobs.position(source).is_some() || full && !jobs.queue[0].readback.is_done() {
                return Ok(());
            }
            if full { jobs.queue.pop_front() } else { None }
        };
        self.pass_over(passed_over)
            .and_then(|()| self.submit(source))
            .inspect_err(|_| self.jobs().passed_over.mark_all())
    }

    /// Keeps what has changed in a picture that gave up its place.
    fn pass_over(&self, job: Option<Job>) -> Result<(), Error> {
        let Some(job) = job else { return Ok(()) };
        let bytes = job.readback.wait()?;
        self.layout.mark(&bytes[self.layout.len()..], &mut self.jobs().passed_over);
        Ok(())
    }

    /// The picture of these pixels, padded to even sides, and what is new in it.
    fn finish(&self, source: &Source) -> Result<DevicePicture, Error> {
        let (bytes, changes) = self.fetch(source)?;
        let picture = Picture::new(self.layout.format(), self.layout.size(), bytes, &self.layout.planes())
            .map_err(|error| self.failed(error.to_string()))?;
        Ok(DevicePicture { picture, changes })
    }

    fn fetch(&self, source: &Source) -> Result<(Bytes, ChangeMap), Error> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let known = std::mem::take(&mut turn.knows_last);
        let (due, mut changes) = self.due(source)?;
        let mut bytes = Bytes::new();
        // What has changed since the last one that was given is what has changed in any of these.
        for job in due {
            bytes = job.readback.wait()?;
            self.layout.mark(&bytes[self.layout.len()..], &mut changes);
        }
        if !known {
            changes.mark_all();
        }
        turn.knows_last = true;
        Ok((bytes, changes))
    }

    /// The job for these pixels, last, behind those that were begun before it and that nobody waits for any more; and what
    /// has changed in those that are gone.
    fn due(&self, source: &Source) -> Result<(Vec<Job>, ChangeMap), Error> {
        let _submitting = self.submitting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.jobs().position(source).is_none() {
            self.submit(source)?;
        }
        let mut jobs = self.jobs();
        let passed_over = std::mem::replace(&mut jobs.passed_over, ChangeMap::new(self.layout.size()));
        let due = jobs.position(source).map(|last| jobs.queue.drain(..=last).collect());
        Ok((due.unwrap_or_default(), passed_over))
    }

    /// Gives the device a picture to make, as the last of the jobs. Only who holds `submitting` may.
    fn submit(&self, source: &Source) -> Result<(), Error> {
        let (gpu, kernels) = (&self.gpu, self.gpu.kernels());
        let (picture_len, changes_len) = (self.layout.len() as u64, self.layout.changes_len() as u64);
        let lent = self.readbacks.take(gpu, picture_len + changes_len)?;
        gpu.submit(|device, encoder| {
            let (target, changes) = match &self.scaling {
                Some(scaling) => (&scaling.picture, &scaling.changes),
                None => (&self.picture, &self.changes),
            };
            let bindings = Bindings {
                params: &self.params,
                source: source.binding(),
                codes: source.codes(),
                target,
                changes,
            };
            let group = kernels.bind(device, bindings);
            encoder.clear_buffer(&self.changes, 0, None);
            let groups = self.scaling.as_ref().map_or(self.layout, Scaling::full).groups();
            dispatch(encoder, &kernels.convert, &group, groups);
            if let Some(scaling) = &self.scaling {
                scaling.record(gpu, encoder, &self.picture, &self.changes);
            }
            encoder.copy_buffer_to_buffer(&self.picture, 0, lent.buffer(), 0, picture_len);
            encoder.copy_buffer_to_buffer(&self.changes, 0, lent.buffer(), picture_len, changes_len);
        })?;
        let readback = Readback::begin(gpu, lent)?;
        self.jobs().queue.push_back(Job { serial: source.serial, readback });
        Ok(())
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, message: String) -> Error {
        Error::Failed { device: self.gpu.name().to_owned(), message }
    }
}

impl Jobs {
    fn position(&self, source: &Source) -> Option<usize> {
        self.queue.iter().position(|job| job.serial == source.serial)
    }
}

impl DeviceConverter for Converter {
    fn device(&self) -> &str {
        self.gpu.name()
    }

    fn fits(&self, surface: &dyn DeviceSurface) -> bool {
        self.source_of(surface).is_some()
    }

    fn start(&self, surface: &dyn DeviceSurface) {
        if let Some(source) = self.source_of(surface)
            && let Err(error) = self.begin(source)
        {
            tracing::debug!("a picture was not begun ahead: {error}");
        }
    }

    fn convert(&self, surface: &dyn DeviceSurface) -> Result<DevicePicture, DeviceError> {
        match self.source_of(surface) {
            Some(source) => Ok(self.finish(source)?),
            None => {
                let message = format!("a {} surface is none of those that it converts", surface.size());
                Err(self.failed(message).into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, Texel, testing};
    use std::sync::Arc;

    /// The surface of a small frame.
    fn surface(gpu: &Gpu, shade: u8) -> Arc<dyn DeviceSurface> {
        let layout = SourceLayout::packed(Size::new(16, 16).unwrap(), Texel::Rgba8);
        let buffer = testing::buffer(gpu, &[shade; 1024]);
        Buffer::new(gpu, &buffer, layout).unwrap().surface()
    }

    fn converter(surface: &dyn DeviceSurface) -> Converter {
        let (source, plan) = pixels::wanted(surface, PixelFormat::Nv12, Color::default()).unwrap();
        Converter::new(&source.gpu, plan, YuvLayout::nv12(plan.size)).unwrap()
    }

    fn begun(converter: &Converter) -> usize {
        converter.jobs().queue.len()
    }

    #[test]
    fn a_picture_is_begun_once_and_no_more_than_there_are_places_for() {
        testing::on_gpu("a_picture_is_begun_once_and_no_more_than_there_are_places_for", |gpu| {
            let surfaces = [1, 2, 3].map(|shade| surface(gpu, shade));
            let converter = converter(&*surfaces[0]);
            converter.start(&*surfaces[0]);
            converter.start(&*surfaces[0]);
            assert_eq!(begun(&converter), 1);
            for surface in &surfaces {
                converter.start(&**surface);
            }
            assert_eq!(begun(&converter), AHEAD);
            converter.convert(&*surfaces[2]).unwrap();
            assert_eq!(begun(&converter), 0);
        });
    }

    #[test]
    fn a_picture_that_was_begun_is_not_made_again() {
        testing::on_gpu("a_picture_that_was_begun_is_not_made_again", |gpu| {
            let first = surface(gpu, 1);
            let converter = converter(&*first);
            converter.start(&*first);
            let begun_with = converter.jobs().queue[0].readback.lent().buffer().clone();
            let (source, _) = pixels::wanted(&*first, PixelFormat::Nv12, Color::default()).unwrap();
            let (due, _) = converter.due(source).unwrap();
            assert_eq!(due.len(), 1);
            assert_eq!(*due[0].readback.lent().buffer(), begun_with);
        });
    }
}
