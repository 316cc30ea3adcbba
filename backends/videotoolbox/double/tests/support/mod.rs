//! Sessions as a program has them, with what their callbacks got.
#![expect(clippy::unwrap_used, reason = "tests fail by it")]

use objc2_core_foundation::{CFArray, CFBoolean, CFDictionary, CFRetained, CFString, CFType, kCFBooleanTrue};
use objc2_core_media::{
    CMFormatDescription, CMSampleBuffer, CMTime, kCMSampleAttachmentKey_NotSync, kCMTimeInvalid,
    kCMVideoCodecType_H264,
};
use objc2_core_video::{
    CVImageBuffer, CVPixelBuffer, CVPixelBufferCreate, CVPixelBufferGetBaseAddress,
    CVPixelBufferGetBaseAddressOfPlane, CVPixelBufferGetBytesPerRow, CVPixelBufferGetBytesPerRowOfPlane,
    CVPixelBufferGetHeight, CVPixelBufferGetWidth, CVPixelBufferLockBaseAddress, CVPixelBufferLockFlags,
    CVPixelBufferPool, CVPixelBufferUnlockBaseAddress,
};
use objc2_video_toolbox::{
    VTCompressionSession, VTDecodeFrameFlags, VTDecodeInfoFlags, VTDecompressionOutputCallbackRecord,
    VTDecompressionSession, VTEncodeInfoFlags, VTPixelTransferSession, VTSession,
    kVTEncodeFrameOptionKey_ForceKeyFrame, kVTVideoEncoderSpecification_EnableLowLatencyRateControl,
};
use std::{
    ffi::c_void,
    ptr::{self, NonNull},
    sync::{Condvar, Mutex},
};

/// What callbacks got.
struct Inbox<T> {
    items: Mutex<Vec<T>>,
    arrived: Condvar,
}

impl<T> Inbox<T> {
    fn new() -> Box<Self> {
        Box::new(Self { items: Mutex::new(Vec::new()), arrived: Condvar::new() })
    }

    fn push(&self, item: T) {
        self.items.lock().unwrap().push(item);
        self.arrived.notify_all();
    }
}

pub(crate) struct Encoder {
    session: CFRetained<VTCompressionSession>,
    /// Whether it is invalidated in the end.
    pub(crate) ends_well: bool,
    inbox: Box<Inbox<Coded>>,
}

pub(crate) struct Coded {
    pub(crate) context: usize,
    pub(crate) status: i32,
    flags: VTEncodeInfoFlags,
    sample: Option<CFRetained<CMSampleBuffer>>,
}

// SAFETY: a sample buffer is not changed after its callback, and its count is atomic.
unsafe impl Send for Coded {}

/// The luma of a frame's one colour.
pub(crate) fn luma(index: usize) -> u8 {
    60 + 30 * u8::try_from(index).unwrap()
}

fn dictionary(key: &CFString, value: &CFType) -> CFRetained<CFDictionary<CFString, CFType>> {
    CFDictionary::from_slices(&[key], &[value])
}

fn yes() -> &'static CFBoolean {
    // SAFETY: the constant is always there.
    unsafe { kCFBooleanTrue }.unwrap()
}

unsafe extern "C-unwind" fn encoded(
    inbox: *mut c_void,
    context: *mut c_void,
    status: i32,
    flags: VTEncodeInfoFlags,
    sample: *mut CMSampleBuffer,
) {
    // SAFETY: the session was opened with the address of its inbox; the sample is null or alive.
    let (inbox, sample) = unsafe {
        (&*inbox.cast::<Inbox<Coded>>(), NonNull::new(sample).map(|sample| CFRetained::retain(sample)))
    };
    inbox.push(Coded { context: context as usize, status, flags, sample });
}

impl Encoder {
    pub(crate) fn open(width: i32, height: i32, low_latency: bool) -> Self {
        Self::try_open(width, height, low_latency).unwrap()
    }

    pub(crate) fn try_open(width: i32, height: i32, low_latency: bool) -> Option<Self> {
        let inbox = Inbox::new();
        // SAFETY: the constant is always there.
        let key = unsafe { kVTVideoEncoderSpecification_EnableLowLatencyRateControl };
        let specification = low_latency.then(|| dictionary(key, yes()));
        let mut session = ptr::null_mut();
        // SAFETY: the inbox outlives the session, which `drop` sees to.
        let status = unsafe {
            VTCompressionSession::create(
                None,
                width,
                height,
                kCMVideoCodecType_H264,
                specification.as_ref().map(|specification| specification.as_opaque()),
                None,
                None,
                Some(encoded),
                ptr::from_ref(&*inbox).cast_mut().cast(),
                NonNull::from(&mut session),
            )
        };
        // SAFETY: the function hands out a reference where it succeeds.
        let session = NonNull::new(session).map(|session| unsafe { CFRetained::from_raw(session) });
        assert_eq!(status == 0, session.is_some());
        Some(Self { session: session?, ends_well: true, inbox })
    }

    /// Closes one and opens another.
    pub(crate) fn open_after(closed: Self, width: i32, height: i32) -> Self {
        drop(closed);
        Self::open(width, height, true)
    }

    pub(crate) fn session(&self) -> &VTSession {
        &self.session
    }

    /// Encodes NV12 of one colour from the session's pool.
    pub(crate) fn encode(&self, index: usize, key: bool) -> i32 {
        // SAFETY: the constants are always there, and the buffer is filled before the session has it.
        unsafe {
            let pool = self.session.pixel_buffer_pool().unwrap();
            let mut buffer = ptr::null_mut();
            CVPixelBufferPool::create_pixel_buffer(None, &pool, NonNull::from(&mut buffer));
            let buffer = CFRetained::from_raw(NonNull::new(buffer).unwrap());
            assert!(CVPixelBufferGetBaseAddressOfPlane(&buffer, 0).is_null());
            CVPixelBufferLockBaseAddress(&buffer, CVPixelBufferLockFlags(0));
            let (width, height) = (CVPixelBufferGetWidth(&buffer), CVPixelBufferGetHeight(&buffer));
            for (plane, rows, value) in [(0, height, luma(index)), (1, height / 2, 128)] {
                let start = CVPixelBufferGetBaseAddressOfPlane(&buffer, plane).cast::<u8>();
                let stride = CVPixelBufferGetBytesPerRowOfPlane(&buffer, plane);
                for row in 0..rows {
                    ptr::write_bytes(start.add(row * stride), value, width);
                }
            }
            CVPixelBufferUnlockBaseAddress(&buffer, CVPixelBufferLockFlags(0));
            let options = key.then(|| dictionary(kVTEncodeFrameOptionKey_ForceKeyFrame, yes()));
            self.session.encode_frame(
                &buffer,
                CMTime::new(i64::try_from(index).unwrap(), 30),
                kCMTimeInvalid,
                options.as_ref().map(|options| options.as_opaque()),
                index as *mut c_void,
                ptr::null_mut(),
            )
        }
    }

    /// Makes the next callback panic.
    pub(crate) fn poison(&self) {
        let poisoned = std::thread::scope(|scope| {
            let panics = || {
                let _items = self.inbox.items.lock().unwrap();
                std::panic::resume_unwind(Box::new(()));
            };
            scope.spawn(panics).join()
        });
        assert!(poisoned.is_err());
    }

    pub(crate) fn complete(&self) {
        // SAFETY: the session is alive.
        assert_eq!(unsafe { self.session.complete_frames(kCMTimeInvalid) }, 0);
    }

    pub(crate) fn wait_for(&self, count: usize) {
        let items = self.inbox.items.lock().unwrap();
        drop(self.inbox.arrived.wait_while(items, |items| items.len() < count).unwrap());
    }

    pub(crate) fn take(&self) -> Vec<Coded> {
        std::mem::take(&mut self.inbox.items.lock().unwrap())
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        if self.ends_well {
            // SAFETY: the session is alive; no callback comes afterwards, so that the inbox may go.
            unsafe { self.session.invalidate() };
        }
    }
}

impl Coded {
    pub(crate) fn is_dropped(&self) -> bool {
        assert_eq!(self.flags.contains(VTEncodeInfoFlags::FrameDropped), self.sample.is_none());
        self.sample.is_none()
    }

    fn sample(&self) -> &CMSampleBuffer {
        self.sample.as_ref().unwrap()
    }

    pub(crate) fn is_key(&self) -> bool {
        // SAFETY: the array has one dictionary with strings as keys.
        unsafe {
            let all = self.sample().sample_attachments_array(false).unwrap();
            let all = CFRetained::cast_unchecked::<CFArray<CFDictionary<CFString, CFType>>>(all);
            all.get(0).unwrap().get(kCMSampleAttachmentKey_NotSync).is_none()
        }
    }

    pub(crate) fn format(&self) -> CFRetained<CMFormatDescription> {
        // SAFETY: the sample is alive.
        unsafe { self.sample().format_description() }.unwrap()
    }

    /// All data, piece by piece.
    fn data(&self) -> Vec<Vec<u8>> {
        // SAFETY: the block is alive while its bytes are copied.
        unsafe {
            let block = self.sample().data_buffer().unwrap();
            let (mut pieces, mut at) = (Vec::new(), 0);
            while at < block.data_length() {
                let (mut len, mut start) = (0, ptr::null_mut());
                assert_eq!(block.data_pointer(at, &raw mut len, ptr::null_mut(), &raw mut start), 0);
                pieces.push(std::slice::from_raw_parts(start.cast::<u8>(), len).to_vec());
                at += len;
            }
            pieces
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.data().concat()
    }

    pub(crate) fn pieces(&self) -> usize {
        self.data().len()
    }
}

pub(crate) struct Decoder {
    session: CFRetained<VTDecompressionSession>,
    inbox: Box<Inbox<Shown>>,
}

pub(crate) struct Shown {
    pub(crate) context: usize,
    pub(crate) status: i32,
    /// The first sample of the picture.
    pub(crate) luma: u8,
}

unsafe extern "C-unwind" fn decoded(
    inbox: *mut c_void,
    context: *mut c_void,
    status: i32,
    _: VTDecodeInfoFlags,
    image: *mut CVImageBuffer,
    _: CMTime,
    _: CMTime,
) {
    // SAFETY: the session was opened with the address of its inbox; the image is null or alive.
    unsafe {
        let image: Option<&CVPixelBuffer> = image.as_ref();
        let luma = image.map_or(0, |image| {
            CVPixelBufferLockBaseAddress(image, CVPixelBufferLockFlags::ReadOnly);
            let luma = *CVPixelBufferGetBaseAddressOfPlane(image, 0).cast::<u8>();
            CVPixelBufferUnlockBaseAddress(image, CVPixelBufferLockFlags::ReadOnly);
            luma
        });
        (*inbox.cast::<Inbox<Shown>>()).push(Shown { context: context as usize, status, luma });
    }
}

impl Decoder {
    pub(crate) fn open(format: &CMFormatDescription) -> Self {
        let inbox = Inbox::new();
        let record = VTDecompressionOutputCallbackRecord {
            decompressionOutputCallback: Some(decoded),
            decompressionOutputRefCon: ptr::from_ref(&*inbox).cast_mut().cast(),
        };
        let mut session = ptr::null_mut();
        // SAFETY: the inbox outlives the session, which `drop` sees to.
        let status = unsafe {
            VTDecompressionSession::create(
                None,
                format,
                None,
                None,
                &raw const record,
                NonNull::from(&mut session),
            )
        };
        assert_eq!(status, 0);
        // SAFETY: the function hands out a reference.
        let session = unsafe { CFRetained::from_raw(NonNull::new(session).unwrap()) };
        // SAFETY: both are alive.
        assert!(unsafe { session.can_accept_format_description(format) });
        Self { session, inbox }
    }

    pub(crate) fn accepts(&self, format: &CMFormatDescription) -> bool {
        // SAFETY: both are alive.
        unsafe { self.session.can_accept_format_description(format) }
    }

    pub(crate) fn decode(&self, coded: &Coded) -> i32 {
        let flags = VTDecodeFrameFlags::Frame_EnableAsynchronousDecompression;
        // SAFETY: both are alive.
        unsafe {
            self.session.decode_frame(coded.sample(), flags, coded.context as *mut c_void, ptr::null_mut())
        }
    }

    pub(crate) fn wait(&self) {
        // SAFETY: the session is alive.
        assert_eq!(unsafe { self.session.wait_for_asynchronous_frames() }, 0);
    }

    pub(crate) fn take(&self) -> Vec<Shown> {
        std::mem::take(&mut self.inbox.items.lock().unwrap())
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the session is alive; no callback comes afterwards, so that the inbox may go.
        unsafe { self.session.invalidate() };
    }
}

fn buffer(width: usize, height: usize, format: u32) -> CFRetained<CVPixelBuffer> {
    let mut buffer = ptr::null_mut();
    // SAFETY: the function hands out a reference.
    unsafe {
        CVPixelBufferCreate(None, width, height, format, None, NonNull::from(&mut buffer));
        CFRetained::from_raw(NonNull::new(buffer).unwrap())
    }
}

/// Converts grey to NV12 at half the size and back at the full one.
pub(crate) fn transfer_round_trip(rgb: u32, nv12: u32) {
    let (source, between, target) = (buffer(64, 48, rgb), buffer(32, 24, nv12), buffer(64, 48, rgb));
    // SAFETY: the buffers are alive, and locked while their bytes are used.
    unsafe {
        CVPixelBufferLockBaseAddress(&source, CVPixelBufferLockFlags(0));
        let stride = CVPixelBufferGetBytesPerRow(&source);
        ptr::write_bytes(CVPixelBufferGetBaseAddress(&source).cast::<u8>(), 200, stride * 48);
        CVPixelBufferUnlockBaseAddress(&source, CVPixelBufferLockFlags(0));

        let mut session = ptr::null_mut();
        assert_eq!(VTPixelTransferSession::create(None, NonNull::from(&mut session)), 0);
        let session = CFRetained::from_raw(NonNull::new(session).unwrap());
        assert_eq!(session.transfer_image(&source, &between), 0);
        assert_eq!(session.transfer_image(&between, &target), 0);
        session.invalidate();

        CVPixelBufferLockBaseAddress(&target, CVPixelBufferLockFlags(0));
        let last = CVPixelBufferGetBaseAddress(&target).cast::<u8>().add(stride * 47 + 63 * 4);
        let pixel = std::slice::from_raw_parts(last, 4).to_vec();
        CVPixelBufferUnlockBaseAddress(&target, CVPixelBufferLockFlags(0));
        let is_grey = pixel.iter().filter(|sample| sample.abs_diff(200) < 4).count() >= 3;
        assert!(is_grey, "{pixel:?} of {rgb:x} through {nv12:x}");
    }
}
