//! What is used of the interface of libx264, build 164, in declarations of our own. A test compares them with the header
//! where that is installed.

use std::{
    ffi::{c_char, c_int, c_void},
    ptr,
};

/// The build whose layout stands here; the library bears it in the name of the function that opens an encoder.
pub(super) const BUILD: u32 = 164;

/// Bytes kept for a set of parameters, of which build 164 uses 1024.
const PARAMS_LEN: usize = 4096;

/// `x264_param_t`, of which only a few fields are set by their place; the library sets all others by name.
#[repr(C, align(16))]
pub(super) struct Params([u8; PARAMS_LEN]);

/// The place of a field of `x264_param_t` that has no name for the library's parser. All are 32 bits wide.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    Width = 28,
    Height = 32,
    FullRange = 72,
    Primaries = 76,
    Transfer = 80,
    Matrix = 84,
    MacroblockInfo = 628,
}

/// An encoder; opaque.
#[repr(C)]
pub(super) struct Encoder {
    _private: [u8; 0],
}

/// `x264_nal_t`.
#[repr(C)]
pub(super) struct Nal {
    pub(super) ref_idc: c_int,
    pub(super) kind: c_int,
    pub(super) long_start_code: c_int,
    pub(super) first_macroblock: c_int,
    pub(super) last_macroblock: c_int,
    pub(super) payload_len: c_int,
    pub(super) payload: *mut u8,
    pub(super) padding: c_int,
}

/// `x264_image_t`.
#[repr(C)]
pub(super) struct Image {
    pub(super) color_space: c_int,
    pub(super) planes: c_int,
    pub(super) strides: [c_int; 4],
    pub(super) data: [*mut u8; 4],
}

/// `x264_image_properties_t`.
#[repr(C)]
pub(super) struct Properties {
    pub(super) quantizer_offsets: *mut f32,
    pub(super) free_quantizer_offsets: *mut c_void,
    pub(super) macroblock_info: *mut u8,
    pub(super) free_macroblock_info: *mut c_void,
    pub(super) measures: [f64; 6],
}

/// `x264_picture_t`.
#[repr(C)]
pub(super) struct Picture {
    pub(super) kind: c_int,
    pub(super) quantizer_plus_1: c_int,
    pub(super) structure: c_int,
    pub(super) keyframe: c_int,
    pub(super) pts: i64,
    pub(super) dts: i64,
    pub(super) params: *mut Params,
    pub(super) image: Image,
    pub(super) properties: Properties,
    pub(super) hrd: [f64; 4],
    pub(super) sei_count: c_int,
    pub(super) sei: *mut c_void,
    pub(super) free_sei: *mut c_void,
    pub(super) opaque: *mut c_void,
}

pub(super) const COLOR_SPACE_I420: c_int = 2;
pub(super) const COLOR_SPACE_NV12: c_int = 4;
pub(super) const TYPE_AUTO: c_int = 0;
pub(super) const TYPE_IDR: c_int = 1;
/// The macroblock has the pixels of the one in the picture before.
pub(super) const MACROBLOCK_CONSTANT: u8 = 1;

pub(super) type DefaultPreset = unsafe extern "C" fn(*mut Params, *const c_char, *const c_char) -> c_int;
pub(super) type Parse = unsafe extern "C" fn(*mut Params, *const c_char, *const c_char) -> c_int;
pub(super) type ApplyProfile = unsafe extern "C" fn(*mut Params, *const c_char) -> c_int;
pub(super) type Cleanup = unsafe extern "C" fn(*mut Params);
pub(super) type InitPicture = unsafe extern "C" fn(*mut Picture);
pub(super) type Open = unsafe extern "C" fn(*mut Params) -> *mut Encoder;
pub(super) type Reconfigure = unsafe extern "C" fn(*mut Encoder, *mut Params) -> c_int;
pub(super) type Encode =
    unsafe extern "C" fn(*mut Encoder, *mut *mut Nal, *mut c_int, *mut Picture, *mut Picture) -> c_int;
pub(super) type Close = unsafe extern "C" fn(*mut Encoder);
pub(super) type Delay = unsafe extern "C" fn(*mut Encoder) -> c_int;

impl Params {
    /// Memory for the library to fill.
    pub(super) fn zeroed() -> Box<Self> {
        Box::new(Self([0; PARAMS_LEN]))
    }

    /// Sets a field that the library's parser does not know.
    pub(super) fn set(&mut self, field: Field, value: c_int) {
        let at = field as usize;
        self.0[at..at + size_of::<c_int>()].copy_from_slice(&value.to_ne_bytes());
    }
}

impl Picture {
    /// Memory for the library to initialise or fill.
    pub(super) const fn zeroed() -> Self {
        Self {
            kind: TYPE_AUTO,
            quantizer_plus_1: 0,
            structure: 0,
            keyframe: 0,
            pts: 0,
            dts: 0,
            params: ptr::null_mut(),
            image: Image { color_space: 0, planes: 0, strides: [0; 4], data: [ptr::null_mut(); 4] },
            properties: Properties {
                quantizer_offsets: ptr::null_mut(),
                free_quantizer_offsets: ptr::null_mut(),
                macroblock_info: ptr::null_mut(),
                free_macroblock_info: ptr::null_mut(),
                measures: [0.0; 6],
            },
            hrd: [0.0; 4],
            sei_count: 0,
            sei: ptr::null_mut(),
            free_sei: ptr::null_mut(),
            opaque: ptr::null_mut(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, mem::offset_of, path::Path, process::Command};

    /// Where each thing lies here, under its name in the header.
    fn ours() -> Vec<(&'static str, usize)> {
        use Field as F;
        vec![
            ("X264_BUILD", BUILD as usize),
            ("offsetof(x264_param_t, i_width)", F::Width as usize),
            ("offsetof(x264_param_t, i_height)", F::Height as usize),
            ("offsetof(x264_param_t, vui.b_fullrange)", F::FullRange as usize),
            ("offsetof(x264_param_t, vui.i_colorprim)", F::Primaries as usize),
            ("offsetof(x264_param_t, vui.i_transfer)", F::Transfer as usize),
            ("offsetof(x264_param_t, vui.i_colmatrix)", F::Matrix as usize),
            ("offsetof(x264_param_t, analyse.b_mb_info)", F::MacroblockInfo as usize),
            ("sizeof(x264_picture_t)", size_of::<Picture>()),
            ("offsetof(x264_picture_t, i_type)", offset_of!(Picture, kind)),
            ("offsetof(x264_picture_t, b_keyframe)", offset_of!(Picture, keyframe)),
            ("offsetof(x264_picture_t, i_pts)", offset_of!(Picture, pts)),
            ("offsetof(x264_picture_t, param)", offset_of!(Picture, params)),
            ("offsetof(x264_picture_t, img.i_csp)", offset_of!(Picture, image.color_space)),
            ("offsetof(x264_picture_t, img.i_stride)", offset_of!(Picture, image.strides)),
            ("offsetof(x264_picture_t, img.plane)", offset_of!(Picture, image.data)),
            ("offsetof(x264_picture_t, prop.mb_info)", offset_of!(Picture, properties.macroblock_info)),
            (
                "offsetof(x264_picture_t, prop.mb_info_free)",
                offset_of!(Picture, properties.free_macroblock_info),
            ),
            ("offsetof(x264_picture_t, hrd_timing)", offset_of!(Picture, hrd)),
            ("offsetof(x264_picture_t, extra_sei)", offset_of!(Picture, sei_count)),
            ("offsetof(x264_picture_t, opaque)", offset_of!(Picture, opaque)),
            ("sizeof(x264_nal_t)", size_of::<Nal>()),
            ("offsetof(x264_nal_t, i_payload)", offset_of!(Nal, payload_len)),
            ("offsetof(x264_nal_t, p_payload)", offset_of!(Nal, payload)),
            ("X264_CSP_I420", COLOR_SPACE_I420 as usize),
            ("X264_CSP_NV12", COLOR_SPACE_NV12 as usize),
            ("X264_TYPE_AUTO", TYPE_AUTO as usize),
            ("X264_TYPE_IDR", TYPE_IDR as usize),
            ("X264_MBINFO_CONSTANT", MACROBLOCK_CONSTANT.into()),
        ]
    }

    #[test]
    fn the_layout_is_that_of_the_installed_header() {
        if !Path::new("/usr/include/x264.h").exists() {
            println!(
                "SKIPPED the_layout_is_that_of_the_installed_header: x264.h (libx264-dev) is not installed"
            );
            return;
        }
        let folder = std::env::temp_dir().join(format!("framewire-x264-layout-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (source, program) = (folder.join("layout.c"), folder.join("layout"));
        let lines: String =
            ours().iter().map(|(name, _)| format!("printf(\"%zu\\n\", (size_t)({name}));\n")).collect();
        let head = "#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n#include <x264.h>\n";
        let body = format!(
            "{head}_Static_assert(sizeof(x264_param_t) <= {PARAMS_LEN}, \"room\");\nint main(void) {{\n{lines}}}\n"
        );
        fs::write(&source, body).unwrap();
        let compiled = Command::new("cc").arg(&source).arg("-o").arg(&program).status();
        if !compiled.is_ok_and(|status| status.success()) {
            fs::remove_dir_all(&folder).unwrap();
            println!(
                "SKIPPED the_layout_is_that_of_the_installed_header: cc does not compile the header here"
            );
            return;
        }
        let output = String::from_utf8(Command::new(&program).output().unwrap().stdout).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let theirs: Vec<usize> = output.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(theirs.len(), ours().len());
        if theirs[0] != BUILD as usize {
            println!(
                "SKIPPED the_layout_is_that_of_the_installed_header: the header is of build {}",
                theirs[0]
            );
            return;
        }
        for ((name, ours), theirs) in ours().into_iter().zip(theirs) {
            assert_eq!(ours, theirs, "{name}");
        }
    }
}
