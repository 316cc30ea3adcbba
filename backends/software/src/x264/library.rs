//! The system's own libx264, found when it is first asked for.

use super::sys;
use std::{
    env,
    error::Error as _,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

/// The environment variable that names a library file, or says `off`.
pub(super) const VARIABLE: &str = "FRAMEWIRE_X264";

/// A loaded library.
#[derive(Debug)]
pub(super) struct Library {
    /// As it was asked for: a file name that the system's loader looked up, or a path.
    pub(super) name: String,
    /// Valid for as long as `_handle` is open.
    pub(super) call: Functions,
    /// Opening and closing an encoder touch the library's global state.
    lifecycle: Mutex<()>,
    _handle: libloading::Library,
}

/// What is called in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Functions {
    pub(super) default_preset: sys::DefaultPreset,
    pub(super) parse: sys::Parse,
    pub(super) apply_profile: sys::ApplyProfile,
    pub(super) cleanup: sys::Cleanup,
    pub(super) init_picture: sys::InitPicture,
    pub(super) open: sys::Open,
    pub(super) reconfigure: sys::Reconfigure,
    pub(super) encode: sys::Encode,
    pub(super) close: sys::Close,
    pub(super) most_delayed: sys::Delay,
}

/// Why there is no library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LoadError {
    #[error("it is turned off by {VARIABLE}=off")]
    Off,
    #[error("the system has no libx264 of build {BUILD}{}; {INSTALL}", beside(.0))]
    Missing(Vec<PathBuf>),
    #[error("{VARIABLE} names {}, which cannot be loaded: {why}", .path.display())]
    NotLoaded { path: PathBuf, why: String },
    #[error("{name} is libx264 of build {build}, and framewire speaks build {BUILD}", BUILD = sys::BUILD)]
    OtherBuild { name: String, build: u32 },
    #[error("{name} is no libx264: it has no function {symbol}")]
    Foreign { name: String, symbol: String },
    #[cfg(not(target_pointer_width = "64"))]
    #[error("the layout of libx264 is known for 64-bit systems alone")]
    Narrow,
}

const BUILD: u32 = sys::BUILD;
const INSTALL: &str = "Debian and Ubuntu have it as libx264-164 (apt-get install libx264-164), Homebrew as x264, and \
                       FRAMEWIRE_X264 can name a file";

impl Library {
    /// The library of this process: looked for once, and so is its absence.
    pub(super) fn get() -> Result<&'static Self, &'static LoadError> {
        static LIBRARY: OnceLock<Result<Library, LoadError>> = OnceLock::new();
        let find = || {
            let found = Self::find(env::var_os(VARIABLE));
            match &found {
                Ok(_) | Err(LoadError::Off | LoadError::Missing(_)) => {}
                // Somebody meant it to be used, and another encoder will take its place.
                Err(error) => tracing::warn!("x264 is not used: {error}"),
            }
            found
        };
        LIBRARY.get_or_init(find).as_ref()
    }

    /// Held while an encoder is opened or closed.
    pub(super) fn lifecycle(&self) -> MutexGuard<'_, ()> {
        self.lifecycle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(setting: Option<OsString>) -> Result<Self, LoadError> {
        #[cfg(not(target_pointer_width = "64"))]
        return Err(LoadError::Narrow);
        match setting.filter(|setting| !setting.is_empty()) {
            Some(setting) if setting.eq_ignore_ascii_case("off") => Err(LoadError::Off),
            Some(path) => {
                let not_loaded = |why| LoadError::NotLoaded { path: path.clone().into(), why };
                // The loader would wait for somebody to write into a pipe.
                if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
                    return Err(not_loaded("it is no regular file".to_owned()));
                }
                let handle = open_file(&path).map_err(|error| not_loaded(with_cause(&error)))?;
                Self::new(path.to_string_lossy().into_owned(), handle)
            }
            None => {
                let found =
                    candidates().into_iter().find_map(|name| Some((open_file(name.as_ref()).ok()?, name)));
                let (handle, name) = found.ok_or_else(|| LoadError::Missing(other_builds()))?;
                Self::new(name, handle)
            }
        }
    }

    fn new(name: String, handle: libloading::Library) -> Result<Self, LoadError> {
        let open = opener(BUILD);
        if !has(&handle, &open) {
            // Since builds are part of the name their numbers have had three digits.
            return Err(match (100..1000).find(|&build| has(&handle, &opener(build))) {
                Some(build) => LoadError::OtherBuild { name, build },
                None => LoadError::Foreign { name, symbol: open },
            });
        }
        // SAFETY: the library exports the opening function of build 164, so that its functions are those of the header
        // of that build, which `sys` repeats.
        match unsafe { Functions::read(&handle, &open) } {
            Ok(call) => Ok(Self { name, call, lifecycle: Mutex::new(()), _handle: handle }),
            Err(symbol) => Err(LoadError::Foreign { name, symbol }),
        }
    }
}

impl Functions {
    /// Looks every function up; an error is the name of one that is missing.
    ///
    /// # Safety
    /// `handle` is libx264 of the build in [`sys::BUILD`], whose opening function is called `open`.
    unsafe fn read(handle: &libloading::Library, open: &str) -> Result<Self, String> {
        // SAFETY: by the contract of this function each symbol is a function of the type that `sys` gives to it.
        unsafe {
            Ok(Self {
                default_preset: symbol(handle, "x264_param_default_preset")?,
                parse: symbol(handle, "x264_param_parse")?,
                apply_profile: symbol(handle, "x264_param_apply_profile")?,
                cleanup: symbol(handle, "x264_param_cleanup")?,
                init_picture: symbol(handle, "x264_picture_init")?,
                open: symbol(handle, open)?,
                reconfigure: symbol(handle, "x264_encoder_reconfig")?,
                encode: symbol(handle, "x264_encoder_encode")?,
                close: symbol(handle, "x264_encoder_close")?,
                most_delayed: symbol(handle, "x264_encoder_maximum_delayed_frames")?,
            })
        }
    }
}

/// # Safety
/// The library's symbol `name` is of type `T`.
unsafe fn symbol<T: Copy>(handle: &libloading::Library, name: &str) -> Result<T, String> {
    // SAFETY: by the contract of this function.
    unsafe { handle.get::<T>(name) }.map(|symbol| *symbol).map_err(|_| name.to_owned())
}

/// The name of the function that opens an encoder of `build`.
fn opener(build: u32) -> String {
    format!("x264_encoder_open_{build}")
}

fn has(handle: &libloading::Library, name: &str) -> bool {
    // SAFETY: the address is looked up and neither called nor read.
    unsafe { handle.get::<*const ()>(name) }.is_ok()
}

fn open_file(name: &OsStr) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: loading runs the initialisers of the library and, at the end of the process, its finalisers. The names are
    // those under which systems keep libx264, which has none of either beyond the C runtime's; another file is loaded only
    // where the user of the machine has named it, who can run any code in this process anyway.
    unsafe { libloading::Library::new(name) }
}

/// What the loader says, whose own words libloading keeps as the source of its error.
fn with_cause(error: &libloading::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// The names under which systems know build 164, the one of the loader's own search path first.
fn candidates() -> Vec<String> {
    if cfg!(windows) {
        vec![format!("libx264-{BUILD}.dll")]
    } else if cfg!(target_os = "macos") {
        let name = format!("libx264.{BUILD}.dylib");
        let homebrew = ["/opt/homebrew/lib", "/usr/local/lib"].map(|folder| format!("{folder}/{name}"));
        [name].into_iter().chain(homebrew).collect()
    } else {
        vec![format!("libx264.so.{BUILD}")]
    }
}

/// Libraries of other builds that lie where systems keep theirs.
fn other_builds() -> Vec<PathBuf> {
    let multiarch = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);
    let folders = ["/usr/lib", "/usr/lib64", &multiarch, "/usr/local/lib", "/opt/homebrew/lib"];
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut found: Vec<_> = entries.map(|entry| entry.path()).filter(|path| is_build(path)).collect();
    found.sort();
    found
}

/// Whether a file is named for a build: `libx264.so.163`, `libx264.163.dylib`.
fn is_build(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let number = name
        .strip_prefix("libx264.")
        .and_then(|rest| rest.strip_prefix("so.").or_else(|| rest.strip_suffix(".dylib")));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn beside(others: &[PathBuf]) -> String {
    if others.is_empty() {
        return String::new();
    }
    let names: Vec<_> = others.iter().map(|path| path.display().to_string()).collect();
    format!(" but {}, whose layout framewire does not know", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn refused(path: &Path) -> String {
        Library::find(Some(path.as_os_str().to_owned())).unwrap_err().to_string()
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let text = refused(Path::new("/nowhere/libx264.so.164"));
        assert!(
            text.starts_with("FRAMEWIRE_X264 names /nowhere/libx264.so.164, which cannot be loaded: "),
            "{text}"
        );
    }

    #[test]
    fn a_file_that_is_no_library_is_named() {
        let path = env::temp_dir().join(format!("framewire-no-library-{}", std::process::id()));
        fs::write(&path, "not a library").unwrap();
        let text = refused(&path);
        fs::remove_file(&path).unwrap();
        assert!(text.contains(&format!("{}, which cannot be loaded: ", path.display())), "{text}");
    }

    #[test]
    fn what_is_no_regular_file_is_refused_before_it_is_opened() {
        assert!(refused(&env::temp_dir()).ends_with("which cannot be loaded: it is no regular file"));
    }

    #[test]
    fn it_can_be_turned_off() {
        assert_eq!(Library::find(Some("OFF".into())).unwrap_err(), LoadError::Off);
    }

    #[test]
    fn another_build_and_another_library_are_told_apart() {
        let folder = env::temp_dir().join(format!("framewire-x264-builds-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let library = |name: &str, function: &str| {
            let (source, library) = (folder.join(format!("{name}.c")), folder.join(format!("{name}.so")));
            fs::write(&source, format!("int {function}(void) {{ return 0; }}\n")).unwrap();
            let compiled =
                Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
            compiled.is_ok_and(|status| status.success()).then_some(library)
        };
        let files = library("other", "x264_encoder_open_999").zip(library("foreign", "something_else"));
        if let Some((other, foreign)) = files {
            assert!(
                refused(&other).ends_with("other.so is libx264 of build 999, and framewire speaks build 164")
            );
            assert!(
                refused(&foreign)
                    .ends_with("foreign.so is no libx264: it has no function x264_encoder_open_164")
            );
        } else {
            println!("SKIPPED another_build_and_another_library_are_told_apart: there is no C compiler (cc)");
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn other_builds_are_found_by_their_names() {
        let is = |name: &str| is_build(&Path::new("/usr/lib").join(name));
        assert!(is("libx264.so.163") && is("libx264.165.dylib"));
        assert!(!is("libx264.so") && !is("libx264.a") && !is("libx2640.so.163"));
        let text = LoadError::Missing(vec!["/usr/lib/libx264.so.163".into()]).to_string();
        assert!(text.contains("but /usr/lib/libx264.so.163, whose layout"), "{text}");
    }
}
