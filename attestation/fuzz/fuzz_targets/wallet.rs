//! Any text as the wallet form; and any payload and disclosures under the signature of a kiosk that
//! the operator vouches for, so that the fuzzer gets behind it. Whatever is accepted is that kiosk's.
#![no_main]

use std::sync::LazyLock;

use attestation::wallet::{self, KeyBinding, WalletToken};
use attestation::{Credential, DeviceKey, Name, OperatorKey, OperatorPublicKey, Validity};
use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use libfuzzer_sys::fuzz_target;
use minicbor::Encoder;

const SEED: [u8; 32] = [1; 32];

struct Kiosk {
    operator: OperatorPublicKey,
    header: String,
}

/// The operator's key is another one in each run; nothing that is read depends on it.
static KIOSK: LazyLock<Kiosk> = LazyLock::new(|| {
    let operator = OperatorKey::generate().expect("there is randomness");
    let name = |text| Name::new(text).expect("plain");
    let device = DeviceKey::from_seed(&SEED).public();
    let validity = Validity {
        not_before: 0,
        not_after: u64::MAX,
    };
    let credential = Credential::issue(&operator, name("k"), name("s"), device, validity);
    Kiosk {
        operator: operator.public(),
        header: header(&credential),
    }
});

fn header(credential: &Credential) -> String {
    let cose = credential.to_cose();
    let mut short = Encoder::new(Vec::new());
    short.array(4).unwrap();
    short.bytes(credential.device.as_bytes()).unwrap();
    short.u64(credential.validity.not_before).unwrap();
    short.u64(credential.validity.not_after).unwrap();
    short.bytes(&cose[cose.len() - 64..]).unwrap();
    let short = encode(&short.into_writer());
    format!(r#"{{"alg":"EdDSA","typ":"dc+sd-jwt","kiosk_credential":"{short}"}}"#)
}

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// `<payload> NUL <disclosure> NUL …`, signed.
fn signed(bytes: &[u8]) -> String {
    let mut parts = bytes.split(|byte| *byte == 0);
    let payload = encode(parts.next().unwrap_or_default());
    let signed = format!("{}.{payload}", encode(KIOSK.header.as_bytes()));
    let signature = SigningKey::from_bytes(&SEED).sign(signed.as_bytes());
    let disclosures = parts.map(|part| encode(part) + "~").collect::<String>();
    format!("{signed}.{}~{disclosures}", encode(&signature.to_bytes()))
}

fn check(text: &str) {
    let Ok(token) = WalletToken::decode(text) else {
        return;
    };
    let asked = KeyBinding::just_now("nonce", "audience");
    let _ = token.verify(&KIOSK.operator, Some(&asked), Some(0));
    if let Ok(verified) = token.verify(&KIOSK.operator, None, None) {
        assert_eq!(verified.claims().kiosk.as_str(), "k");
        assert!(verified.fields().len() <= verified.disclosable());
        let less = wallet::select(text, &[]).expect("it is a token");
        let less = WalletToken::decode(&less).expect("it still is");
        assert!(less.verify(&KIOSK.operator, None, None).is_ok());
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(text);
    }
    check(&signed(bytes));
});
