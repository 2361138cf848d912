#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| faultmart_fuzz::xray_packet(bytes));
