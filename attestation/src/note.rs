//! Reading a checkpoint from its signed note (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).
//! The kiosk's signature must be there and hold; signatures of others may stand beside it, those of
//! witnesses are for [`crate::WitnessPublicKey`].

use base64ct::{Base64, Encoding};

use crate::checkpoint::{Checkpoint, SignedCheckpoint, key_id};
use crate::cose::SIGNATURE_BYTES;
use crate::device::DevicePublicKey;

/// Room for the kiosk's signature and those of a hundred witnesses, in bytes.
pub(crate) const MAX_BYTES: usize = 16 << 10;

/// How a line with a signature begins: an em dash and a space.
pub(crate) const SIGNATURE_LINE: &str = "\u{2014} ";

/// What a line with an Ed25519 signature carries: the hint at the key, and the signature.
const STAMP_BYTES: usize = 4 + SIGNATURE_BYTES;

/// A checkpoint with signatures of whomsoever, not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<'t> {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// Names and stamps: a hint at a key, and a signature of any type.
    pub(crate) signatures: Vec<(&'t str, Vec<u8>)>,
}

impl<'t> Note<'t> {
    /// Reads a note.
    ///
    /// # Errors
    /// When it is not a checkpoint as a kiosk writes it.
    pub fn parse(note: &'t str) -> Result<Self, NoteError> {
        let parse = || {
            if note.len() > MAX_BYTES {
                return None;
            }
            let (lines, signatures) = note.rsplit_once("\n\n")?;
            let lines_of_signatures = signatures.strip_suffix('\n')?.split('\n');
            Some(Self {
                checkpoint: read_body(lines)?,
                signatures: lines_of_signatures
                    .map(read_signature)
                    .collect::<Option<_>>()?,
            })
        };
        parse().ok_or(NoteError::Malformed)
    }

    /// The checkpoint, if this key signed it.
    ///
    /// # Errors
    /// When it did not.
    pub fn signed_by(&self, device: &DevicePublicKey) -> Result<SignedCheckpoint, NoteError> {
        let ours = key_id(&self.checkpoint.origin, device);
        let mut found = None;
        for (name, stamp) in &self.signatures {
            if *name != self.checkpoint.origin || stamp.get(..4) != Some(&ours[..]) {
                continue;
            }
            let signature = *stamp.last_chunk().ok_or(NoteError::Malformed)?;
            let body = self.checkpoint.body();
            if stamp.len() != STAMP_BYTES || !device.signed_text(&body, &signature) {
                return Err(NoteError::Signature);
            }
            found = found.or(Some(signature));
        }
        Ok(SignedCheckpoint {
            checkpoint: self.checkpoint.clone(),
            signature: found.ok_or(NoteError::Signature)?,
        })
    }
}

impl SignedCheckpoint {
    /// Reads a note and checks that this key signed it.
    ///
    /// # Errors
    /// When it is not a checkpoint as a kiosk writes it, or not signed by this key.
    pub fn from_note(note: &str, device: &DevicePublicKey) -> Result<Self, NoteError> {
        Note::parse(note)?.signed_by(device)
    }
}

/// Why a note is not a checkpoint of this kiosk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not the text of a checkpoint.
    #[error("the checkpoint is damaged: it is not origin, size, root and signatures")]
    Malformed,
    /// Not signed by this key.
    #[error("the kiosk did not sign the checkpoint: it is another kiosk's, or was changed")]
    Signature,
    /// A witness's line does not hold.
    #[error("the witness did not sign this checkpoint: its line was changed, or is another log's")]
    Cosignature,
}

impl NoteError {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(&self) -> &'static str {
        match self {
            Self::Malformed => "checkpoint_malformed",
            Self::Signature => "checkpoint_signature",
            Self::Cosignature => "cosignature",
        }
    }
}

/// Origin, size and root. Only the one way to write them is taken, because that is what is signed.
fn read_body(lines: &str) -> Option<Checkpoint> {
    let (origin, rest) = lines.split_once('\n')?;
    let (size, root) = rest.split_once('\n')?;
    let mut hash = [0; 32];
    let read = Base64::decode(root, &mut hash).ok()?.len();
    let checkpoint = Checkpoint {
        origin: origin.to_owned(),
        size: size.parse().ok()?,
        root: hash,
    };
    let same = checkpoint.body().strip_suffix('\n') == Some(lines);
    (read == hash.len() && !origin.is_empty() && same).then_some(checkpoint)
}

/// The name of a key, and the stamp: a hint at the key, and a signature of any type.
fn read_signature(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, stamp) = line.strip_prefix(SIGNATURE_LINE)?.split_once(' ')?;
    Some((name, Base64::decode_vec(stamp).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::DeviceKey;

    fn device(seed: u8) -> DeviceKey {
        DeviceKey::from_seed(&[seed; 32])
    }

    fn signed() -> SignedCheckpoint {
        device(1).sign_checkpoint(Checkpoint {
            origin: "kiosk-log/hall/k1".to_owned(),
            size: 300,
            root: [7; 32],
        })
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let (signed, public) = (signed(), device(1).public());
        let note = signed.note(&public);
        assert_eq!(SignedCheckpoint::from_note(&note, &public), Ok(signed));
        let other = SignedCheckpoint::from_note(&note, &device(2).public());
        assert_eq!(other, Err(NoteError::Signature));
    }

    #[test]
    fn every_changed_character_is_refused() {
        let public = device(1).public();
        let note = signed().note(&public).into_bytes();
        for at in 0..note.len() {
            for bit in 0..8 {
                let mut changed = note.clone();
                changed[at] ^= 1 << bit;
                let read = std::str::from_utf8(&changed)
                    .ok()
                    .map(|note| SignedCheckpoint::from_note(note, &public));
                assert!(!matches!(read, Some(Ok(_))), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_witness_may_sign_beside_the_kiosk_but_not_instead() {
        let public = device(1).public();
        let note = signed().note(&public);
        let witness = "\u{2014} witness.example AAAAAAAA\n";
        let both = format!("{note}{witness}");
        assert!(SignedCheckpoint::from_note(&both, &public).is_ok());
        let (body, _) = note.rsplit_once("\n\n").unwrap();
        let alone = format!("{body}\n\n{witness}");
        let read = SignedCheckpoint::from_note(&alone, &public);
        assert_eq!(read, Err(NoteError::Signature));
    }

    #[test]
    fn other_texts_are_malformed() {
        let public = device(1).public();
        let note = signed().note(&public);
        for wrong in [
            String::new(),
            "\n\n".to_owned(),
            note.replace("300", "0300"),
            note.replace("300", "+300"),
            note.replace("\n300", "\n\n300"),
            note.replace("\n\n", "\nan extension\n\n"),
            note.replace('\n', "\r\n"),
            format!("{note}\n"),
            format!("{note}{}", "x".repeat(MAX_BYTES)),
        ] {
            let read = SignedCheckpoint::from_note(&wrong, &public);
            assert_eq!(read, Err(NoteError::Malformed), "{wrong:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "(.|\n|\u{2014} ){0,200}") {
            let _ = SignedCheckpoint::from_note(&text, &device(1).public());
        }
    }
}
