//! The suite that every backend passes.
#![cfg(feature = "openh264")]

use framewire_codec::testing::conformance::Subject;

fn subject() -> Result<Subject, String> {
    let encoder = framewire_software::openh264::encoder();
    let decoder = framewire_software::openh264::decoder();
    Ok(Subject { encoder, decoder, least_psnr: 36.0, follows_bitrate: true })
}

framewire_codec::conformance!(subject);
