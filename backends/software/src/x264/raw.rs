//! An encoder of the library behind a type that closes it and whose methods are safe to call.

use super::{
    library::Library,
    settings::Settings,
    sys::{self, Field},
};
use crate::shared::macroblocks;
use framewire_codec::BackendError;
use framewire_frame::{PictureRef, PixelFormat, Size};
use std::{
    collections::VecDeque,
    ffi::{CString, c_int},
    ptr::{self, NonNull},
    slice,
};

/// An open encoder.
pub(super) struct RawEncoder {
    library: &'static Library,
    object: NonNull<sys::Encoder>,
    params: OwnedParams,
    size: Size,
    /// How many pictures have gone in.
    count: i64,
    /// The flags of the macroblocks of the pictures that are held back, oldest first; empty for a picture without any.
    maps: VecDeque<Vec<u8>>,
}

/// One picture for the library.
pub(super) struct Order<'a> {
    pub(super) picture: PictureRef<'a>,
    /// Comes back in [`Coded::id`].
    pub(super) id: u64,
    pub(super) key: bool,
    /// For each macroblock of the picture, in raster order, whether it has changed.
    pub(super) changes: Option<&'a [bool]>,
}

/// One access unit.
pub(super) struct Coded<'a> {
    pub(super) data: &'a [u8],
    pub(super) id: u64,
}

// SAFETY: the encoder is reachable through this value alone, which is not `Clone` and gives no pointer away, and its methods
// need `&mut self`. The library keeps no thread-local state: its worker threads are the encoder's own, take work through
// locked queues and are joined by closing, on whichever thread that is. What `object` points at moves with it, and `maps`
// lie on the heap, where moving this value does not move them.
unsafe impl Send for RawEncoder {}

impl RawEncoder {
    pub(super) fn open(library: &'static Library, settings: &Settings) -> Result<Self, BackendError> {
        let mut params = OwnedParams::new(library, settings)?;
        let object = {
            let _alone = library.lifecycle();
            // SAFETY: the parameters were filled by this library; it copies them.
            unsafe { (library.call.open)(params.as_mut_ptr()) }
        };
        let object = NonNull::new(object).ok_or_else(|| {
            BackendError::unsupported(format!(
                "what {} was asked for ({} in the preset {} with {}: x264_encoder_open returned null)",
                library.name,
                settings.size,
                settings.preset,
                settings.in_words(),
            ))
        })?;
        Ok(Self { library, object, params, size: settings.size, count: 0, maps: VecDeque::new() })
    }

    /// The most pictures that are held back.
    pub(super) fn delay(&self) -> usize {
        // SAFETY: the encoder is open; the function reads it.
        unsigned(unsafe { (self.library.call.most_delayed)(self.object.as_ptr()) })
    }

    /// How many pictures are held back now.
    pub(super) fn held(&self) -> usize {
        self.maps.len()
    }

    /// Changes parameters that can be changed while the encoder runs, by the library's names.
    pub(super) fn reconfigure(&mut self, options: &[(&'static str, String)]) -> Result<(), BackendError> {
        for (name, value) in options {
            self.params.parse(name, value)?;
        }
        // SAFETY: the encoder is open and no call of it runs; the parameters are those that it was opened with, changed by
        // the library's own parser. It copies what it takes over.
        let code = unsafe { (self.library.call.reconfigure)(self.object.as_ptr(), self.params.as_mut_ptr()) };
        if code < 0 {
            return Err(refused("x264_encoder_reconfig", code, options));
        }
        Ok(())
    }

    /// Encodes an I420 or NV12 picture of the size that the encoder was opened with; another one is refused.
    pub(super) fn encode(&mut self, order: &Order<'_>) -> Result<Option<Coded<'_>>, BackendError> {
        let picture = order.picture;
        let color_space = match picture.format() {
            PixelFormat::I420 => Some(sys::COLOR_SPACE_I420),
            PixelFormat::Nv12 => Some(sys::COLOR_SPACE_NV12),
            PixelFormat::Rgba8 | PixelFormat::Bgra8 | PixelFormat::Rgb8 => None,
        };
        let color_space = color_space.filter(|_| picture.size() == self.size).ok_or_else(|| {
            BackendError::unsupported(format!("{picture:?} in a session for {} in nv12", self.size))
        })?;
        let mut input = sys::Picture::zeroed();
        // SAFETY: the function fills the struct and touches nothing else.
        unsafe { (self.library.call.init_picture)(&raw mut input) };
        input.kind = if order.key { sys::TYPE_IDR } else { sys::TYPE_AUTO };
        input.pts = self.count;
        self.count += 1;
        input.opaque = ptr::without_provenance_mut(order.id as usize);
        input.image.color_space = color_space;
        for index in 0..picture.format().plane_count() {
            let plane = picture.plane(index);
            input.image.planes += 1;
            input.image.strides[index] = c_int::try_from(plane.stride())
                .map_err(|_| BackendError::unsupported(format!("a stride of {}", plane.stride())))?;
            input.image.data[index] = plane.data().as_ptr().cast_mut();
        }
        let mut map = Vec::new();
        if let Some(changes) = order.changes.filter(|changes| changes.len() == self.macroblocks()) {
            map.extend(changes.iter().map(|&changed| if changed { 0 } else { sys::MACROBLOCK_CONSTANT }));
            input.properties.macroblock_info = map.as_mut_ptr();
        }
        // The library reads the flags until it has coded the picture, at the latest when its unit comes out.
        self.maps.push_back(map);
        // SAFETY: the planes hold all rows of the stated size (`PictureRef` checks that), which is the one that the encoder
        // was opened with; the library copies those samples within the call and never writes to them. The flags are one
        // byte for each macroblock and live in `maps` until the unit of this picture has come out.
        unsafe { self.step(&raw mut input) }
    }

    /// Gives the next unit of those that are held back; `None` when none is ready yet.
    pub(super) fn drain(&mut self) -> Result<Option<Coded<'_>>, BackendError> {
        // SAFETY: no picture is the library's sign for the end of the stream.
        unsafe { self.step(ptr::null_mut()) }
    }

    /// # Safety
    /// `input` is null, or a picture of the encoder's size whose planes are valid for the call and whose flags, where it has
    /// any, are the last of `maps`.
    unsafe fn step(&mut self, input: *mut sys::Picture) -> Result<Option<Coded<'_>>, BackendError> {
        let mut output = sys::Picture::zeroed();
        let (mut nals, mut count) = (ptr::null_mut(), 0);
        // SAFETY: the encoder is open, the last three are for it to fill, and `input` is as this function asks for.
        let len = unsafe {
            (self.library.call.encode)(
                self.object.as_ptr(),
                &raw mut nals,
                &raw mut count,
                input,
                &raw mut output,
            )
        };
        if len < 0 {
            return Err(BackendError::failed(format!(
                "x264 could not encode a picture: x264_encoder_encode returned {len}"
            )));
        }
        if len == 0 || count <= 0 || nals.is_null() {
            return Ok(None);
        }
        self.maps.pop_front();
        // SAFETY: the library has just set `nals` to `count` units, whose payloads lie one behind the other and have `len`
        // bytes together; they stay until its next call, for which `self` would be borrowed anew.
        let data = unsafe { slice::from_raw_parts((*nals).payload, unsigned(len)) };
        Ok(Some(Coded { data, id: output.opaque.addr() as u64 }))
    }

    fn macroblocks(&self) -> usize {
        macroblocks(self.size) as usize
    }
}

impl Drop for RawEncoder {
    fn drop(&mut self) {
        let _alone = self.library.lifecycle();
        // SAFETY: the encoder is open and is not used again. Closing waits for its threads, which may still read `maps`.
        unsafe { (self.library.call.close)(self.object.as_ptr()) };
    }
}

/// The library's parameters, with what they own.
struct OwnedParams {
    library: &'static Library,
    memory: Box<sys::Params>,
}

impl OwnedParams {
    fn new(library: &'static Library, settings: &Settings) -> Result<Self, BackendError> {
        let mut params = Self { library, memory: sys::Params::zeroed() };
        let (preset, tune) = (text(settings.preset)?, settings.tune.map(text).transpose()?);
        let tune_pointer = tune.as_ref().map_or(ptr::null(), |tune| tune.as_ptr());
        // SAFETY: the memory has room for the struct, and both texts end in zero and outlive the call; a null is no tune.
        let code =
            unsafe { (library.call.default_preset)(params.as_mut_ptr(), preset.as_ptr(), tune_pointer) };
        if code < 0 {
            return Err(refused(
                "x264_param_default_preset",
                code,
                &[("preset", settings.preset.to_owned())],
            ));
        }
        for (name, value) in &settings.options {
            params.parse(name, value)?;
        }
        let color = settings.color;
        for (field, value) in [
            (Field::Width, side(settings.size.width())),
            (Field::Height, side(settings.size.height())),
            (Field::FullRange, color.range.is_full().into()),
            (Field::Primaries, color.primaries.code_point().into()),
            (Field::Transfer, color.transfer.code_point().into()),
            (Field::Matrix, color.matrix.code_point().into()),
            (Field::MacroblockInfo, settings.uses_changes.into()),
        ] {
            params.memory.set(field, value);
        }
        let profile = text(settings.profile)?;
        // SAFETY: the parameters were filled by this library; the text ends in zero and outlives the call.
        let code = unsafe { (library.call.apply_profile)(params.as_mut_ptr(), profile.as_ptr()) };
        if code < 0 {
            return Err(refused(
                "x264_param_apply_profile",
                code,
                &[("profile", settings.profile.to_owned())],
            ));
        }
        Ok(params)
    }

    fn parse(&mut self, name: &'static str, value: &str) -> Result<(), BackendError> {
        let (key, text) = (text(name)?, text(value)?);
        // SAFETY: the parameters were filled by this library; both texts end in zero and outlive the call.
        let code = unsafe { (self.library.call.parse)(self.as_mut_ptr(), key.as_ptr(), text.as_ptr()) };
        if code < 0 {
            return Err(refused("x264_param_parse", code, &[(name, value.to_owned())]));
        }
        Ok(())
    }

    fn as_mut_ptr(&mut self) -> *mut sys::Params {
        &raw mut *self.memory
    }
}

impl Drop for OwnedParams {
    fn drop(&mut self) {
        // SAFETY: the parameters were filled by this library, or are zero where it did not come to that; the function frees
        // what its parser allocated.
        unsafe { (self.library.call.cleanup)(self.as_mut_ptr()) };
    }
}

impl Settings {
    /// The parameters as one would type them.
    fn in_words(&self) -> String {
        options_in_words(&self.options)
    }
}

fn options_in_words(options: &[(&'static str, String)]) -> String {
    let each: Vec<_> = options.iter().map(|(name, value)| format!("{name}={value}")).collect();
    each.join(":")
}

fn refused(function: &str, code: c_int, options: &[(&'static str, String)]) -> BackendError {
    BackendError::failed(format!("x264 refused {}: {function} returned {code}", options_in_words(options)))
}

fn text(text: &str) -> Result<CString, BackendError> {
    CString::new(text).map_err(|error| BackendError::failed_with("a parameter of x264", error))
}

/// A side that is known to be at most 16384.
fn side(pixels: u32) -> c_int {
    c_int::try_from(pixels).unwrap_or(c_int::MAX)
}

/// A count, which the library never makes negative.
fn unsigned(value: c_int) -> usize {
    usize::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_codec::EncoderConfig;

    #[test]
    fn refused_parameters_are_named_with_what_the_library_returned() {
        let Ok(library) = Library::get() else {
            println!(
                "SKIPPED refused_parameters_are_named_with_what_the_library_returned: there is no libx264"
            );
            return;
        };
        let open = |name, value: &str| {
            let mut settings = Settings::new(&EncoderConfig::new(Size::new(64, 64).unwrap())).unwrap();
            settings.options.push((name, value.to_owned()));
            RawEncoder::open(library, &settings).err().unwrap().to_string()
        };
        assert_eq!(open("no-such-thing", "1"), "x264 refused no-such-thing=1: x264_param_parse returned -1");
        assert_eq!(open("keyint", "often"), "x264 refused keyint=often: x264_param_parse returned -2");
        // Constant quantizer zero is lossless, which Baseline lacks.
        assert_eq!(open("qp", "0"), "x264 refused profile=baseline: x264_param_apply_profile returned -1");
        // The second pass needs the notes of a first one.
        let null = open("pass", "2");
        assert!(null.ends_with("pass=2: x264_encoder_open returned null) is not supported"), "{null}");
    }
}
