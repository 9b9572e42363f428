//! What a trust list says, and how it is written: each list has exactly one encoding, because its
//! keys stand in the order of their bytes.

use crate::cbor::{DecodeError, Reader, Writer};
use crate::codes::codes_of;
use crate::credential::{Validity, read_public_key};
use crate::cwt;
use crate::device::DevicePublicKey;
use crate::name::Name;

/// The version of the list that this program writes and reads.
const VERSION: u64 = 1;

/// Keys of the map under [`cwt::PRIVATE`].
mod key {
    pub(super) const VERSION: i64 = 0;
    pub(super) const SEQUENCE: i64 = 1;
    pub(super) const NEXT_UPDATE: i64 = 2;
    pub(super) const KEYS: i64 = 3;
}

/// One kiosk's key, and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    /// The key, which is its own identifier.
    pub key: DevicePublicKey,
    /// The kiosk whose it is.
    pub kiosk: Name,
    /// When the operator's word for it holds at most.
    pub validity: Validity,
    /// What has become of it.
    pub state: KeyState,
}

/// What has become of a key. Every time is in seconds since 1970, and the first second from which
/// attestations by this key no longer count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// In use.
    Active,
    /// Replaced by another key of the same kiosk.
    Rotated {
        /// From when.
        from: u64,
        /// The key that follows.
        to: DevicePublicKey,
    },
    /// Doubtful for the time being; a later list lifts this, or revokes the key.
    Suspended {
        /// From when.
        from: u64,
    },
    /// Out of use for ever.
    Revoked {
        /// From when.
        from: u64,
    },
}

codes_of! {
    KeyState {
        Active = "active",
        Rotated = "rotated",
        Suspended = "suspended",
        Revoked = "revoked",
    }
}

impl KeyState {
    /// From when on attestations by this key no longer count; none while it is in use.
    #[must_use]
    pub const fn ended(&self) -> Option<u64> {
        match *self {
            Self::Active => None,
            Self::Rotated { from, .. } | Self::Suspended { from } | Self::Revoked { from } => {
                Some(from)
            }
        }
    }

    fn write(&self, w: &mut Writer) {
        match *self {
            Self::Active => w.array(1).uint(0),
            Self::Rotated { from, to } => w.array(3).uint(1).uint(from).bytes(to.as_bytes()),
            Self::Suspended { from } => w.array(2).uint(2).uint(from),
            Self::Revoked { from } => w.array(2).uint(3).uint(from),
        };
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match (r.any_array()?, r.uint()?) {
            (1, 0) => Ok(Self::Active),
            (3, 1) => Ok(Self::Rotated {
                from: r.uint()?,
                to: read_public_key(&r.bytes()?)?,
            }),
            (2, 2) => Ok(Self::Suspended { from: r.uint()? }),
            (2, 3) => Ok(Self::Revoked { from: r.uint()? }),
            _ => Err(unknown("the state of a key")),
        }
    }
}

/// The signed part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) sequence: u64,
    pub(super) issued_at: u64,
    pub(super) next_update: u64,
    pub(super) keys: Vec<ListedKey>,
}

impl Content {
    pub(super) fn payload(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.map(2).int(cwt::IAT).uint(self.issued_at);
        w.int(cwt::PRIVATE).map(4);
        w.int(key::VERSION).uint(VERSION);
        w.int(key::SEQUENCE).uint(self.sequence);
        w.int(key::NEXT_UPDATE).uint(self.next_update);
        w.int(key::KEYS).array(self.keys.len() as u64);
        for listed in &self.keys {
            listed.write(&mut w);
        }
        w.finish()
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.map()?;
        let issued_at = r.after(cwt::IAT, Reader::uint)?;
        r.after(cwt::PRIVATE, Reader::map)?;
        match r.after(key::VERSION, Reader::uint)? {
            VERSION => {}
            other => return Err(DecodeError::UnknownVersion(other)),
        }
        let content = Self {
            issued_at,
            sequence: r.after(key::SEQUENCE, Reader::uint)?,
            next_update: r.after(key::NEXT_UPDATE, Reader::uint)?,
            keys: r.after(key::KEYS, read_keys)?,
        };
        if content.next_update <= content.issued_at {
            return Err(unknown("the time of the next update"));
        }
        Ok(content)
    }
}

impl ListedKey {
    fn write(&self, w: &mut Writer) {
        w.array(5).bytes(self.key.as_bytes());
        w.text(self.kiosk.as_str());
        w.uint(self.validity.not_before);
        w.uint(self.validity.not_after);
        self.state.write(w);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.array(5)?;
        Ok(Self {
            key: read_public_key(&r.bytes()?)?,
            kiosk: r.name()?,
            validity: Validity {
                not_before: r.uint()?,
                not_after: r.uint()?,
            },
            state: KeyState::read(r)?,
        })
    }
}

/// Grows with what is there, not with what the length claims.
fn read_keys(r: &mut Reader<'_>) -> Result<Vec<ListedKey>, DecodeError> {
    let length = r.any_array()?;
    if length > super::MAX_KEYS as u64 {
        return Err(unknown("the number of keys"));
    }
    let mut keys = Vec::<ListedKey>::new();
    for _ in 0..length {
        let next = ListedKey::read(r)?;
        let ascending = |last: &ListedKey| last.key.as_bytes() < next.key.as_bytes();
        if !keys.last().is_none_or(ascending) {
            return Err(unknown("the order of the keys"));
        }
        keys.push(next);
    }
    Ok(keys)
}

const fn unknown(what: &'static str) -> DecodeError {
    DecodeError::Unknown { what }
}
