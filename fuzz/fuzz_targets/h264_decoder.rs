#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    framewire_codec::fuzz::decoder(framewire_software::openh264::decoder(), bytes);
});
