//! A queue, and what is kept on its device.

use super::{
    commands::{Commands, Submitted},
    completion::Completion,
    kernel::SOURCE,
    surface::Source,
};
use framewire_codec::BackendError;
use framewire_shader::{CONVERT, Codes, Lent, PACK, SCALE, Shelf};
use objc2::{
    Message,
    rc::{Retained, autoreleasepool},
    runtime::ProtocolObject,
};
use objc2_foundation::{NSError, NSString};
use objc2_metal::{
    MTLBuffer, MTLCommandQueue, MTLCompileOptions, MTLComputePipelineState, MTLCreateSystemDefaultDevice,
    MTLDevice, MTLLanguageVersion, MTLLibrary, MTLResourceOptions,
};
use std::{
    ffi::c_void,
    fmt,
    ptr::NonNull,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

// Metal names no default device to a program without it.
#[link(name = "CoreGraphics", kind = "framework")]
unsafe extern "C" {}

/// A command queue and its device, with what framewire keeps on it: kernels, and buffers that are used again. Clones share
/// these.
///
/// All work goes to the queue that is given here, behind what was committed to it before.
#[derive(Clone)]
pub struct MetalQueue {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Retained<ProtocolObject<dyn MTLCommandQueue>>,
    device: Retained<ProtocolObject<dyn MTLDevice>>,
    name: String,
    kernels: [(Kernel, Pipeline); 3],
    tables: [(Codes, Buffer); Codes::ALL.len()],
    /// For the copies of published pixels.
    snapshots: Arc<Shelf<Buffer>>,
    /// For pixels on their way to the host.
    downloads: Arc<Shelf<Buffer>>,
    /// Work of ours that was waited for in vain.
    late: Mutex<Option<Arc<Completion>>>,
    /// How much of ours is committed and not completed.
    pending: Arc<AtomicUsize>,
}

pub(super) type Pipeline = Retained<ProtocolObject<dyn MTLComputePipelineState>>;

/// The kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    Convert,
    Scale,
    Pack,
}

/// Memory of a device, of no more bytes than 32 bits count.
pub(super) struct Buffer {
    raw: Retained<ProtocolObject<dyn MTLBuffer>>,
    len: u32,
}

/// A part of a buffer.
#[derive(Clone, Copy)]
pub(super) struct Slice<'a> {
    pub(super) buffer: &'a Buffer,
    pub(super) offset: usize,
    pub(super) len: u32,
}

// SAFETY: Metal's buffers are counted with atomic operations and may be given to command buffers by any thread. Their memory
// is reached by the host in `Buffer::bytes` alone, which says when.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

/// Copies that are kept for reuse: of the newest frame, of one in each of two encoders, and one for the next.
const SPARE_SNAPSHOTS: usize = 4;
/// One is read by an encoder, one is filled, one is an image.
const SPARE_DOWNLOADS: usize = 3;
/// How long a device may take, with all that was committed before.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// With so much of ours not completed the device is far behind. In step it has three copies and as many conversions.
const BACKLOG: usize = 6;

impl MetalQueue {
    /// Over a queue of the program's. Call it once for each: it compiles the kernels.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`] where the device does not compile or run them.
    pub fn new(queue: &ProtocolObject<dyn MTLCommandQueue>) -> Result<Self, BackendError> {
        autoreleasepool(|_| {
            let device = queue.device();
            let name = device.name().to_string();
            let kernels = kernels(&device).map_err(|why| {
                BackendError::unavailable(format!("{name} does not run framewire's kernels: {why}"))
            })?;
            let no_memory = || BackendError::unavailable(format!("{name} has no memory left"));
            let table = |codes: Codes| Some((codes, filled_buffer(&device, &codes.table())?));
            let [a, b, c] = Codes::ALL.map(table);
            let tables = a.zip(b).zip(c).map(|((a, b), c)| [a, b, c]).ok_or_else(no_memory)?;
            let shared = Shared {
                queue: queue.retain(),
                device,
                name,
                kernels,
                tables,
                snapshots: Shelf::new(SPARE_SNAPSHOTS),
                downloads: Shelf::new(SPARE_DOWNLOADS),
                late: Mutex::default(),
                pending: Arc::default(),
            };
            Ok(Self { shared: Arc::new(shared) })
        })
    }

    /// Over a queue of its own on the device that the system prefers, for a program whose pixels are elsewhere. On a machine
    /// that switches between two GPUs this switches to the stronger one.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`] where there is no device, and as [`MetalQueue::new`].
    pub fn system() -> Result<Self, BackendError> {
        autoreleasepool(|_| {
            let device = MTLCreateSystemDefaultDevice()
                .ok_or_else(|| BackendError::unavailable("this machine has no device of Metal"))?;
            let queue = device
                .newCommandQueue()
                .ok_or_else(|| BackendError::unavailable(format!("{} gives no queue", device.name())))?;
            Self::new(&queue)
        })
    }

    /// The device's name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Whether both are the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Whether things of `device` can be used here.
    pub(super) fn is_of(&self, device: &ProtocolObject<dyn MTLDevice>) -> bool {
        self.shared.device.registryID() == device.registryID()
    }

    /// Commits what `record` records, unless that fails. Waits for a free command buffer where as many as the queue has are
    /// committed and not completed, the program's among them.
    ///
    /// # Errors
    /// Also while work is late that somebody [has given up](Self::give_up).
    pub(super) fn submit(
        &self,
        record: impl FnOnce(&Commands<'_>) -> Result<(), BackendError>,
    ) -> Result<Submitted, BackendError> {
        self.check_late()?;
        // Metal gives objects that belong to the pool around the call; threads of ours have none.
        autoreleasepool(|_| {
            let raw = self.shared.queue.commandBuffer();
            let raw = raw.ok_or_else(|| self.failed("gives no command buffer"))?;
            record(&Commands::new(self, &raw))?;
            Ok(Submitted::commit(self, raw))
        })
    }

    /// The same for work that reads a frame. Where the device is far behind, the frame's copy is waited for first: that wait
    /// has an end, and one for a free command buffer has none.
    pub(super) fn submit_reading(
        &self,
        source: &Source,
        record: impl FnOnce(&Commands<'_>) -> Result<(), BackendError>,
    ) -> Result<Submitted, BackendError> {
        self.check_late()?;
        let is_behind = self.shared.pending.load(Ordering::Relaxed) >= BACKLOG;
        match source.copied() {
            Some(copied) if is_behind && !copied.wait(PATIENCE) => Err(self.give_up(Arc::clone(copied))),
            _ => self.submit(record),
        }
    }

    /// How much of ours is committed and not completed.
    pub(super) fn pending(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.shared.pending)
    }

    /// Somebody has waited in vain for this work: until it is done, nothing more is submitted, so that command buffers
    /// that nobody completes do not fill the queue.
    pub(super) fn give_up(&self, work: Arc<Completion>) -> BackendError {
        *self.late() = Some(work);
        self.failed(&format!("has not answered for {} s", PATIENCE.as_secs()))
    }

    fn check_late(&self) -> Result<(), BackendError> {
        let mut late = self.late();
        if late.as_ref().is_some_and(|work| !work.is_done()) {
            return Err(self.failed("has not done yet what it was given before"));
        }
        *late = None;
        Ok(())
    }

    fn late(&self) -> MutexGuard<'_, Option<Arc<Completion>>> {
        self.shared.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A buffer that the device alone reaches.
    pub(super) fn private_buffer(&self, len: u64) -> Result<Buffer, BackendError> {
        self.buffer(len, MTLResourceOptions::StorageModePrivate)
    }

    /// A buffer that the device and the host reach.
    pub(super) fn shared_buffer(&self, len: u64) -> Result<Buffer, BackendError> {
        self.buffer(len, MTLResourceOptions::StorageModeShared)
    }

    fn buffer(&self, len: u64, options: MTLResourceOptions) -> Result<Buffer, BackendError> {
        self.check_len(len)?;
        let made = self.shared.device.newBufferWithLength_options(len as usize, options);
        made.and_then(Buffer::new).ok_or_else(|| self.failed("has no memory left"))
    }

    /// A buffer that the device and the host reach, of `len` bytes that `write` has written; the rest of the last word are zeros.
    pub(super) fn written_buffer(
        &self,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<Buffer, BackendError> {
        let buffer = self.shared_buffer(len.next_multiple_of(4) as u64)?;
        // SAFETY: Metal has just made these bytes, filled with zeros and reached by the host, and nobody else has them.
        write(unsafe { std::slice::from_raw_parts_mut(buffer.raw.contents().cast::<u8>().as_ptr(), len) });
        Ok(buffer)
    }

    /// A buffer for a copy of pixels.
    pub(super) fn snapshot(&self, len: u64) -> Result<Lent<Buffer>, BackendError> {
        self.shared.snapshots.take(len, || self.private_buffer(len))
    }

    /// A buffer for pixels on their way to the host.
    pub(super) fn download(&self, len: u64) -> Result<Lent<Buffer>, BackendError> {
        self.shared.downloads.take(len, || self.shared_buffer(len))
    }

    /// The program's memory as a buffer, without a copy; `None` where Metal does not take it.
    ///
    /// # Safety
    /// The `len` bytes from `start` on are whole pages of memory, which stay where they are for as long as the caller or any work
    /// uses the buffer.
    pub(super) unsafe fn buffer_over(&self, start: NonNull<c_void>, len: usize) -> Option<Buffer> {
        let options = MTLResourceOptions::StorageModeShared;
        // SAFETY: the memory is there, by the promise of the caller, and nobody is told when it is let go.
        let made = unsafe {
            self.shared.device.newBufferWithBytesNoCopy_length_options_deallocator(start, len, options, None)
        };
        made.and_then(Buffer::new)
    }

    /// Fails where `len` bytes do not fit into one buffer.
    pub(super) fn check_len(&self, len: u64) -> Result<(), BackendError> {
        let most = u64::from(u32::MAX).min(self.shared.device.maxBufferLength() as u64);
        if (1..=most).contains(&len) {
            return Ok(());
        }
        Err(BackendError::unsupported(format!("a frame of {len} bytes on {}", self.name())))
    }

    pub(super) fn pipeline(&self, wanted: Kernel) -> &Pipeline {
        let found = self.shared.kernels.iter().find(|(kernel, _)| *kernel == wanted);
        &found.expect("there is one for each").1
    }

    pub(super) fn table(&self, wanted: Codes) -> &Buffer {
        let found = self.shared.tables.iter().find(|(codes, _)| *codes == wanted);
        &found.expect("there is one for each").1
    }

    /// The device `does` not do as it should.
    pub(super) fn failed(&self, does: &str) -> BackendError {
        BackendError::failed(format!("{} {does}", self.name()))
    }
}

impl fmt::Debug for MetalQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MetalQueue({})", self.name())
    }
}

impl Buffer {
    /// `None` for one of more bytes than 32 bits count.
    pub(super) fn new(raw: Retained<ProtocolObject<dyn MTLBuffer>>) -> Option<Self> {
        let len = u32::try_from(raw.length()).ok()?;
        Some(Self { raw, len })
    }

    pub(super) fn raw(&self) -> &ProtocolObject<dyn MTLBuffer> {
        &self.raw
    }

    pub(super) fn len(&self) -> u32 {
        self.len
    }

    pub(super) fn whole(&self) -> Slice<'_> {
        Slice { buffer: self, offset: 0, len: self.len }
    }

    /// The bytes, as the host sees them.
    ///
    /// # Safety
    /// The buffer is one of [`MetalQueue::shared_buffer`], and no work that writes it runs or is begun while the bytes are lent.
    pub(super) unsafe fn bytes(&self) -> &[u8] {
        let start = self.raw.contents().cast::<u8>();
        // SAFETY: Metal has said that the buffer has so many bytes, which it has filled with zeros or the kernels with other
        // numbers, and which the host reaches, since its storage is shared. Nobody writes, by the promise of the caller.
        unsafe { std::slice::from_raw_parts(start.as_ptr(), self.len as usize) }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.len)
    }
}

fn kernels(device: &ProtocolObject<dyn MTLDevice>) -> Result<[(Kernel, Pipeline); 3], String> {
    let options = MTLCompileOptions::new();
    options.setLanguageVersion(MTLLanguageVersion::Version2_4);
    let library = device
        .newLibraryWithSource_options_error(&NSString::from_str(SOURCE), Some(&options))
        .map_err(|error| in_words(&error))?;
    let pipeline = |name| {
        let function = library.newFunctionWithName(&NSString::from_str(name));
        let function = function.ok_or_else(|| format!("{name} is not among them"))?;
        device.newComputePipelineStateWithFunction_error(&function).map_err(|error| in_words(&error))
    };
    Ok([
        (Kernel::Convert, pipeline(CONVERT)?),
        (Kernel::Scale, pipeline(SCALE)?),
        (Kernel::Pack, pipeline(PACK)?),
    ])
}

fn filled_buffer(device: &ProtocolObject<dyn MTLDevice>, bytes: &[u8]) -> Option<Buffer> {
    let options = MTLResourceOptions::StorageModeShared;
    let start = NonNull::from(bytes).cast::<c_void>();
    // SAFETY: the bytes are there, and are copied before the call returns.
    let made = unsafe { device.newBufferWithBytes_length_options(start, bytes.len(), options) };
    made.and_then(Buffer::new)
}

/// What Metal says, on one line.
pub(super) fn in_words(error: &NSError) -> String {
    let text = error.localizedDescription().to_string();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
