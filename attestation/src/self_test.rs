//! The kiosk signs the report of its self-test, so that an operator can tell from a file that an
//! enrolled kiosk, and nobody else, wrote it. What the report says is none of this crate's
//! business: it signs bytes.
//!
//! Standard: Ed25519 (RFC 8032) over [`SELF_TEST`] and the report; what else the key signs begins
//! otherwise (`device.rs`).

use crate::cose::SIGNATURE_BYTES;
use crate::device::{DeviceKey, DevicePublicKey, SELF_TEST};

impl DeviceKey {
    /// Signs the report of a self-test.
    #[must_use]
    pub fn sign_self_test(&self, report: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.sign(&in_context(report))
    }
}

impl DevicePublicKey {
    /// Whether this key signed this report of a self-test (strict verification).
    #[must_use]
    pub fn signed_self_test(&self, report: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        self.signed(&in_context(report), signature)
    }
}

fn in_context(report: &[u8]) -> Vec<u8> {
    [SELF_TEST.as_bytes(), report].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;

    #[test]
    fn a_report_is_signed_as_it_is_and_by_one_kiosk() {
        let key = DeviceKey::from_seed(&[1; 32]);
        let signature = key.sign_self_test(b"{}");
        assert!(key.public().signed_self_test(b"{}", &signature));
        assert!(!key.public().signed_self_test(b"{ }", &signature));
        let other = DeviceKey::from_seed(&[2; 32]).public();
        assert!(!other.signed_self_test(b"{}", &signature));
    }

    #[test]
    fn a_signature_on_a_checkpoint_is_none_on_a_report() {
        let key = DeviceKey::from_seed(&[1; 32]);
        let signed = key.sign_checkpoint(Checkpoint {
            origin: "kiosk-log/hall/k1".to_owned(),
            size: 1,
            root: [0; 32],
        });
        let text = signed.checkpoint.body();
        assert!(
            !key.public()
                .signed_self_test(text.as_bytes(), &signed.signature)
        );
    }
}
