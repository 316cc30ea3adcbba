//! Pixels of Metal as frames.

use super::{
    commands::Submitted,
    completion::Completion,
    conversion::Plan,
    converter::Converter,
    download::{download, download_smaller},
    queue::{Buffer, MetalQueue, Slice},
};
use framewire_codec::BackendError;
use framewire_frame::{
    Color, DeviceConverter, DeviceError, DeviceSurface, Frame, Picture, PictureRef, PixelFormat, Size,
    Surface,
};
use framewire_shader::{Lent, Light, Scaling, SourceLayout, Texel, YuvLayout};
use objc2::{Message, rc::autoreleasepool, runtime::ProtocolObject};
use objc2_metal::{MTLBuffer, MTLPixelFormat, MTLResource, MTLStorageMode, MTLTexture, MTLTextureType};
use std::{any::Any, sync::Arc};

/// A frame with the pixels of an `MTLTexture` or an `MTLBuffer`.
///
/// VideoToolbox's encoder has them converted by a kernel into the memory that it encodes; to other encoders they come as 4:2:0
/// that the device has made, and to images as they are. A clone is the same frame.
///
/// ```no_run
/// # use framewire_frame::{Frame, Size};
/// # use framewire_videotoolbox::{MetalQueue, MetalSurface, SourceLayout, Texel};
/// # use objc2::runtime::ProtocolObject;
/// # use objc2_metal::{MTLBuffer, MTLCommandQueue, MTLTexture};
/// # fn publish(
/// #     stream: &impl Fn(Frame),
/// #     queue: &ProtocolObject<dyn MTLCommandQueue>,
/// #     texture: &ProtocolObject<dyn MTLTexture>,
/// #     buffer: &ProtocolObject<dyn MTLBuffer>,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// let queue = MetalQueue::new(queue)?; // once
/// // Draw into `texture` and commit; then, for each frame:
/// stream(MetalSurface::from_texture(&queue, texture)?.into());
/// // Or, where a program computes pixels into a buffer and leaves it alone from then on:
/// let layout = SourceLayout::packed(Size::new(1280, 720)?, Texel::Rgba8);
/// stream(MetalSurface::shared(&queue, buffer, layout)?.into());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MetalSurface {
    source: Arc<Source>,
}

/// The same as 4:2:0 at a smaller size, which is made when it is asked for: by kernels, or by the processor of all pixels.
#[derive(Debug)]
struct Smaller {
    source: Arc<Source>,
    size: Size,
    color: Color,
}

/// Pixels in a buffer that nobody writes as long as this exists, or that somebody has shared.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) queue: MetalQueue,
    pub(super) layout: SourceLayout,
    memory: Arc<Memory>,
}

#[derive(Debug)]
enum Memory {
    Snapshot { pixels: Lent<Buffer>, copied: Arc<Completion> },
    Shared(Buffer),
}

/// What rows of a copied texture begin at a multiple of, in bytes: more than any device asks for.
const ROW_ALIGNMENT: u32 = 256;

impl MetalSurface {
    /// Takes what was drawn into `texture` by all that has been committed to the queue, and by nothing that is committed later:
    /// the texture may be drawn into again at once. For a texture without hazard tracking, what draws into it has to be done
    /// before.
    ///
    /// The device makes the copy behind what is committed, and this call does not wait for that. It takes one of the command
    /// buffers that a queue may have committed and not completed, 64 unless it was made with another number: where all are
    /// taken, it waits until one is completed, as the program's own call would. Who encodes or downloads the frame takes one
    /// too, and waits for all that was committed before, ten seconds at most: a queue that waits for an event which nobody
    /// signals fails them.
    ///
    /// `RGBA8Unorm`, `BGRA8Unorm`, either also with `_sRGB`, and `RGBA16Float` are taken; of several levels the first.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for a texture of another format, type or device, and one that is `framebufferOnly`;
    /// [`BackendError::Failed`] when the device has no memory left or gives no command buffer, and while it has not done what was
    /// waited for in vain.
    pub fn from_texture(
        queue: &MetalQueue,
        texture: &ProtocolObject<dyn MTLTexture>,
    ) -> Result<Self, BackendError> {
        autoreleasepool(|_| {
            let (size, texel) = check(queue, texture)?;
            let packed = SourceLayout::packed(size, texel);
            let stride = packed.stride.next_multiple_of(ROW_ALIGNMENT);
            let layout = SourceLayout { stride, ..packed };
            let lent = queue.snapshot(u64::from(stride) * u64::from(size.height()))?;
            let copy = queue.submit(|commands| {
                // SAFETY: the texture was checked to be a plain one of this device, and the buffer was made for these rows.
                unsafe { commands.copy_texture(texture, size, stride, lent.buffer()) }
            })?;
            Ok(Self::new(queue, layout, Memory::snapshot(lent, copy)))
        })
    }

    /// Takes a copy of what was written into `buffer` by all that has been committed to the queue: the buffer may be written
    /// again at once by what is committed later. The processor may write it once the queue has come so far.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for a layout that does not fit the buffer, and for another device's buffer;
    /// [`BackendError::Failed`] as in [`MetalSurface::from_texture`].
    pub fn from_buffer(
        queue: &MetalQueue,
        buffer: &ProtocolObject<dyn MTLBuffer>,
        layout: SourceLayout,
    ) -> Result<Self, BackendError> {
        autoreleasepool(|_| {
            let buffer = check_buffer(queue, buffer, layout)?;
            let copied = SourceLayout { offset: 0, ..layout };
            let lent = queue.snapshot(copied.len())?;
            let copy =
                queue.submit(|commands| commands.copy(pixels(&buffer, &layout), lent.buffer().whole()))?;
            Ok(Self::new(queue, copied, Memory::snapshot(lent, copy)))
        })
    }

    /// Shares the buffer, without a copy: it must not be written until the frame and all its clones are dropped, or viewers
    /// may see a mixture. What another queue has written has to be done before. Who encodes or downloads the frame takes a command
    /// buffer of the queue, and waits for one where all are taken.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] as in [`MetalSurface::from_buffer`].
    pub fn shared(
        queue: &MetalQueue,
        buffer: &ProtocolObject<dyn MTLBuffer>,
        layout: SourceLayout,
    ) -> Result<Self, BackendError> {
        autoreleasepool(|_| {
            let buffer = check_buffer(queue, buffer, layout)?;
            Ok(Self::new(queue, layout, Memory::Shared(buffer)))
        })
    }

    /// Copies a picture in host memory, RGBA, BGRA or RGB, into memory that the device and the host share. The picture is the
    /// program's again when this returns; nothing is committed.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for a picture in another format, and one that is too large for the device;
    /// [`BackendError::Failed`] when it has no memory left.
    pub fn from_host(queue: &MetalQueue, picture: PictureRef<'_>) -> Result<Self, BackendError> {
        let (format, size) = (picture.format(), picture.size());
        let texel = match format {
            PixelFormat::Rgba8 => Texel::Rgba8,
            PixelFormat::Bgra8 => Texel::Bgra8,
            PixelFormat::Rgb8 => Texel::Rgb8,
            PixelFormat::Nv12 | PixelFormat::I420 => {
                return Err(BackendError::unsupported(format!("a picture in {format} as pixels of Metal")));
            }
        };
        autoreleasepool(|_| {
            let buffer =
                queue.written_buffer(format.packed_len(size), |bytes| picture.copy_packed_to(bytes))?;
            Ok(Self::new(queue, SourceLayout::packed(size, texel), Memory::Shared(buffer)))
        })
    }

    /// The same with what its numbers are said, instead of concluded from the format: code values for the formats of 8 bits,
    /// light for `RGBA16Float`.
    #[must_use]
    pub fn with_light(self, light: Light) -> Self {
        let Source { queue, layout, memory } = &*self.source;
        let layout = SourceLayout { light, ..*layout };
        let source = Source { queue: queue.clone(), layout, memory: Arc::clone(memory) };
        Self { source: Arc::new(source) }
    }

    fn new(queue: &MetalQueue, layout: SourceLayout, memory: Memory) -> Self {
        let source = Source { queue: queue.clone(), layout, memory: Arc::new(memory) };
        Self { source: Arc::new(source) }
    }
}

impl Memory {
    fn snapshot(pixels: Lent<Buffer>, copy: Submitted) -> Self {
        Self::Snapshot { pixels, copied: copy.into_completion() }
    }
}

impl Source {
    /// Whether the pixels are there that the device was to copy; `None` where it was to copy none.
    pub(super) fn copied(&self) -> Option<&Arc<Completion>> {
        match &*self.memory {
            Memory::Snapshot { copied, .. } => Some(copied),
            Memory::Shared(_) => None,
        }
    }

    pub(super) fn buffer(&self) -> &Buffer {
        match &*self.memory {
            Memory::Snapshot { pixels, .. } => pixels.buffer(),
            Memory::Shared(buffer) => buffer,
        }
    }

    /// The part of the buffer that a kernel is given.
    pub(super) fn binding(&self) -> Slice<'_> {
        let (offset, len) = (self.layout.binding_offset(), self.layout.binding_len());
        // Both are numbers of 32 bits, as the length of a buffer is one.
        Slice { buffer: self.buffer(), offset: offset as usize, len: len as u32 }
    }

    /// The part of the buffer that holds the pixels.
    pub(super) fn pixels(&self) -> Slice<'_> {
        pixels(self.buffer(), &self.layout)
    }
}

fn pixels<'a>(buffer: &'a Buffer, layout: &SourceLayout) -> Slice<'a> {
    // Both are numbers of 32 bits, as the length of a buffer is one.
    Slice { buffer, offset: layout.offset as usize, len: layout.len() as u32 }
}

/// The pixels of one of our surfaces, and what is to be made of them.
pub(super) fn wanted(surface: &dyn DeviceSurface, color: Color) -> Option<(&Source, Plan)> {
    let surface = surface.as_any();
    let (source, size) = match (surface.downcast_ref::<MetalSurface>(), surface.downcast_ref::<Smaller>()) {
        (Some(MetalSurface { source }), _) => (&**source, source.layout.size),
        (_, Some(smaller)) => (&*smaller.source, smaller.size),
        (None, None) => return None,
    };
    Some((source, Plan { source: source.layout, size, color }))
}

impl DeviceSurface for MetalSurface {
    fn size(&self) -> Size {
        self.source.layout.size
    }

    fn format(&self) -> PixelFormat {
        self.source.layout.plain_format().unwrap_or(PixelFormat::Rgba8)
    }

    fn download(&self) -> Result<Picture, DeviceError> {
        download(&self.source).map_err(|error| device_error(&error))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scaled(&self, size: Size, color: Color) -> Option<Arc<dyn DeviceSurface>> {
        Scaling::is_possible(self.size(), size).then(|| -> Arc<dyn DeviceSurface> {
            Arc::new(Smaller { source: Arc::clone(&self.source), size, color })
        })
    }

    fn converter(
        &self,
        format: PixelFormat,
        color: Color,
    ) -> Option<Result<Arc<dyn DeviceConverter>, DeviceError>> {
        converter(self, format, color)
    }
}

impl DeviceSurface for Smaller {
    fn size(&self) -> Size {
        self.size
    }

    fn format(&self) -> PixelFormat {
        PixelFormat::Nv12
    }

    fn download(&self) -> Result<Picture, DeviceError> {
        download_smaller(&self.source, self.size, self.color).map_err(|error| device_error(&error))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scaled(&self, size: Size, color: Color) -> Option<Arc<dyn DeviceSurface>> {
        MetalSurface { source: Arc::clone(&self.source) }.scaled(size, color)
    }

    fn converter(
        &self,
        format: PixelFormat,
        color: Color,
    ) -> Option<Result<Arc<dyn DeviceConverter>, DeviceError>> {
        converter(self, format, color)
    }
}

fn converter(
    surface: &dyn DeviceSurface,
    format: PixelFormat,
    color: Color,
) -> Option<Result<Arc<dyn DeviceConverter>, DeviceError>> {
    let (source, plan) = wanted(surface, color)?;
    let layout = YuvLayout::of(format, plan.size)?;
    Some(
        Converter::new(&source.queue, plan, layout)
            .map(|converter| -> Arc<dyn DeviceConverter> { Arc::new(converter) })
            .map_err(|error| device_error(&error)),
    )
}

pub(super) fn device_error(error: &BackendError) -> DeviceError {
    // The sentence is all that there is to say: with the error as its source it would be said twice.
    DeviceError { message: error.in_full(), source: None }
}

fn check(
    queue: &MetalQueue,
    texture: &ProtocolObject<dyn MTLTexture>,
) -> Result<(Size, Texel), BackendError> {
    let (width, height) = (texture.width(), texture.height());
    let unsupported =
        |what: &str| Err(BackendError::unsupported(format!("a {width}x{height} texture {what}")));
    if !queue.is_of(&texture.device()) {
        return unsupported(&format!("of another device than {}", queue.name()));
    }
    if texture.textureType() != MTLTextureType::Type2D || texture.sampleCount() != 1 {
        return unsupported("of another type than MTLTextureType2D");
    }
    if texture.isFramebufferOnly() {
        return unsupported(
            "that is framebufferOnly, as those of a CAMetalLayer are until that is set to NO,",
        );
    }
    if texture.storageMode() == MTLStorageMode::Memoryless {
        return unsupported("without memory");
    }
    let format = texture.pixelFormat();
    let Some(texel) = texel_of(format) else {
        return unsupported(&format!("of MTLPixelFormat {}", format.0));
    };
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    match Size::new(side(width), side(height)) {
        Ok(size) => Ok((size, texel)),
        Err(_) => unsupported("of such a size"),
    }
}

/// The texel of a format; `None` for a format that cannot be published.
fn texel_of(format: MTLPixelFormat) -> Option<Texel> {
    match format {
        MTLPixelFormat::RGBA8Unorm | MTLPixelFormat::RGBA8Unorm_sRGB => Some(Texel::Rgba8),
        MTLPixelFormat::BGRA8Unorm | MTLPixelFormat::BGRA8Unorm_sRGB => Some(Texel::Bgra8),
        MTLPixelFormat::RGBA16Float => Some(Texel::Rgba16Float),
        _ => None,
    }
}

fn check_buffer(
    queue: &MetalQueue,
    buffer: &ProtocolObject<dyn MTLBuffer>,
    layout: SourceLayout,
) -> Result<Buffer, BackendError> {
    let unsupported = |why: &str| {
        BackendError::unsupported(format!("a {} frame in a buffer of Metal ({why})", layout.size))
    };
    if !queue.is_of(&buffer.device()) {
        return Err(unsupported("it is another device's"));
    }
    if buffer.storageMode() == MTLStorageMode::Memoryless {
        return Err(unsupported("it has no memory"));
    }
    if let Some(misfit) = layout.misfit(buffer.length() as u64) {
        return Err(unsupported(&misfit));
    }
    Buffer::new(buffer.retain()).ok_or_else(|| unsupported("it has more than 4 GiB"))
}

impl From<MetalSurface> for Surface {
    fn from(surface: MetalSurface) -> Self {
        Self::Device(Arc::new(surface))
    }
}

impl From<MetalSurface> for Frame {
    fn from(surface: MetalSurface) -> Self {
        Self::new(surface)
    }
}
