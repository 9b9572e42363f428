//! What a travel document says, and what of it is proven: made only from a document that was
//! read whole, with the verdict of passive authentication attached.

use std::time::SystemTime;

use super::lds::{self, HolderDetails, IssueDetails, LdsError, Portrait, SecurityInfos};
use super::mrz::Mrz;
use super::pki::country;
use super::pki::passive::{self, PassiveFault, PassivePolicy, PassiveProof};
use super::pki::trust::TrustStore;
use super::procedure::{Access, ChipProof, RawDocument};

/// The contents of one travel document.
#[derive(Debug)]
pub struct EmrtdRecord {
    /// The machine-readable zone of data group 1.
    pub mrz: Mrz,
    /// The portrait of data group 2.
    pub portrait: Portrait,
    /// Data group 11, where there is one that can be read.
    pub holder: Option<HolderDetails>,
    /// Data group 12, where there is one that can be read.
    pub issue: Option<IssueDetails>,
    /// What was proven, and how.
    pub authentication: Authentication,
}

/// What was proven about a document, and how.
#[derive(Clone, Debug)]
pub struct Authentication {
    /// How the chip was opened.
    pub access: Access,
    /// Whether the data is what a trusted state signed, or why not.
    pub passive: Result<PassiveProof, PassiveFault>,
    /// What the chip did to show that it is no copy.
    pub chip: ChipProof,
    /// How many commands the reading took.
    pub commands: usize,
}

/// How far a document can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authenticity {
    /// A trusted state signed the data, and the chip showed that it is the one it was issued
    /// with.
    Chip,
    /// A trusted state signed the data; the chip offers no proof that it is no copy.
    Data,
    /// Neither: see [`Authentication::passive`] and [`Authentication::chip`] for why.
    None,
}

impl Authentication {
    /// How far the document can be relied on. A chip's proof counts only where the data group
    /// with its key is itself authentic; a chip that failed makes the whole document worthless.
    #[must_use]
    pub fn authenticity(&self) -> Authenticity {
        let (Ok(proof), chip) = (&self.passive, self.chip) else {
            return Authenticity::None;
        };
        let key_group = match chip {
            ChipProof::ChipAuthentication { .. } => 14,
            ChipProof::ActiveAuthentication(_) => 15,
            ChipProof::NotOffered => return Authenticity::Data,
            ChipProof::Failed => return Authenticity::None,
        };
        if proof.data_groups.contains(&key_group) {
            Authenticity::Chip
        } else {
            Authenticity::None
        }
    }

    /// A stable word for why the document cannot be relied on; `None` where it can.
    #[must_use]
    pub fn objection(&self) -> Option<&'static str> {
        match (&self.passive, self.authenticity()) {
            (Err(fault), _) => Some(fault.code()),
            (Ok(_), Authenticity::None) => Some("chip_not_genuine"),
            (Ok(_), _) => None,
        }
    }
}

impl EmrtdRecord {
    /// Reads the contents of a document and authenticates them.
    ///
    /// # Errors
    /// [`LdsError`] when data group 1 or 2 is not usable. A document that is not authentic is no
    /// error: its record says so.
    pub fn new(
        raw: &RawDocument,
        trust: &TrustStore,
        policy: PassivePolicy,
        now: SystemTime,
    ) -> Result<Self, LdsError> {
        let group = |number| raw.data_group(number).unwrap_or_default();
        let groups: Vec<(u8, &[u8])> = raw
            .data_groups
            .iter()
            .map(|g| (g.0, g.1.as_slice()))
            .collect();
        let mrz = lds::data_group_1(group(1))?;
        let passive = passive::authenticate(&raw.sod, &groups, trust, policy, now)
            .and_then(|proof| of_its_own_state(&mrz.issuer, proof))
            .and_then(|proof| undiminished(raw, proof));
        Ok(Self {
            mrz,
            portrait: Portrait::parse(group(2)).map_err(LdsError::Face)?,
            // Optional, and nothing is decided by them: what cannot be read is as good as absent.
            holder: raw
                .data_group(11)
                .and_then(|g| HolderDetails::parse(g).ok()),
            issue: raw.data_group(12).and_then(|g| IssueDetails::parse(g).ok()),
            authentication: Authentication {
                access: raw.access,
                passive,
                chip: raw.chip,
                commands: raw.commands,
            },
        })
    }
}

/// A trusted state must not be able to issue the documents of another one.
fn of_its_own_state(issuer: &str, proof: PassiveProof) -> Result<PassiveProof, PassiveFault> {
    if country::may_sign(&proof.country, issuer) {
        return Ok(proof);
    }
    Err(PassiveFault::ForeignSigner {
        country: proof.country,
    })
}

/// EF.CardAccess is not signed: somebody between chip and reader could have taken the better
/// variants out of it. Data group 14 repeats it signed (ICAO 9303-11, 4.4.2 and 9.2.11).
fn undiminished(raw: &RawDocument, proof: PassiveProof) -> Result<PassiveProof, PassiveFault> {
    let signed = raw.data_group(14).map(SecurityInfos::from_data_group_14);
    let offered = match signed {
        Some(Ok(infos)) => infos.pace,
        // Without data group 14, which passive authentication demands where it was signed, there
        // is nothing to compare with.
        _ => return Ok(proof),
    };
    let as_signed = match raw.access {
        Access::Bac => offered.is_empty(),
        Access::Pace { variant, .. } => offered.is_empty() || offered.contains(&variant),
    };
    if as_signed {
        Ok(proof)
    } else {
        Err(PassiveFault::AccessDowngraded)
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::card::emrtd::tlv::encode;

    /// ICAO 9303-4, appendix B.
    const SPECIMEN: &[u8] = b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\
        L898902C36UTO7408122F1204159ZE184226B<<<<<10";

    /// The smallest face image record (ISO/IEC 19794-5:2005, 5): a header, one face, the first bytes of
    /// its picture.
    fn face() -> Vec<u8> {
        let picture = [0xFF, 0xD8, 0xFF];
        let length = u32::try_from(20 + 12 + picture.len()).unwrap();
        let mut record = b"FAC\x00010\x00\0\0\0\0\0\x01".to_vec();
        record.extend(length.to_be_bytes());
        record.extend([0; 16 + 12]);
        record.extend(picture);
        let template = encode(0x7F60, &encode(0x5F2E, &record));
        encode(0x75, &encode(0x7F61, &template))
    }

    #[test]
    fn details_that_nothing_depends_on_are_left_out_when_they_cannot_be_read() {
        let groups = [
            (1, encode(0x61, &encode(0x5F1F, SPECIMEN))),
            (2, face()),
            (11, b"no data object".to_vec()),
            (12, Vec::new()),
        ];
        let raw = RawDocument {
            sod: Zeroizing::default(),
            data_groups: groups
                .map(|(number, bytes)| (number, Zeroizing::new(bytes)))
                .into(),
            access: Access::Bac,
            chip: ChipProof::NotOffered,
            commands: 0,
        };
        let (trust, policy) = (TrustStore::default(), PassivePolicy::default());
        let record = EmrtdRecord::new(&raw, &trust, policy, SystemTime::UNIX_EPOCH).unwrap();
        assert!(record.holder.is_none() && record.issue.is_none());
    }
}
