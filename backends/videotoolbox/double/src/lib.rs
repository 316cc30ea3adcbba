//! A double of Apple's video frameworks, so that the VideoToolbox backend runs, unchanged, in tests on other systems.
//!
//! It exports the C symbols of CoreFoundation, CoreMedia, CoreVideo and VideoToolbox that the `objc2` bindings import,
//! with OpenH264 underneath. It exists under the cfg `framewire_videotoolbox_double` alone, which `cargo xtask
//! videotoolbox` sets, and is empty otherwise. A test takes the double for itself with `exclusive`, injects `Faults`
//! and asserts that nothing leaked:
//!
//! ```text
//! let double = framewire_videotoolbox_double::exclusive();
//! double.faults(|faults| faults.drop_every = Some(3));
//! // ... the code under test ...
//! double.assert_no_leaks();
//! ```
//!
//! Built as a dynamic library it is what the unchanged program is linked with (`cargo xtask videotoolbox program`); the
//! variable `FRAMEWIRE_DOUBLE_FAULTS` names the faults then.
//!
//! It is stricter than the frameworks: a reference that is released too often, a wrong type and a pixel buffer that is
//! freed under a lock end the process with the type's name; addresses of pixels are null without a lock.
#![cfg(framewire_videotoolbox_double)]
#![allow(non_snake_case, non_upper_case_globals, reason = "the names are Apple's")]

mod core_foundation;
mod core_media;
mod core_video;
mod faults;
mod keys;
mod ledger;
mod object;
mod types;
mod video_toolbox;

pub use faults::{Exclusive, Faults, WrongSps, exclusive};
pub use ledger::{Kind, Ledger};
