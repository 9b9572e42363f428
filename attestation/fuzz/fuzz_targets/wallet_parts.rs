//! Any lines as parts of a wallet proof; and any text, split and put together again.
#![no_main]

use attestation::wallet::parts::{Joiner, is_part, split};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut joiner = Joiner::new();
    for line in text.lines() {
        let _ = joiner.take(line);
        assert!(joiner.read() <= joiner.count());
    }
    if !text.is_ascii() || text.len() > 64 << 10 {
        return;
    }
    let codes = split(text);
    let [one] = codes.as_slice() else {
        let mut joiner = Joiner::new();
        let whole = codes.iter().rev().filter_map(|code| {
            assert!(is_part(code));
            joiner.take(code).expect("a part that was just made")
        });
        assert_eq!(whole.last().expect("all parts are there").as_str(), text);
        return;
    };
    assert_eq!(one.as_str(), text);
});
