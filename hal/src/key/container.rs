//! The key store's file: sealed secrets by name, under a number and the driver's parameters. CBOR
//! (RFC 8949), an array of
//! `["kiosk-keys-1", kind, number, parameters, { name => sealed bytes }]`. Nothing in it is secret
//! without the machine it was made on.

use std::collections::BTreeMap;

use minicbor::{Decoder, Encoder};

use super::Kind;
use super::guarded::Form;

/// The format and its version.
pub(super) const FORMAT: &str = "kiosk-keys-1";
/// Far more than a kiosk has.
const MAX_ENTRIES: u64 = 16;
/// A sealed object of a TPM takes about 300 bytes.
const MAX_LEN: u64 = 16 << 10;

/// What a key store's file must look like from outside.
pub(super) const FORM: Form = Form {
    len: 1..=MAX_LEN,
    wanted: "a key store (at most 16 KiB)",
};

/// Sealed secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Container {
    pub kind: Kind,
    pub number: u64,
    pub parameters: Vec<u8>,
    pub entries: BTreeMap<String, Vec<u8>>,
}

impl Container {
    /// The file's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut e = Encoder::new(&mut bytes);
        let written: Result<(), minicbor::encode::Error<core::convert::Infallible>> = (|| {
            e.array(5)?.str(FORMAT)?;
            e.u8(match self.kind {
                Kind::Tpm => 1,
                Kind::File => 2,
            })?;
            e.u64(self.number)?.bytes(&self.parameters)?;
            e.map(self.entries.len() as u64)?;
            for (name, sealed) in &self.entries {
                e.str(name)?.bytes(sealed)?;
            }
            Ok(())
        })();
        // Nothing can go wrong when writing to memory.
        debug_assert!(written.is_ok());
        bytes
    }

    /// Reads the file's bytes; none if they are not a key store.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut d = Decoder::new(bytes);
        if d.array().ok()? != Some(5) || d.str().ok()? != FORMAT {
            return None;
        }
        let kind = match d.u8().ok()? {
            1 => Kind::Tpm,
            2 => Kind::File,
            _ => return None,
        };
        let (number, parameters) = (d.u64().ok()?, d.bytes().ok()?.to_vec());
        let count = d.map().ok()?.filter(|count| *count <= MAX_ENTRIES)?;
        let mut entries = BTreeMap::new();
        for _ in 0..count {
            let (name, sealed) = (d.str().ok()?.to_owned(), d.bytes().ok()?.to_vec());
            if entries.insert(name, sealed).is_some() {
                return None;
            }
        }
        (d.position() == bytes.len()).then_some(Self {
            kind,
            number,
            parameters,
            entries,
        })
    }
}
