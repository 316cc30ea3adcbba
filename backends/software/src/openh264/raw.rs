//! The library's two C++ objects behind types that free them and whose methods are safe to call.

use super::{error::EncoderStatus, threaded::Threaded};
use framewire_codec::BackendError;
use framewire_frame::{PictureRef, PixelFormat, Size, Timestamp};
use openh264_sys2 as sys;
use std::{
    ffi::{c_int, c_void},
    ptr, slice,
};
use sys::source::APILoader;

/// Calls a method of the object's table of virtual functions.
macro_rules! call {
    ($object:expr, $method:ident $(, $argument:expr)*) => {
        ((**$object).$method.expect("OpenH264 fills every entry of its tables"))($object $(, $argument)*)
    };
}

/// An initialised encoder.
pub(super) struct RawEncoder {
    object: *mut sys::ISVCEncoder,
    /// Width and height of the pictures that it was opened for.
    size: (c_int, c_int),
    output: Box<sys::SFrameBSInfo>,
    /// Used only where the layers of a frame should not lie one behind the other.
    joined: Vec<u8>,
    /// Held until the object is freed; `None` for one without threads.
    threaded: Option<Threaded>,
}

/// A decoder that is initialised and conceals nothing.
pub(super) struct RawDecoder {
    object: *mut sys::ISVCDecoder,
}

/// What one call of the encoder gave.
pub(super) struct Coded<'a> {
    /// The units of the layers one behind the other; empty where the encoder skipped the picture.
    pub(super) data: &'a [u8],
    /// The temporal layer of its slices.
    pub(super) layer: u8,
}

/// What one call of the decoder gave.
pub(super) struct Step<'a> {
    /// A picture that is ready to be shown, with the timestamp of its own unit.
    pub(super) picture: Option<(PictureRef<'a>, Timestamp)>,
    /// What went wrong, in the library's flags; zero where nothing did.
    pub(super) state: sys::DECODING_STATE,
}

// SAFETY: the object is reachable through this value alone, which is not `Clone` and gives no pointer away, and its methods
// need `&mut self`. The library keeps no thread-local state: worker threads take work through locked queues and are joined by
// `Uninitialize`, on whichever thread that is called, since no other encoder has threads ([`Threaded`]). `output` points
// into the object's buffers, which move with it.
unsafe impl Send for RawEncoder {}

// SAFETY: as for `RawEncoder`; a decoder without threads of its own (the library's default) has no state outside the object.
unsafe impl Send for RawDecoder {}

/// The version of the library: `2.7.0`.
pub(super) fn version() -> String {
    let mut version = sys::OpenH264Version::default();
    // SAFETY: the function writes one struct through a valid pointer and reads nothing.
    unsafe { APILoader::WelsGetCodecVersionEx(&raw mut version) };
    format!("{}.{}.{}", version.uMajor, version.uMinor, version.uRevision)
}

impl RawEncoder {
    /// Opens an encoder, with one thread where another encoder has more: `params` say so then.
    pub(super) fn open(params: &mut sys::SEncParamExt) -> Result<Self, EncoderStatus> {
        let threaded = if params.iMultipleThreadIdc == 1 { None } else { Threaded::alone() };
        if threaded.is_none() {
            params.iMultipleThreadIdc = 1;
        }
        Self::open_with(params, threaded)
    }

    /// Opens an encoder with all threads that `params` say, to be held against another.
    pub(super) fn open_beside(params: &sys::SEncParamExt) -> Result<Self, EncoderStatus> {
        let threaded = (params.iMultipleThreadIdc != 1).then(Threaded::beside_another);
        Self::open_with(params, threaded)
    }

    /// Forgets every picture; the parameters are those of the opening.
    pub(super) fn restart(&mut self, params: &sys::SEncParamExt) -> Result<(), EncoderStatus> {
        self.close();
        self.initialize(params)
    }

    fn open_with(params: &sys::SEncParamExt, threaded: Option<Threaded>) -> Result<Self, EncoderStatus> {
        let mut object = ptr::null_mut();
        // SAFETY: the function writes one pointer through a valid one.
        let code = unsafe { APILoader::WelsCreateSVCEncoder(&raw mut object) };
        EncoderStatus::check("could not create an encoder", code)?;
        if object.is_null() {
            EncoderStatus::check("created no encoder", sys::cmMallocMemeError)?;
        }
        // From here on `drop` frees the object, whatever fails.
        let size = (params.iPicWidth, params.iPicHeight);
        let mut encoder = Self { object, size, output: Box::default(), joined: Vec::new(), threaded };
        // SAFETY: the option takes an int, before initialisation too.
        unsafe { encoder.set_option(sys::ENCODER_OPTION_TRACE_LEVEL, &mut sys::WELS_LOG_QUIET.clone()) }?;
        encoder.initialize(params)?;
        Ok(encoder)
    }

    fn initialize(&mut self, params: &sys::SEncParamExt) -> Result<(), EncoderStatus> {
        // SAFETY: `object` was made by the library and is alive, and is not initialised; the parameters are read during the
        // call only.
        let code = unsafe { call!(self.object, InitializeExt, params) };
        EncoderStatus::check("refused its parameters", code)
    }

    fn close(&mut self) {
        if let Some(threaded) = &self.threaded {
            threaded.settle();
        }
        // SAFETY: the object is alive, and may be uninitialised twice or never have been initialised. No worker is in it: its
        // threads are joined by this, or have had time to leave.
        unsafe { call!(self.object, Uninitialize) };
    }

    /// Applies those parameters that may change without a new session, the quantizer among them. Others must be the same
    /// as at the opening.
    pub(super) fn set_params(&mut self, params: &mut sys::SEncParamExt) -> Result<(), EncoderStatus> {
        // SAFETY: the option takes this struct.
        unsafe { self.set_option(sys::ENCODER_OPTION_SVC_ENCODE_PARAM_EXT, params) }
    }

    /// Makes the next picture an IDR picture.
    pub(super) fn force_key(&mut self) -> Result<(), EncoderStatus> {
        // SAFETY: `object` is alive, and the method takes plain values.
        let code = unsafe { call!(self.object, ForceIntraFrame, true) };
        EncoderStatus::check("could not force a key frame", code)
    }

    /// Encodes an I420 picture of the size that the encoder was opened with; another one is refused.
    pub(super) fn encode(
        &mut self,
        picture: PictureRef<'_>,
        moment: Timestamp,
    ) -> Result<Coded<'_>, EncoderStatus> {
        let (width, height) = (int(picture.size().width() as usize), int(picture.size().height() as usize));
        if picture.format() != PixelFormat::I420 || (width, height) != self.size {
            EncoderStatus::check("was opened for other pictures", sys::cmUnsupportedData)?;
        }
        let mut source = sys::SSourcePicture {
            iColorFormat: sys::videoFormatI420,
            iPicWidth: width,
            iPicHeight: height,
            uiTimeStamp: i64::try_from(moment.as_micros() / 1000).unwrap_or(i64::MAX),
            ..Default::default()
        };
        for plane in 0..3 {
            source.iStride[plane] = int(picture.plane(plane).stride());
            source.pData[plane] = picture.plane(plane).data().as_ptr().cast_mut();
        }
        // SAFETY: `object` is alive. The three planes hold all rows of the stated size (`PictureRef` checks that), which is
        // the one that the library has buffers for; it copies them within the call and never writes to them. `output` is a
        // struct for it to fill.
        let code = unsafe { call!(self.object, EncodeFrame, &raw const source, &raw mut *self.output) };
        EncoderStatus::check("could not encode a picture", code)?;
        Ok(self.coded())
    }

    fn coded(&mut self) -> Coded<'_> {
        let skipped = matches!(self.output.eFrameType, sys::videoFrameTypeSkip | sys::videoFrameTypeInvalid);
        let count = if skipped { 0 } else { usize::try_from(self.output.iLayerNum).unwrap_or(0) };
        let layers = &self.output.sLayerInfo[..count.min(self.output.sLayerInfo.len())];
        let is_slices = |layer: &&sys::SLayerBSInfo| i32::from(layer.uiLayerType) == sys::VIDEO_CODING_LAYER;
        let temporal_layer = layers.iter().rev().find(is_slices).map_or(0, |layer| layer.uiTemporalId);

        let start = layers.first().map_or(ptr::null(), |layer| layer.pBsBuf.cast_const());
        let mut len = 0;
        let mut adjacent = true;
        for layer in layers {
            adjacent &= layer.pBsBuf.cast_const() == start.wrapping_add(len);
            len += layer_len(layer);
        }
        let data = if len == 0 {
            &[]
        } else if adjacent {
            // SAFETY: the layers lie one behind the other, as was just checked, in the one output buffer of the encoder. They
            // stay as they are until the next call, for which `self` would be borrowed anew.
            unsafe { slice::from_raw_parts(start, len) }
        } else {
            self.joined.clear();
            for layer in layers {
                // SAFETY: each layer has that many bytes behind its pointer until the next call.
                self.joined
                    .extend_from_slice(unsafe { slice::from_raw_parts(layer.pBsBuf, layer_len(layer)) });
            }
            &self.joined
        };
        Coded { data, layer: temporal_layer }
    }

    /// # Safety
    /// `value` is of the type that the option takes.
    unsafe fn set_option<T>(
        &mut self,
        option: sys::ENCODER_OPTION,
        value: &mut T,
    ) -> Result<(), EncoderStatus> {
        // SAFETY: `object` is alive; the caller vouches for the type behind the pointer, which is used during the call only.
        let code = unsafe { call!(self.object, SetOption, option, ptr::from_mut(value).cast::<c_void>()) };
        EncoderStatus::check("refused an option", code)
    }
}

impl Drop for RawEncoder {
    fn drop(&mut self) {
        self.close();
        // SAFETY: the object was made by the library and is freed here and nowhere else.
        unsafe { APILoader::WelsDestroySVCEncoder(self.object) };
    }
}

impl RawDecoder {
    pub(super) fn open() -> Result<Self, BackendError> {
        let mut object = ptr::null_mut();
        // SAFETY: the function writes one pointer through a valid one.
        let code = unsafe { APILoader::WelsCreateDecoder(&raw mut object) };
        if code != 0 || object.is_null() {
            return Err(BackendError::failed(format!("OpenH264 could not create a decoder (code {code})")));
        }
        // From here on `drop` frees the object, whatever fails.
        let decoder = Self { object };
        let mut level = sys::WELS_LOG_QUIET;
        // SAFETY: the option takes an int, before initialisation too.
        unsafe { call!(decoder.object, SetOption, sys::DECODER_OPTION_TRACE_LEVEL, (&raw mut level).cast()) };
        let params = sys::SDecodingParam {
            uiTargetDqLayer: u8::MAX,
            eEcActiveIdc: sys::ERROR_CON_DISABLE,
            sVideoProperty: sys::SVideoProperty {
                size: u32::try_from(size_of::<sys::SVideoProperty>()).unwrap_or(0),
                eVideoBsType: sys::VIDEO_BITSTREAM_AVC,
            },
            ..Default::default()
        };
        // SAFETY: `object` is alive; the parameters are read during the call only.
        let code = unsafe { call!(decoder.object, Initialize, &raw const params) };
        if code != 0 {
            return Err(BackendError::failed(format!(
                "OpenH264 could not initialise a decoder (code {code})"
            )));
        }
        Ok(decoder)
    }

    /// Takes one access unit.
    pub(super) fn push(&mut self, unit: &[u8], timestamp: Timestamp) -> Step<'_> {
        self.step(unit.as_ptr(), int(unit.len()), timestamp)
    }

    /// Decodes what was pushed: the library waits for the unit behind it otherwise.
    pub(super) fn finish(&mut self, timestamp: Timestamp) -> Step<'_> {
        self.step(ptr::null(), 0, timestamp)
    }

    /// The next picture that was held back for reordering.
    pub(super) fn drain(&mut self) -> Option<(PictureRef<'_>, Timestamp)> {
        let mut left: c_int = 0;
        let mut end: c_int = 1;
        let mut info = sys::SBufferInfo::default();
        let mut planes = [ptr::null_mut(); 3];
        // SAFETY: `object` is alive; each option takes an int, and the last method the two structs, during the call only.
        unsafe {
            call!(
                self.object,
                GetOption,
                sys::DECODER_OPTION_NUM_OF_FRAMES_REMAINING_IN_BUFFER,
                (&raw mut left).cast()
            );
            if left <= 0 {
                return None;
            }
            call!(self.object, SetOption, sys::DECODER_OPTION_END_OF_STREAM, (&raw mut end).cast());
            call!(self.object, FlushFrame, planes.as_mut_ptr(), &raw mut info);
        }
        // SAFETY: the method has just filled both.
        unsafe { self.picture(&info, planes) }
    }

    fn step(&mut self, data: *const u8, len: c_int, timestamp: Timestamp) -> Step<'_> {
        let mut info = sys::SBufferInfo { uiInBsTimeStamp: timestamp.as_micros(), ..Default::default() };
        let mut planes = [ptr::null_mut(); 3];
        // SAFETY: `object` is alive; `data` is valid for `len` bytes, or null with a length of 0, which the method takes for
        // the end of the unit. It copies the bytes and fills the two structs.
        let state =
            unsafe { call!(self.object, DecodeFrame2, data, len, planes.as_mut_ptr(), &raw mut info) };
        // SAFETY: the method has just filled both.
        Step { picture: unsafe { self.picture(&info, planes) }, state }
    }

    /// # Safety
    /// Both were filled by the object's last call.
    unsafe fn picture(
        &self,
        info: &sys::SBufferInfo,
        planes: [*mut u8; 3],
    ) -> Option<(PictureRef<'_>, Timestamp)> {
        if info.iBufferStatus != 1 || planes.iter().any(|plane| plane.is_null()) {
            return None;
        }
        // SAFETY: the union has one member.
        let buffer = unsafe { info.UsrData.sSystemBuffer };
        let size = Size::new(u32::try_from(buffer.iWidth).ok()?, u32::try_from(buffer.iHeight).ok()?).ok()?;
        let strides = [buffer.iStride[0], buffer.iStride[1], buffer.iStride[1]];
        let mut borrowed = [(&[][..], 0); 3];
        for (index, slot) in borrowed.iter_mut().enumerate() {
            let stride = usize::try_from(strides[index]).ok()?;
            let row = PixelFormat::I420.row_bytes(size, index);
            let len = stride * (PixelFormat::I420.rows(size, index) - 1) + row;
            // SAFETY: the planes lie in the decoder's picture buffers, which have at least the stated rows of `stride` bytes
            // with margins around them, and stay as they are until the next call, for which `self` would be borrowed anew.
            *slot = (unsafe { slice::from_raw_parts(planes[index], len) }, stride);
        }
        let picture = PictureRef::new(PixelFormat::I420, size, &borrowed).ok()?;
        Some((picture, Timestamp::from_micros(info.uiOutYuvTimeStamp)))
    }
}

impl Drop for RawDecoder {
    fn drop(&mut self) {
        // SAFETY: as for the encoder.
        unsafe {
            call!(self.object, Uninitialize);
            APILoader::WelsDestroyDecoder(self.object);
        }
    }
}

fn layer_len(layer: &sys::SLayerBSInfo) -> usize {
    let count = usize::try_from(layer.iNalCount).unwrap_or(0);
    if count == 0 || layer.pNalLengthInByte.is_null() {
        return 0;
    }
    // SAFETY: the library keeps one length per unit of the layer behind this pointer until its next call.
    let lengths = unsafe { slice::from_raw_parts(layer.pNalLengthInByte, count) };
    lengths.iter().map(|&len| usize::try_from(len).unwrap_or(0)).sum()
}

/// A length that is bounded by the sizes of pictures and units.
fn int(value: usize) -> c_int {
    c_int::try_from(value).unwrap_or(c_int::MAX)
}

#[cfg(test)]
mod tests {
    use super::{super::settings::Settings, *};
    use framewire_codec::EncoderConfig;

    #[test]
    fn a_picture_of_another_format_or_size_never_reaches_the_library() {
        let size = Size::new(64, 48).unwrap();
        let mut settings = Settings::new(&EncoderConfig::new(size)).unwrap();
        let mut encoder = RawEncoder::open(&mut settings.params).unwrap();
        let data = [0; 64 * 48 * 3 / 2];
        let nv12 = PictureRef::packed(PixelFormat::Nv12, size, &data).unwrap();
        assert!(encoder.encode(nv12, Timestamp::ZERO).is_err());
        let small = PictureRef::packed(PixelFormat::I420, Size::new(32, 48).unwrap(), &data).unwrap();
        assert!(encoder.encode(small, Timestamp::ZERO).is_err());
        let right = PictureRef::packed(PixelFormat::I420, size, &data).unwrap();
        assert!(encoder.encode(right, Timestamp::ZERO).is_ok_and(|coded| !coded.data.is_empty()));
    }
}
