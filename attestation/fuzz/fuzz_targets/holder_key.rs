//! Any text as the QR code of a wallet's key, and any bytes as the JWK in it: what is read is a key
//! that can be written and read again.
#![no_main]

use attestation::HolderKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = HolderKey::from_qr_text(text);
    }
    if let Ok(key) = HolderKey::from_jwk(bytes) {
        assert_eq!(HolderKey::from_qr_text(&key.to_qr_text()), Ok(key));
    }
});
