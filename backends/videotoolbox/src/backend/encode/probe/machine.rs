//! What tells one machine from another, as far as encoders differ.

use serde::{Deserialize, Serialize};
use std::{env, fmt, path::PathBuf};

/// What a finding holds for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Machine {
    framewire: String,
    chip: String,
    model: String,
    system: String,
}

impl Machine {
    /// This one; `None` where the system does not say what it is.
    #[cfg(target_os = "macos")]
    pub(super) fn this() -> Option<Self> {
        let version = text(c"kern.osproductversion")?;
        let build = text(c"kern.osversion")?;
        Some(Self {
            framewire: env!("CARGO_PKG_VERSION").to_owned(),
            chip: text(c"machdep.cpu.brand_string")?,
            model: text(c"hw.model")?,
            system: format!("macOS {version} ({build})"),
        })
    }

    /// The double, which is the same wherever it runs.
    #[cfg(not(target_os = "macos"))]
    #[expect(clippy::unnecessary_wraps, reason = "on macOS the system may say nothing")]
    pub(super) fn this() -> Option<Self> {
        Some(Self {
            framewire: env!("CARGO_PKG_VERSION").to_owned(),
            chip: "the processor".to_owned(),
            model: "a double of VideoToolbox".to_owned(),
            system: env::consts::OS.to_owned(),
        })
    }
}

/// `Apple M1, Macmini9,1, macOS 14.5 (23F79)`.
impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.chip, self.model, self.system)
    }
}

/// The user's folder for what programs can make again: `~/Library/Caches/framewire` on macOS; elsewhere
/// `$XDG_CACHE_HOME/framewire` or `~/.cache/framewire`. `None` where the environment names no absolute folder.
pub(super) fn cache_folder() -> Option<PathBuf> {
    let of = |variable| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = match cfg!(target_os = "macos") {
        true => of("HOME")?.join("Library/Caches"),
        false => of("XDG_CACHE_HOME").or_else(|| Some(of("HOME")?.join(".cache")))?,
    };
    Some(caches.join("framewire"))
}

/// A text that the kernel has under `name`.
#[cfg(target_os = "macos")]
fn text(name: &std::ffi::CStr) -> Option<String> {
    let mut buffer = [0u8; 256];
    let mut length = buffer.len();
    // SAFETY: the name ends in a zero; the kernel writes at most `length` bytes to the buffer and then their number to
    // `length`, both variables of this function; with a null and zero it changes nothing.
    let status = unsafe {
        libc::sysctlbyname(name.as_ptr(), buffer.as_mut_ptr().cast(), &mut length, std::ptr::null_mut(), 0)
    };
    if status != 0 {
        return None;
    }
    let text = std::ffi::CStr::from_bytes_until_nul(&buffer).ok()?.to_str().ok()?;
    (!text.is_empty()).then(|| text.to_owned())
}
