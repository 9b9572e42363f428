//! Any bytes as a status list; any payload under the operator's own signature; and any bytes as the
//! compressed list in a payload that is right, so that the fuzzer gets as far as zlib.
#![no_main]

use attestation::{OperatorPublicKey, StatusList};
use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::{Signer, SigningKey};
use libfuzzer_sys::fuzz_target;

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn signed(key: &SigningKey, payload: &[u8]) -> String {
    let header = encode(br#"{"alg":"EdDSA","typ":"statuslist+jwt"}"#);
    let signed = format!("{header}.{}", encode(payload));
    let signature = key.sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", encode(&signature))
}

fn payload(bits: u8, packed: &[u8]) -> String {
    let list = format!(r#"{{"bits":{bits},"lst":"{}"}}"#, encode(packed));
    format!(r#"{{"sub":"urn:kiosk:status:s/k","iat":1,"ttl":1,"status_list":{list}}}"#)
}

fuzz_target!(|bytes: &[u8]| {
    let key = SigningKey::from_bytes(&[1; 32]);
    let pem = key
        .verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .unwrap();
    let operator = OperatorPublicKey::parse(&pem).unwrap();
    let _ = StatusList::decode(bytes, &operator);
    let _ = StatusList::decode(signed(&key, bytes).as_bytes(), &operator);
    let Some((bits, packed)) = bytes.split_first() else {
        return;
    };
    let bits = 1 << (bits & 3);
    let text = signed(&key, payload(bits, packed).as_bytes());
    if let Ok(list) = StatusList::decode(text.as_bytes(), &operator) {
        assert!(list.entries() * u64::from(bits) <= 8 * (2 << 20));
        assert!(list.status(list.entries()).is_none());
        assert!(list.exceptions().all(|(index, _)| index < list.entries()));
    }
});
