//! The conversion of a stream's pixels on the device, picture after picture.

use crate::{
    Error, Gpu,
    kernel::{Bindings, Params, dispatch},
    pixels,
    readback::Readback,
    scaling::Scaling,
    shelf::Shelf,
    source::{Source, SourceLayout},
    yuv::YuvLayout,
};
use bytes::Bytes;
use framewire_convert::YuvWeights;
use framewire_frame::{
    ChangeMap, Color, DeviceConverter, DeviceError, DevicePicture, DeviceSurface, Picture, PixelFormat, Size,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
    readbacks: Arc<Shelf>,
    jobs: Mutex<Jobs>,
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
    pub(crate) fn new(gpu: &Gpu, plan: Plan) -> Result<Self, Error> {
        plan.source.check_limits(gpu)?;
        let layout = YuvLayout::new(plan.format, plan.size);
        let weights = YuvWeights::new(plan.color);
        let pixels = plan.source.params().with_weights(&weights);
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
            jobs: Mutex::new(Jobs { queue: VecDeque::new(), passed_over: ChangeMap::new(layout.size) }),
            turn: Mutex::default(),
            gpu: gpu.clone(),
            plan,
            layout,
        })
    }

    /// Whether pixels can be converted by it to what `plan` asks for.
    pub(crate) fn serves(&self, gpu: &Gpu, plan: &Plan) -> bool {
        self.gpu.is(gpu)
            && self.plan.source.reads_like(&plan.source)
            && Plan { source: self.plan.source, ..*plan } == self.plan
    }

    /// Begins to convert, unless the device is busy with as many pictures as may be begun. The oldest that is done gives up
    /// its place: who asks late asks for the newest.
    pub(crate) fn begin(&self, source: &Source) -> Result<(), Error> {
        let mut jobs = self.jobs();
        if jobs.position(source).is_some() {
            return Ok(());
        }
        if jobs.queue.len() >= AHEAD {
            if jobs.queue.front().is_some_and(|job| !job.readback.is_done()) {
                return Ok(());
            }
            match jobs.queue.pop_front().map(|job| job.readback.wait()) {
                Some(Ok(bytes)) => self.layout.mark(&bytes[self.layout.len()..], &mut jobs.passed_over),
                Some(Err(error)) => {
                    jobs.passed_over.mark_all();
                    return Err(error);
                }
                None => {}
            }
        }
        let job = self.submit(source)?;
        jobs.queue.push_back(job);
        Ok(())
    }

    /// The picture of these pixels, padded to even sides, and what is new in it.
    pub(crate) fn finish(&self, source: &Source) -> Result<DevicePicture, Error> {
        let (bytes, changes) = self.fetch(source)?;
        Ok(DevicePicture { picture: self.view(bytes, self.layout.size)?, changes })
    }

    /// The picture of these pixels at the size that was planned.
    pub(crate) fn picture(&self, source: &Source) -> Result<Picture, Error> {
        let (bytes, _) = self.fetch(source)?;
        self.view(bytes, self.plan.size)
    }

    fn view(&self, bytes: Bytes, size: Size) -> Result<Picture, Error> {
        Picture::new(self.layout.format, size, bytes, &self.layout.planes())
            .map_err(|error| self.failed(error.to_string()))
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
        let mut jobs = self.jobs();
        let last = match jobs.position(source) {
            Some(position) => position,
            None => {
                let job = self.submit(source)?;
                jobs.queue.push_back(job);
                jobs.queue.len() - 1
            }
        };
        let passed_over = std::mem::replace(&mut jobs.passed_over, ChangeMap::new(self.layout.size));
        Ok((jobs.queue.drain(..=last).collect(), passed_over))
    }

    fn submit(&self, source: &Source) -> Result<Job, Error> {
        let (gpu, kernels) = (&self.gpu, self.gpu.kernels());
        let (picture_len, changes_len) = (self.layout.len() as u64, self.layout.changes_len() as u64);
        let lent = self.readbacks.take(gpu, picture_len + changes_len)?;
        gpu.checked(|device| {
            let (target, changes) = match &self.scaling {
                Some(scaling) => (&scaling.picture, &scaling.changes),
                None => (&self.picture, &self.changes),
            };
            let bindings = Bindings {
                params: &self.params,
                source: source.binding(),
                codes: source.layout.codes(gpu),
                target,
                changes,
            };
            let group = kernels.bind(device, bindings);
            let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            encoder.clear_buffer(&self.changes, 0, None);
            let groups = self.scaling.as_ref().map_or(self.layout, Scaling::full).groups();
            dispatch(&mut encoder, &kernels.convert, &group, groups);
            if let Some(scaling) = &self.scaling {
                scaling.record(gpu, &mut encoder, &self.picture, &self.changes);
            }
            encoder.copy_buffer_to_buffer(&self.picture, 0, lent.buffer(), 0, picture_len);
            encoder.copy_buffer_to_buffer(&self.changes, 0, lent.buffer(), picture_len, changes_len);
            gpu.queue().submit([encoder.finish()]);
        })?;
        Ok(Job { serial: source.serial, readback: Readback::begin(gpu, lent)? })
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

/// A uniform with what a kernel is told.
pub(crate) fn params_buffer(gpu: &Gpu, params: &Params) -> Result<Buffer, Error> {
    use wgpu::util::{BufferInitDescriptor, DeviceExt};
    let descriptor = BufferInitDescriptor {
        label: Some("framewire params"),
        contents: &params.bytes(),
        usage: BufferUsages::UNIFORM,
    };
    gpu.checked(|device| device.create_buffer_init(&descriptor))
}

impl DeviceConverter for Converter {
    fn device(&self) -> &str {
        self.gpu.name()
    }

    fn fits(&self, surface: &dyn DeviceSurface) -> bool {
        pixels::wanted(surface, self.plan.format, self.plan.color)
            .is_some_and(|(source, plan)| self.serves(&source.gpu, &plan))
    }

    fn start(&self, surface: &dyn DeviceSurface) {
        if let Some((source, plan)) = pixels::wanted(surface, self.plan.format, self.plan.color)
            && self.serves(&source.gpu, &plan)
            && let Err(error) = self.begin(source)
        {
            tracing::debug!("a picture was not begun ahead: {error}");
        }
    }

    fn convert(&self, surface: &dyn DeviceSurface) -> Result<DevicePicture, DeviceError> {
        match pixels::wanted(surface, self.plan.format, self.plan.color) {
            Some((source, plan)) if self.serves(&source.gpu, &plan) => Ok(self.finish(source)?),
            _ => Err(self.failed(format!("{surface:?} is none of its own")).into()),
        }
    }
}
