//! Heads of the log as C2SP checkpoints (c2sp.org/tlog-checkpoint): three lines of text (origin,
//! size, root) that the kiosk signs as a note (c2sp.org/signed-note), so that the tools and
//! witnesses of transparency logs can read them. A verifier rebuilds the text from what it has
//! computed itself; only the signature travels in a receipt.

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

use crate::cose::SIGNATURE_BYTES;
use crate::device::{DevicePublicKey, HEAD};
use crate::merkle::Hash;
use crate::name::Name;

/// Signature type "Ed25519" of C2SP signed-note.
const NOTE_ED25519: u8 = 1;

/// A head of one kiosk's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The origin of a kiosk's log at a site. Neither part can contain the separator.
    #[must_use]
    pub fn origin(site: &Name, kiosk: &Name) -> String {
        format!("{HEAD}{site}/{kiosk}")
    }

    /// The text that is signed.
    pub(crate) fn body(&self) -> String {
        let root = Base64::encode_string(&self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }
}

/// A checkpoint and the kiosk's signature on it, not necessarily checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// The Ed25519 signature over the checkpoint's text.
    pub signature: [u8; SIGNATURE_BYTES],
}

impl SignedCheckpoint {
    /// Whether this key signed it.
    #[must_use]
    pub fn is_signed_by(&self, device: &DevicePublicKey) -> bool {
        device.signed_text(&self.checkpoint.body(), &self.signature)
    }

    /// The signed note, for tools of transparency logs.
    #[must_use]
    pub fn note(&self, device: &DevicePublicKey) -> String {
        let name = &self.checkpoint.origin;
        let stamp = [&key_id(name, device)[..], &self.signature].concat();
        let stamp = Base64::encode_string(&stamp);
        format!("{}\n\u{2014} {name} {stamp}\n", self.checkpoint.body())
    }
}

/// The verifier key of C2SP signed-note, by which tools of transparency logs know the kiosk's log.
#[must_use]
pub fn verifier_key(origin: &str, device: &DevicePublicKey) -> String {
    let id = u32::from_be_bytes(key_id(origin, device));
    let key = [&[NOTE_ED25519][..], device.as_bytes()].concat();
    format!("{origin}+{id:08x}+{}", Base64::encode_string(&key))
}

/// The note's hint at the key: SHA-256(name ‖ 0x0A ‖ type ‖ key)[..4].
pub(crate) fn key_id(name: &str, device: &DevicePublicKey) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', NOTE_ED25519])
        .chain_update(device.as_bytes())
        .finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::DeviceKey;

    /// The worked example of c2sp.org/signed-note: verifier key and note.
    #[test]
    fn the_example_of_c2sp_signed_note_holds() {
        let mut typed_key = [0; 33];
        Base64::decode(
            "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            &mut typed_key,
        )
        .unwrap();
        let mut stamp = [0; 68];
        Base64::decode(
            "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=",
            &mut stamp,
        )
        .unwrap();
        let key = DevicePublicKey::from_bytes(&typed_key[1..].try_into().unwrap()).unwrap();
        let (id, signature) = stamp.split_at(4);
        assert_eq!(typed_key[0], NOTE_ED25519);
        assert_eq!(key_id("example.com/foo", &key), id);
        assert_eq!(
            verifier_key("example.com/foo", &key),
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
        );
        assert!(key.signed_text(
            "This is an example message.\n",
            signature.try_into().unwrap()
        ));
    }

    #[test]
    fn a_checkpoint_is_three_lines_and_a_signature_line() {
        let device = DeviceKey::from_seed(&[1; 32]);
        let signed = device.sign_checkpoint(Checkpoint {
            origin: "kiosk-log/hall/k1".to_owned(),
            size: 3,
            root: [0; 32],
        });
        let note = signed.note(&device.public());
        assert!(note.starts_with(
            "kiosk-log/hall/k1\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u{2014} kiosk-log/hall/k1 "
        ));
        assert!(note.ends_with('\n'));
        assert!(signed.is_signed_by(&device.public()));
        let mut larger = signed.clone();
        larger.checkpoint.size = 4;
        assert!(!larger.is_signed_by(&device.public()));
        assert!(!signed.is_signed_by(&DeviceKey::from_seed(&[2; 32]).public()));
    }
}
