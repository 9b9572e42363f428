//! Any text as a plain receipt, in each of its forms: what is read is written again as it was.
#![no_main]

use attestation::{AnyReceipt, PlainReceipt};
use libfuzzer_sys::fuzz_target;

const PAGE: &str = "https://a";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = AnyReceipt::decode(text);
        let _ = PlainReceipt::decode(text);
        let _ = PlainReceipt::decode(&format!("{PAGE}#{text}"));
    }
    // The fuzzer does not find base45 by itself: give it the bytes behind it too.
    let text = format!("KVP1:{}", base45::encode(bytes));
    if let Ok(receipt) = PlainReceipt::decode(&text) {
        assert_eq!(receipt.encode(), text);
        assert_eq!(receipt.to_cbor(), bytes);
        let url = receipt.to_url(PAGE).expect("the page is one");
        assert_eq!(PlainReceipt::decode(&url).expect("written by us"), receipt);
    }
});
