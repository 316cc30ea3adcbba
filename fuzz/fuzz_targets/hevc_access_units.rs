#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| framewire_bitstream::fuzz::hevc_access_units(bytes));
