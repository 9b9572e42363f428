//! Any bytes as what an endpoint answers, as what a contract returns, and as the two files that
//! operators and kiosks exchange. What is read from a file is written again and read the same.
#![no_main]

use attestation::chain::{Contracts, SenderEnrolment, parse_answer, parse_returned};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse_answer(bytes, 7);
    parse_returned(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = parse_answer(format!(r#"{{"jsonrpc":"2.0","id":7,{text}}}"#).as_bytes(), 7);
    let _ = SenderEnrolment::parse(text);
    if let Ok(contracts) = Contracts::parse(text) {
        assert_eq!(Contracts::parse(&contracts.to_json()), Ok(contracts));
    }
});
