//! Object identifiers as the bytes they are encoded with (ISO/IEC 8825-1, 8.19), for protocols
//! that compare and send them but never take them apart.

use std::fmt;

/// An object identifier.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Oid(Vec<u8>);

impl Oid {
    /// From the value of its encoding.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The value of its encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// In dotted decimal form where it is well-formed.
impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match der::asn1::ObjectIdentifier::from_bytes(&self.0) {
            Ok(oid) => write!(f, "{oid}"),
            Err(_) => write!(f, "(malformed object identifier)"),
        }
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
