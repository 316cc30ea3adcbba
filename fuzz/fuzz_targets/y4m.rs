#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| framewire_media::fuzz::y4m(bytes));
