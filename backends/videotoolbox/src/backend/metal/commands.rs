//! What a command buffer is told, and when it is done.

use super::{
    completion::Completion,
    kernel::{ARRAYS, LENGTHS},
    queue::{Buffer, Kernel, MetalQueue, PATIENCE, Slice, in_words},
};
use block2::RcBlock;
use framewire_codec::BackendError;
use framewire_frame::Size;
use framewire_shader::{Params, WORKGROUP};
use objc2::{
    rc::{Retained, autoreleasepool},
    runtime::ProtocolObject,
};
use objc2_foundation::NSRange;
use objc2_metal::{
    MTLBlitCommandEncoder, MTLCommandBuffer, MTLCommandBufferStatus, MTLCommandEncoder,
    MTLComputeCommandEncoder, MTLOrigin, MTLSize, MTLTexture,
};
use std::{
    ffi::c_void,
    ptr::NonNull,
    sync::{Arc, atomic::Ordering},
};

/// A command buffer that is being recorded.
pub(super) struct Commands<'a> {
    queue: &'a MetalQueue,
    raw: &'a ProtocolObject<dyn MTLCommandBuffer>,
}

/// The buffers of one dispatch, in the order of their bindings.
pub(super) struct Bindings<'a> {
    pub(super) params: &'a Params,
    pub(super) source: Slice<'a>,
    pub(super) codes: &'a Buffer,
    pub(super) target: Slice<'a>,
    /// Unused by the kernel that marks none.
    pub(super) changes: Option<&'a Buffer>,
}

/// Work that the device has been given.
pub(super) struct Submitted {
    queue: MetalQueue,
    raw: Retained<ProtocolObject<dyn MTLCommandBuffer>>,
    completion: Arc<Completion>,
}

impl<'a> Commands<'a> {
    pub(super) fn new(queue: &'a MetalQueue, raw: &'a ProtocolObject<dyn MTLCommandBuffer>) -> Self {
        Self { queue, raw }
    }

    /// Runs a kernel on a grid of `grid` invocations, and maybe some beyond it, which do nothing.
    pub(super) fn dispatch(
        &self,
        kernel: Kernel,
        bindings: &Bindings<'_>,
        grid: [u32; 2],
    ) -> Result<(), BackendError> {
        let encoder = self.raw.computeCommandEncoder();
        let encoder = encoder.ok_or_else(|| self.queue.failed("gives no encoder for kernels"))?;
        let arrays: [Option<Slice<'_>>; ARRAYS] = [
            Some(bindings.source),
            Some(bindings.codes.whole()),
            Some(bindings.target),
            bindings.changes.map(Buffer::whole),
        ];
        encoder.setComputePipelineState(self.queue.pipeline(kernel));
        set_bytes(&encoder, &bindings.params.bytes(), 0);
        for (array, index) in arrays.iter().zip(1..) {
            if let Some(array) = array {
                // SAFETY: the buffer is of the queue's device and has `len` bytes from the offset on, which the kernel
                // reads and writes as words; it does not leave them, as it is told how many there are. The offset is a
                // multiple of 256 or zero. The command buffer retains what it is given.
                unsafe { encoder.setBuffer_offset_atIndex(Some(array.buffer.raw()), array.offset, index) };
            }
        }
        let lengths = arrays.map(|array| array.map_or(0, |array| array.len));
        set_bytes(&encoder, lengths.map(u32::to_ne_bytes).as_flattened(), LENGTHS as usize);
        let side = WORKGROUP as usize;
        let [columns, rows] = grid.map(|side| side.div_ceil(WORKGROUP) as usize);
        encoder.dispatchThreadgroups_threadsPerThreadgroup(
            MTLSize { width: columns, height: rows, depth: 1 },
            MTLSize { width: side, height: side, depth: 1 },
        );
        encoder.endEncoding();
        Ok(())
    }

    /// Sets all bytes to zero.
    pub(super) fn clear(&self, buffer: &Buffer) -> Result<(), BackendError> {
        self.blit(|encoder| {
            encoder.fillBuffer_range_value(buffer.raw(), NSRange::new(0, buffer.len() as usize), 0);
        })
    }

    /// Copies to the start of `target`, which is as long at least.
    pub(super) fn copy(&self, source: Slice<'_>, target: Slice<'_>) -> Result<(), BackendError> {
        if source.len > target.len {
            return Err(self.queue.failed("was to copy more than there is room for"));
        }
        self.blit(|encoder| {
            // SAFETY: both buffers are of the queue's device and have so many bytes. The command buffer retains them.
            unsafe {
                encoder.copyFromBuffer_sourceOffset_toBuffer_destinationOffset_size(
                    source.buffer.raw(),
                    source.offset,
                    target.buffer.raw(),
                    target.offset,
                    source.len as usize,
                );
            }
        })
    }

    /// Copies the first level of a texture, `size` pixels, to the start of `target`, in rows of `stride` bytes.
    ///
    /// # Safety
    /// The texture is of the queue's device and a plain one of this size. Its rows fit into `stride`, and so many rows into
    /// `target`.
    pub(super) unsafe fn copy_texture(
        &self,
        texture: &ProtocolObject<dyn MTLTexture>,
        size: Size,
        stride: u32,
        target: &Buffer,
    ) -> Result<(), BackendError> {
        let whole = MTLSize { width: size.width() as usize, height: size.height() as usize, depth: 1 };
        self.blit(|encoder| {
            // SAFETY: the texture has these pixels and the target room for them, by the promise of the caller. The command
            // buffer retains both.
            unsafe {
                encoder.copyFromTexture_sourceSlice_sourceLevel_sourceOrigin_sourceSize_toBuffer_destinationOffset_destinationBytesPerRow_destinationBytesPerImage(
                    texture,
                    0,
                    0,
                    MTLOrigin { x: 0, y: 0, z: 0 },
                    whole,
                    target.raw(),
                    0,
                    stride as usize,
                    stride as usize * whole.height,
                );
            }
        })
    }

    fn blit(
        &self,
        record: impl FnOnce(&ProtocolObject<dyn MTLBlitCommandEncoder>),
    ) -> Result<(), BackendError> {
        let encoder = self.raw.blitCommandEncoder();
        let encoder = encoder.ok_or_else(|| self.queue.failed("gives no encoder for copies"))?;
        record(&encoder);
        encoder.endEncoding();
        Ok(())
    }
}

impl Submitted {
    /// Commits what was recorded.
    pub(super) fn commit(queue: &MetalQueue, raw: Retained<ProtocolObject<dyn MTLCommandBuffer>>) -> Self {
        let completion = Arc::new(Completion::default());
        let (told, pending) = (Arc::clone(&completion), queue.pending());
        let finish = RcBlock::new(move |_: NonNull<ProtocolObject<dyn MTLCommandBuffer>>| {
            pending.fetch_sub(1, Ordering::Relaxed);
            told.finish();
        });
        queue.pending().fetch_add(1, Ordering::Relaxed);
        // SAFETY: the block is a live one, which Metal retains. Any thread may call it: what it holds is `Send` and `Sync`.
        unsafe { raw.addCompletedHandler(RcBlock::as_ptr(&finish)) };
        raw.commit();
        Self { queue: queue.clone(), raw, completion }
    }

    /// Whether it is done.
    pub(super) fn into_completion(self) -> Arc<Completion> {
        self.completion
    }

    /// Waits until the work is done, and gives `used` back, the memory that it uses. Work that takes too long, be it of the
    /// program's that was committed before, is an error: what it uses is dropped when it is done, and until then the queue takes
    /// no more of ours.
    pub(super) fn wait<T: Send + 'static>(self, used: T) -> Result<T, BackendError> {
        autoreleasepool(|_| {
            let Some(used) = self.completion.wait_with(used, PATIENCE) else {
                return Err(self.queue.give_up(self.completion));
            };
            if self.raw.status() == MTLCommandBufferStatus::Completed {
                return Ok(used);
            }
            let why = self
                .raw
                .error()
                .map_or_else(|| "Metal does not say why".to_owned(), |error| in_words(&error));
            Err(self.queue.failed(&format!("has not done its work: {why}")))
        })
    }
}

fn set_bytes(encoder: &ProtocolObject<dyn MTLComputeCommandEncoder>, bytes: &[u8], index: usize) {
    let start = NonNull::from(bytes).cast::<c_void>();
    // SAFETY: the bytes are there, and are copied before the call returns.
    unsafe { encoder.setBytes_length_atIndex(start, bytes.len(), index) };
}
