//! The order in which a document is read: open it, learn what there is, authenticate the chip
//! early so that the rest comes through its own channel, then the data.
//!
//! What there is says EF.SOD, which the state signed. EF.COM says it, too, but nobody signs that
//! file: a copy could leave out the data groups with the chip's keys. So it is not read.

use zeroize::Zeroizing;

use super::EmrtdFault;
use super::chip::{self, ChipProof};
use super::open::open;
use super::session::Session;
use crate::card::emrtd::access::AccessKey;
use crate::card::emrtd::lds::{self, File, LdsError, SecurityInfos};
use crate::card::emrtd::pace::PaceVariant;
use crate::card::emrtd::pki::{PublicKey, sod};

/// About how many bytes EF.SOD and the portrait have together, until it is known.
const USUAL_LENGTH: usize = 20_000;
/// Data groups that every document has (ICAO 9303-10, 3.11).
const MANDATORY: [u8; 2] = [1, 2];
/// Data groups that no check needs.
const DETAILS: [u8; 2] = [11, 12];

/// How the chip was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Basic access control.
    Bac,
    /// PACE.
    Pace {
        /// With which ciphers and curve.
        variant: PaceVariant,
        /// With the card access number, not the MRZ.
        with_can: bool,
    },
}

impl Access {
    /// A stable word for records.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bac => "bac",
            Self::Pace { .. } => "pace",
        }
    }
}

/// What was read from a chip, as it came. Nothing of it is authentic yet.
pub struct RawDocument {
    /// EF.SOD.
    pub sod: Zeroizing<Vec<u8>>,
    /// Data groups by number.
    pub data_groups: Vec<(u8, Zeroizing<Vec<u8>>)>,
    /// How the chip was opened.
    pub access: Access,
    /// What is known about the chip.
    pub chip: ChipProof,
    /// How many commands it took.
    pub commands: usize,
}

impl RawDocument {
    /// A data group, if it was read.
    #[must_use]
    pub fn data_group(&self, number: u8) -> Option<&[u8]> {
        let found = self.data_groups.iter().find(|group| group.0 == number);
        found.map(|group| group.1.as_slice())
    }
}

/// Shows numbers and lengths only.
impl std::fmt::Debug for RawDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lengths = self.data_groups.iter().map(|g| (g.0, g.1.len()));
        f.debug_struct("RawDocument")
            .field("data_groups", &lengths.collect::<Vec<_>>())
            .field("access", &self.access)
            .field("chip", &self.chip)
            .finish_non_exhaustive()
    }
}

/// Reads a document.
pub(super) async fn read(mut session: Session, key: AccessKey) -> Result<RawDocument, EmrtdFault> {
    session.expect(USUAL_LENGTH);
    let access = open(&mut session, &key).await?;
    let sod = session.read(File::Sod).await?;
    // What is wrong with an EF.SOD that says nothing, passive authentication will say.
    let listed = sod::data_groups_in(&sod).unwrap_or_default();
    let mut groups = Vec::new();

    let infos = security_infos(&mut session, &listed, &mut groups).await?;
    let mut proof = ChipProof::NotOffered;
    if let Some(key) = infos.chip_keys.first() {
        proof = chip::authenticate(&mut session, key).await?;
    }
    for number in MANDATORY {
        let bytes = session.read(File::DataGroup(number)).await?;
        groups.push((number, bytes));
    }
    if let Some(bytes) = optional(&mut session, &listed, 15).await? {
        if proof == ChipProof::NotOffered
            && let Some(key) = active_key(&bytes)?
        {
            proof = chip::challenge(&mut session, &key, &infos).await?;
        }
        groups.push((15, bytes));
    }
    if session.options.details {
        for number in DETAILS {
            let bytes = optional(&mut session, &listed, number).await?;
            groups.extend(bytes.map(|bytes| (number, bytes)));
        }
    }
    Ok(RawDocument {
        sod,
        data_groups: groups,
        access,
        chip: proof,
        commands: session.commands(),
    })
}

/// Data group 14, where there is one.
async fn security_infos(
    session: &mut Session,
    listed: &[u8],
    groups: &mut Vec<(u8, Zeroizing<Vec<u8>>)>,
) -> Result<SecurityInfos, EmrtdFault> {
    let Some(bytes) = optional(session, listed, 14).await? else {
        return Ok(SecurityInfos::default());
    };
    let infos = SecurityInfos::from_data_group_14(&bytes)
        .map_err(|e| LdsError::Malformed(File::DataGroup(14), e))?;
    groups.push((14, bytes));
    Ok(infos)
}

/// A key of a kind that is not supported cannot be asked; the document is none the worse.
fn active_key(bytes: &[u8]) -> Result<Option<PublicKey>, EmrtdFault> {
    match lds::data_group_15(bytes) {
        Ok(key) => Ok(Some(key)),
        Err(LdsError::Key(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// A data group that is listed, where it can be read: a chip may keep 11 and 12 closed. Whether a
/// document without this one is believed, passive authentication decides.
async fn optional(
    session: &mut Session,
    listed: &[u8],
    number: u8,
) -> Result<Option<Zeroizing<Vec<u8>>>, EmrtdFault> {
    if !listed.contains(&number) {
        return Ok(None);
    }
    match session.read(File::DataGroup(number)).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(EmrtdFault::File { .. } | EmrtdFault::TooLong { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}
