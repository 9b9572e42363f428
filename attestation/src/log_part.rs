//! A part of one kiosk's log: consecutive entries that form a subtree of its Merkle tree, from
//! `start` up to, but without, `end`. Where it begins at the first entry it is the whole log of that
//! size, and what the kiosk signs is its C2SP checkpoint. Otherwise it signs the subtree, so that a
//! receipt in a log of millions stays as small as one in a young log; the idea of signed subtrees
//! is that of Merkle Tree Certificates (draft-ietf-plants-merkle-tree-certs, "Subtrees").
//!
//! A signed subtree pins its own entries, not those before it: the kiosk cannot take an entry out or
//! put another in its place without contradicting its own signature.

use base64ct::{Base64, Encoding};

use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::cose::SIGNATURE_BYTES;
use crate::device::{DeviceKey, DevicePublicKey, LOG_PART};
use crate::merkle::Hash;

/// Entries `start..end` of one kiosk's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPart {
    /// Which log.
    pub origin: String,
    /// Its first entry; 0 where it is the whole log.
    pub start: u64,
    /// The entry after its last: the size of the log when it was signed.
    pub end: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

impl LogPart {
    /// Whether these entries are a subtree of their log, so that its nodes are nodes of the log:
    /// `start` is a multiple of the smallest power of two that is not below the number of entries.
    #[must_use]
    pub fn is_subtree(start: u64, end: u64) -> bool {
        let entries = end.checked_sub(start).filter(|entries| *entries > 0);
        let room = entries.and_then(u64::checked_next_power_of_two);
        room.is_some_and(|room| start.is_multiple_of(room))
    }

    fn body(&self) -> String {
        if self.start == 0 {
            return self.checkpoint().body();
        }
        let Self {
            origin, start, end, ..
        } = self;
        let root = Base64::encode_string(&self.root);
        format!("{LOG_PART}{origin}\n{start}\n{end}\n{root}\n")
    }

    /// As a head, which it is if it begins at the first entry.
    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            origin: self.origin.clone(),
            size: self.end,
            root: self.root,
        }
    }
}

/// A part of a log and the kiosk's signature on it, not necessarily checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedLogPart {
    /// What is signed.
    pub part: LogPart,
    /// The Ed25519 signature over its text.
    pub signature: [u8; SIGNATURE_BYTES],
}

impl SignedLogPart {
    /// Whether this key signed it.
    #[must_use]
    pub fn is_signed_by(&self, device: &DevicePublicKey) -> bool {
        device.signed_text(&self.part.body(), &self.signature)
    }

    /// The head of the log, where this is all of it.
    #[must_use]
    pub fn checkpoint(&self) -> Option<SignedCheckpoint> {
        (self.part.start == 0).then(|| SignedCheckpoint {
            checkpoint: self.part.checkpoint(),
            signature: self.signature,
        })
    }
}

impl DeviceKey {
    /// Signs a part of the log.
    #[must_use]
    pub fn sign_part(&self, part: LogPart) -> SignedLogPart {
        SignedLogPart {
            signature: self.sign(part.body().as_bytes()),
            part,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(start: u64) -> LogPart {
        LogPart {
            origin: "kiosk-log/hall/k1".to_owned(),
            start,
            end: 6,
            root: [0; 32],
        }
    }

    #[test]
    fn only_aligned_entries_are_a_subtree() {
        for (start, end) in [
            (0, 1),
            (0, 6),
            (4, 6),
            (4, 7),
            (4, 8),
            (7, 8),
            (1 << 63, (1 << 63) + 1),
        ] {
            assert!(LogPart::is_subtree(start, end), "{start}..{end}");
        }
        for (start, end) in [(0, 0), (4, 4), (4, 3), (2, 5), (4, 9), (1, u64::MAX)] {
            assert!(!LogPart::is_subtree(start, end), "{start}..{end}");
        }
    }

    #[test]
    fn what_begins_at_the_first_entry_is_signed_as_a_checkpoint_and_nothing_else_is() {
        let device = DeviceKey::from_seed(&[1; 32]);
        let whole = device.sign_part(part(0));
        let head = device.sign_checkpoint(part(0).checkpoint());
        assert_eq!(whole.checkpoint(), Some(head));
        let later = device.sign_part(part(4));
        assert_eq!(later.checkpoint(), None);
        assert!(later.is_signed_by(&device.public()));
        for other in [0, 5] {
            let moved = SignedLogPart {
                part: part(other),
                signature: later.signature,
            };
            assert!(!moved.is_signed_by(&device.public()));
        }
    }
}
