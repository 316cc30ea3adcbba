//! One `VTDecompressionSession` and the channel that its callback fills.

use super::{
    output::{Outbox, Output, callback, to_ref_con},
    sample::sample,
};
use crate::backend::{
    dictionary::{Dictionary, Value, constant, dictionary},
    pixel_buffer,
    status::Status,
};
use framewire_frame::{Range, Timestamp};
use objc2_core_foundation::CFRetained;
use objc2_core_media::CMFormatDescription;
use objc2_video_toolbox::{
    VTDecodeFrameFlags, VTDecompressionOutputCallbackRecord, VTDecompressionSession,
    kVTVideoDecoderSpecification_EnableHardwareAcceleratedVideoDecoder,
};
use std::{
    ptr::{self, NonNull},
    sync::mpsc::{Receiver, channel},
};

pub(super) struct Session {
    raw: CFRetained<VTDecompressionSession>,
    description: CFRetained<CMFormatDescription>,
    /// Owned; the callback holds it by its address.
    outbox: NonNull<Outbox>,
    received: Receiver<Output>,
}

// SAFETY: VideoToolbox's sessions may be used from any thread, and this value is used by one at a time. Its description is
// immutable. The outbox is only reached by the callback, through `&Sender`, which is `Sync`.
unsafe impl Send for Session {}

impl Session {
    pub(super) fn open(description: CFRetained<CMFormatDescription>, range: Range) -> Result<Self, Status> {
        let (sender, received) = channel();
        let outbox = NonNull::from(Box::leak(Box::new(Outbox::new(sender))));
        let record = VTDecompressionOutputCallbackRecord {
            decompressionOutputCallback: Some(callback),
            decompressionOutputRefCon: outbox.as_ptr().cast(),
        };
        // NV12 in the range of the stream, so that nothing is converted.
        let (specification, target) = (specification(), pixel_buffer::attributes(range, None));
        let mut raw: *mut VTDecompressionSession = ptr::null_mut();
        // SAFETY: the callback has the signature that is asked for and gets the outbox, which lives at its address until
        // the session is dropped; the dictionaries have keys and values of the documented types; the record is copied by the
        // call; the last argument leads to a variable of this function.
        let status = unsafe {
            VTDecompressionSession::create(
                None,
                &description,
                Some((*specification).as_ref()),
                Some((*target).as_ref()),
                &record,
                NonNull::from(&mut raw),
            )
        };
        match (Status::check(status), NonNull::new(raw)) {
            (Ok(()), Some(raw)) => {
                // SAFETY: it was just created for the caller, who owns one reference to it.
                let raw = unsafe { CFRetained::from_raw(raw) };
                Ok(Self { raw, description, outbox, received })
            }
            (result, _) => {
                // SAFETY: it came from a box, and without a session no callback has its address.
                drop(unsafe { Box::from_raw(outbox.as_ptr()) });
                Err(result.err().unwrap_or(Status::NOTHING_MADE))
            }
        }
    }

    /// Goes over to `description`, where the session can; whether it can.
    pub(super) fn accept(&mut self, description: &CFRetained<CMFormatDescription>) -> bool {
        // SAFETY: the session and the description are live ones.
        let accepts = unsafe { self.raw.can_accept_format_description(description) };
        if accepts {
            self.description = description.clone();
        }
        accepts
    }

    /// Decodes a sample with lengths of four bytes; the callback has returned when this does.
    pub(super) fn decode(&self, bytes: &[u8], timestamp: Timestamp) -> Result<(), Status> {
        let sample = sample(bytes, &self.description, timestamp)?;
        // SAFETY: the session and the sample are live ones, the moment is never followed as a pointer, and a null for the
        // flags is taken.
        let status = unsafe {
            self.raw.decode_frame(
                &sample,
                VTDecodeFrameFlags::empty(),
                to_ref_con(timestamp),
                ptr::null_mut(),
            )
        };
        Status::check(status)?;
        self.wait()
    }

    /// Has the session give what it holds back, and waits for that.
    pub(super) fn finish(&self) -> Result<(), Status> {
        // SAFETY: the session is a live one.
        Status::check(unsafe { self.raw.finish_delayed_frames() })?;
        self.wait()
    }

    fn wait(&self) -> Result<(), Status> {
        // SAFETY: the session is a live one.
        Status::check(unsafe { self.raw.wait_for_asynchronous_frames() })
    }

    /// The next answer that has come.
    pub(super) fn take(&self) -> Option<Output> {
        self.received.try_recv().ok()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let finished = self.finish();
        // SAFETY: the session is a live one, and nothing is done with it afterwards but to release it.
        unsafe { self.raw.invalidate() };
        match finished {
            // SAFETY: it came from a box. Every callback has returned, and an invalid session calls none.
            Ok(()) => drop(unsafe { Box::from_raw(self.outbox.as_ptr()) }),
            // A session that cannot say that it is done may call back yet: the few bytes of its outbox stay.
            Err(status) => tracing::debug!("a session of VideoToolbox ended with {status}"),
        }
    }
}

/// Which decoder is wanted: hardware where there is some.
fn specification() -> CFRetained<Dictionary> {
    let hardware = constant!(
        "EnableHardwareAcceleratedVideoDecoder",
        kVTVideoDecoderSpecification_EnableHardwareAcceleratedVideoDecoder
    );
    dictionary(&[(hardware, Value::Bool(true))])
}
