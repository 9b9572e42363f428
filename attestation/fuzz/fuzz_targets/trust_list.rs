//! Any bytes as a trust list, and any payload under the operator's own signature, so that the
//! fuzzer gets behind it. What is read is written again as it was.
#![no_main]

use attestation::{OperatorPublicKey, TrustList};
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::{Signer, SigningKey};
use libfuzzer_sys::fuzz_target;
use minicbor::Encoder;
use minicbor::data::Tag;

/// `{1: -8, 16: "application/kiosk-trust-list+cwt"}`.
fn protected() -> Vec<u8> {
    let mut header = Encoder::new(Vec::new());
    header.map(2).unwrap().i8(1).unwrap().i8(-8).unwrap();
    header.i8(16).unwrap();
    header.str("application/kiosk-trust-list+cwt").unwrap();
    header.into_writer()
}

/// The COSE_Sign1 of RFC 9052, made without the crate under test.
fn signed(key: &SigningKey, payload: &[u8]) -> Vec<u8> {
    let mut structure = Encoder::new(Vec::new());
    structure.array(4).unwrap().str("Signature1").unwrap();
    structure.bytes(&protected()).unwrap().bytes(&[]).unwrap();
    structure.bytes(payload).unwrap();
    let signature = key.sign(&structure.into_writer()).to_bytes();
    let mut message = Encoder::new(Vec::new());
    message.tag(Tag::new(18)).unwrap().array(4).unwrap();
    message.bytes(&protected()).unwrap().map(0).unwrap();
    message.bytes(payload).unwrap().bytes(&signature).unwrap();
    message.into_writer()
}

fuzz_target!(|bytes: &[u8]| {
    let key = SigningKey::from_bytes(&[1; 32]);
    let pem = key
        .verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .unwrap();
    let operator = OperatorPublicKey::parse(&pem).unwrap();
    let _ = TrustList::decode(bytes, &operator);
    let message = signed(&key, bytes);
    match TrustList::decode(&message, &operator) {
        Ok(list) => assert_eq!(list.encode(), message),
        Err(error) => assert_ne!(error.as_code(), "trust_list_signature"),
    }
});
