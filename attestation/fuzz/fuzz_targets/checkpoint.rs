//! Any text as a checkpoint's note, and any lines under the kiosk's own signature. What is read is
//! written again as it was.
#![no_main]

use attestation::{DeviceKey, SignedCheckpoint, verifier_key};
use ed25519_dalek::{Signer, SigningKey};
use libfuzzer_sys::fuzz_target;

const SEED: [u8; 32] = [1; 32];

/// Base64 with padding (RFC 4648 §4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for digit in 0..4 {
            let at = (bits >> (18 - 6 * digit)) as usize & 63;
            text.push(if digit > group.len() {
                '='
            } else {
                DIGITS[at] as char
            });
        }
    }
    text
}

fuzz_target!(|text: &str| {
    let device = DeviceKey::from_seed(&SEED).public();
    let _ = SignedCheckpoint::from_note(text, &device);
    let body = format!("{text}\n");
    let origin = text.split('\n').next().unwrap_or_default();
    let key = verifier_key(origin, &device);
    let id = key
        .rsplit('+')
        .find(|part| part.len() == 8)
        .unwrap_or_default();
    let Ok(id) = u32::from_str_radix(id, 16) else {
        return;
    };
    let signature = SigningKey::from_bytes(&SEED)
        .sign(body.as_bytes())
        .to_bytes();
    let stamp = base64(&[&id.to_be_bytes()[..], &signature].concat());
    let note = format!("{body}\n\u{2014} {origin} {stamp}\n");
    if let Ok(read) = SignedCheckpoint::from_note(&note, &device) {
        assert_eq!(read.note(&device), note);
    }
});
