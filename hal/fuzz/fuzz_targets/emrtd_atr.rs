//! Any bytes as a chip's answer to reset: nothing is announced by one that does not hold the object that
//! announces it, and whatever a reader puts behind a whole one takes nothing back.
#![no_main]

use hal::card::emrtd::atr::announces_extended;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|atr: &[u8]| {
    if !announces_extended(atr) {
        return;
    }
    let says_so = |bytes: &[u8]| bytes[0] == 0x73 && bytes[3] & 0x40 != 0;
    assert!(atr.windows(4).any(says_so));
    assert!(announces_extended(&[atr, &[0xFF; 4]].concat()));
});
