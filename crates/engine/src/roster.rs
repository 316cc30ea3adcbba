use framewire_codec::{BackendError, Codec, EncoderConfig, Finding, Roster};
use framewire_frame::{PictureRef, Timestamp};
use std::sync::Once;

/// Everything that is compiled into this program and can encode, decode or convert.
///
/// The features `openh264`, `x264`, `images` and `turbojpeg` say what that is, and on macOS VideoToolbox stands before
/// them. Whether a backend works on this machine shows when it is opened.
pub fn roster() -> Roster {
    join(&[
        Roster {
            encoders: framewire_videotoolbox::encoders(),
            decoders: framewire_videotoolbox::decoders(),
            converters: framewire_videotoolbox::converters(),
            ..Roster::default()
        },
        #[cfg(any(feature = "openh264", feature = "x264", feature = "images", feature = "turbojpeg"))]
        Roster {
            encoders: framewire_software::encoders(),
            decoders: framewire_software::decoders(),
            images: framewire_software::images(),
            ..Roster::default()
        },
    ])
}

/// Frames of macOS: textures and buffers of Metal, and pixel buffers of CoreVideo.
#[cfg(target_os = "macos")]
pub mod apple {
    pub use framewire_videotoolbox::{
        CONVERT_VARIABLE, Light, MetalQueue, MetalSurface, PixelBufferSurface, PixelTransfer, SourceLayout,
        Texel,
    };
}

/// One roster of several; within a tier, those of the first come first.
fn join(rosters: &[Roster]) -> Roster {
    Roster {
        encoders: rosters.iter().flat_map(|roster| roster.encoders.clone()).collect(),
        decoders: rosters.iter().flat_map(|roster| roster.decoders.clone()).collect(),
        images: rosters.iter().flat_map(|roster| roster.images.clone()).collect(),
        converters: rosters.iter().flat_map(|roster| roster.converters.clone()).collect(),
    }
}

/// Whether the compiled-in video encoder has its assembly code; without it, it runs at about half its speed.
pub fn software_encoder_is_assembled() -> bool {
    #[cfg(feature = "openh264")]
    {
        framewire_software::assembly()
    }
    #[cfg(not(feature = "openh264"))]
    {
        false
    }
}

/// A library that is not a part of this program and was found on the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemLibrary {
    /// The name of the candidate that needs it.
    pub name: &'static str,
    /// Under which terms its owner has it.
    pub licence: &'static str,
    /// Its file and its build.
    pub found: String,
}

/// The libraries of the system that this build uses. A candidate whose library is missing says so when it is opened.
pub fn system_libraries() -> Vec<SystemLibrary> {
    #[cfg(feature = "x264")]
    if let Ok(found) = framewire_software::x264::library() {
        return vec![SystemLibrary { name: framewire_software::x264::NAME, licence: "GPL", found }];
    }
    Vec::new()
}

/// What is known of the encoders in hardware of this machine, which are tried where nothing is: each may take a fraction of a
/// second. With `refresh`, what was found before is forgotten first, also what earlier runs have left on disk.
pub fn findings(refresh: bool) -> Vec<Finding> {
    framewire_videotoolbox::findings(refresh)
}

/// Looks at the encoders of `roster` that are hardware, once in the life of the program and behind its back, so that no viewer
/// waits for that.
pub(crate) fn look_ahead(roster: &Roster) {
    static LOOKED: Once = Once::new();
    if !roster.has_hardware() {
        return;
    }
    LOOKED.call_once(|| {
        let look = || {
            for Finding { name, codec, trial, .. } in findings(false) {
                match trial {
                    Ok(trial) => tracing::info!("{name} encodes {codec} with {}", trial.settings),
                    Err(why) => tracing::info!("{name} encodes no {codec}: {why}"),
                }
            }
        };
        // Without the thread the first session looks.
        let _ = std::thread::Builder::new().name("framewire look".to_owned()).spawn(look);
    });
}

/// What this machine encodes in hardware, as opening a small session for each codec shows; the names are those of the
/// candidates.
pub fn hardware_codecs() -> Vec<(&'static str, Codec)> {
    let codecs = framewire_videotoolbox::supported();
    codecs.into_iter().map(|codec| (framewire_videotoolbox::NAME, codec)).collect()
}

/// One call encodes one I420 picture and gives the bytes that it took.
pub type BareLoop = Box<dyn FnMut(PictureRef<'_>, Timestamp) -> Result<usize, BackendError> + Send>;

/// The loop that a user of the bare library behind candidate `name` would write: the yardstick of benchmarks. `None`
/// where there is no such library.
///
/// # Errors
/// As opening the candidate.
pub fn bare_loop(name: &str, config: &EncoderConfig) -> Option<Result<BareLoop, BackendError>> {
    #[cfg(feature = "openh264")]
    if name == framewire_software::openh264::NAME {
        let opened = framewire_software::openh264::BareLoop::open(config);
        return Some(
            opened.map(|mut bare| -> BareLoop {
                Box::new(move |picture, moment| bare.encode(picture, moment))
            }),
        );
    }
    let _ = (name, config);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_and_opens_in_hardware_is_in_the_roster() {
        let roster = roster();
        let has = |name| roster.encoders.iter().any(|candidate| candidate.name == name);
        assert!(findings(false).iter().all(|finding| has(finding.name)));
        assert!(hardware_codecs().iter().all(|(name, _)| has(name)));
        assert!(roster.has_hardware() || findings(true).is_empty() && hardware_codecs().is_empty());
    }
}
