#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| framewire_protocol::fuzz::server_message(bytes));
