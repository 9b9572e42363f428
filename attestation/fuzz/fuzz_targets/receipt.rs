//! Any text as a receipt, in each of its forms: what is read is written again as it was.
#![no_main]

use attestation::Receipt;
use libfuzzer_sys::fuzz_target;

const PAGE: &str = "https://a";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Receipt::decode(text);
        let _ = Receipt::decode(&format!("{PAGE}#{text}"));
    }
    // The fuzzer does not find base45 by itself: give it the bytes behind it too.
    let encoded = base45::encode(bytes);
    let text = format!("KVR1:{encoded}");
    if let Ok(receipt) = Receipt::decode(&text) {
        assert_eq!(receipt.encode(), text);
        assert_eq!(receipt.to_cbor(), bytes);
        let url = receipt.to_url(PAGE).expect("the page is one");
        assert_eq!(Receipt::decode(&url).expect("written by us"), receipt);
    }
});
