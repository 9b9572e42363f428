//! The auditor's side: is the receipt's head, or a later one that provably contains it, on the
//! chain, anchored by a kiosk that the registry lists, with a key that it has or had there? Nobody is believed but the
//! chain, and of that what all endpoints say alike.
//!
//! A kiosk anchors its newest head, which covers all before it, so most receipts' own heads are on
//! no chain. Then the log's hashes (an export, from anywhere) give the proof from the receipt's head
//! to an anchored one; it is checked against the root on the chain, so a false export proves nothing.

use alloy_primitives::Address;

use super::abi::{ChainAnchor, KioskState, Listed, ListedKey, kiosk_id};
use super::binding::SenderBinding;
use super::contracts::Contracts;
use super::endpoint::{Endpoint, RpcError};
use crate::device::DevicePublicKey;
use crate::merkle::Hash;
use crate::tiles::{ExportFinding, ExportedLog, Shown};
use crate::verify::Verified;

/// An anchor that covers a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchored {
    /// How many entries the anchored head has.
    pub size: u64,
    /// Which of the kiosk's anchors it is, from 1.
    pub sequence: u64,
    /// The block that it is in.
    pub block: u64,
    /// That block's time, in seconds since 1970.
    pub time: u64,
    /// The newest block, for how deep it is.
    pub newest_block: u64,
    /// The last sender that the kiosk had under the receipt's key.
    pub sender: Address,
    /// When the registry listed that key first, in seconds since 1970.
    pub key_since: u64,
    /// When another key took its place there; none while it is the kiosk's newest.
    pub key_until: Option<u64>,
}

/// How many sizes that an export names as anchored are looked for on the chain: anybody could have
/// written the list, and each is a question to every endpoint. An honest kiosk's first one counts.
const MAX_NAMED: usize = 48;

impl Anchored {
    /// What was checked, in order, and held: stable code and plain words.
    #[must_use]
    pub const fn checks(&self) -> &'static [(&'static str, &'static str)] {
        CHECKS
    }
}

const CHECKS: &[(&str, &str)] = &[
    (
        "listed_on_chain",
        "the registry on the chain lists this kiosk, and it is not suspended",
    ),
    (
        "registry_has_key",
        "the registry lists the receipt's key as one that this kiosk has or had",
    ),
    (
        "sender_bound",
        "the kiosk itself signed, with that key, that it sends from the address listed with it",
    ),
    (
        "anchored",
        "the chain holds a head of its log that contains this receipt's entry",
    ),
];

/// Why a receipt does not count as anchored. The codes are stable.
#[derive(Debug, thiserror::Error)]
pub enum AnchorRefusal {
    /// No endpoint could be asked.
    #[error("no endpoint could be asked whether the receipt is anchored")]
    Rpc(#[from] RpcError),
    /// They differ.
    #[error(
        "the endpoints say different things: one is late or lies; try again, and ask another one"
    )]
    Disagree,
    /// The registry does not know the kiosk.
    #[error("the registry on the chain does not know this kiosk")]
    NotRegistered,
    /// The registry never had this key.
    #[error(
        "the registry on the chain never listed the receipt's key for this kiosk: the receipt is \
         not its own, or the operator has not listed a new key yet"
    )]
    DeviceKey,
    /// The sender is not the kiosk's.
    #[error("the kiosk did not sign that it sends from the address in the registry")]
    Binding,
    /// The kiosk is suspended.
    #[error(
        "the operator has suspended this kiosk since {since} (seconds since 1970); ask the operator \
         what to make of earlier receipts"
    )]
    Suspended {
        /// Since when.
        since: u64,
    },
    /// Nothing on the chain covers it.
    #[error(
        "the receipt is not anchored: the chain has {anchored} entries of the log, and this is \
         entry number {entry}; a new receipt takes some minutes"
    )]
    NotAnchored {
        /// The size of the newest head on the chain.
        anchored: u64,
        /// The place of the receipt's entry, from 1.
        entry: u64,
    },
    /// A later head is there, and nothing shows that it contains the receipt's.
    #[error(
        "the chain holds a later head of {anchored} entries of this kiosk's log; that it contains \
         this receipt is shown by the log's hashes: give them with --log"
    )]
    NeedsLog {
        /// The size of that head.
        anchored: u64,
    },
    /// The log's files cannot be used.
    #[error("the exported log cannot be used")]
    Export(#[from] ExportFinding),
    /// The exported log ends before the next anchor.
    #[error(
        "the exported log ends after {exported} entries, before the head of {anchored} entries on \
         the chain: fetch a newer export"
    )]
    ExportTooShort {
        /// How many entries it has.
        exported: u64,
        /// The size of the newest head on the chain.
        anchored: u64,
    },
    /// The exported log is not the one on the chain.
    #[error(
        "the exported log is another one than the chain's, at {size} entries: its files are damaged \
         or false, or the kiosk keeps two logs; fetch the export from elsewhere"
    )]
    ExportDiffers {
        /// Where it shows.
        size: u64,
    },
    /// The chain has another history than the receipt.
    #[error(
        "the head of {size} entries on the chain does not contain this receipt: the kiosk showed \
         the chain another log than the resident; keep the receipt and tell the operator"
    )]
    OtherHistory {
        /// The size of the head on the chain.
        size: u64,
    },
}

impl AnchorRefusal {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(&self) -> &'static str {
        match self {
            Self::Rpc(error) => error.as_code(),
            Self::Disagree => "rpc_disagree",
            Self::NotRegistered => "kiosk_not_registered",
            Self::DeviceKey => "registry_device_key",
            Self::Binding => "binding_signature",
            Self::Suspended { .. } => "kiosk_suspended",
            Self::NotAnchored { .. } => "not_anchored",
            Self::NeedsLog { .. } => "anchor_needs_log",
            Self::Export(finding) => finding.as_code(),
            Self::ExportTooShort { .. } => "export_too_short",
            Self::ExportDiffers { .. } => "export_differs_from_ledger",
            Self::OtherHistory { .. } => "log_differs_from_ledger",
        }
    }

    /// Whether nothing could be found out, which is no word against the receipt.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(
            self,
            Self::Rpc(_)
                | Self::Disagree
                | Self::NeedsLog { .. }
                | Self::Export(_)
                | Self::ExportTooShort { .. }
                | Self::ExportDiffers { .. }
        )
    }
}

/// Finds the anchor that covers a verified receipt: with the exported log the first one that the
/// kiosk names, otherwise the receipt's own head only. All endpoints are asked, and those that
/// answer must say the same.
///
/// # Errors
/// The first thing that does not hold, or why nothing can be found out.
pub fn find_anchor(
    verified: &Verified,
    endpoints: &[Endpoint],
    contracts: &Contracts,
    log: Option<&ExportedLog>,
) -> Result<Anchored, AnchorRefusal> {
    let part = &verified.log().part;
    let chain = Chain::reach(endpoints, contracts, &part.origin)?;
    let listed = chain.agreed(|endpoint| endpoint.kiosk(contracts, &chain.kiosk))?;
    let key = chain.check_listed(&listed, &part.origin, &verified.credential().device)?;
    let (size, found) = chain.covering(verified, log)?;
    let newest = chain
        .endpoints
        .iter()
        .map(|endpoint| endpoint.block_number());
    Ok(Anchored {
        size,
        sequence: found.sequence,
        block: found.block,
        time: found.time,
        newest_block: newest.filter_map(Result::ok).min().unwrap_or(found.block),
        sender: key.sender,
        key_since: key.since,
        key_until: key.until,
    })
}

/// The endpoints that answer for the right chain.
struct Chain<'a> {
    endpoints: Vec<&'a Endpoint>,
    contracts: &'a Contracts,
    kiosk: [u8; 32],
}

impl<'a> Chain<'a> {
    fn reach(
        endpoints: &'a [Endpoint],
        contracts: &'a Contracts,
        origin: &str,
    ) -> Result<Self, AnchorRefusal> {
        let mut reached = Vec::new();
        let mut first_error = None;
        for endpoint in endpoints {
            match endpoint.check_chain(contracts.chain_id) {
                Ok(()) => reached.push(endpoint),
                // An endpoint of another chain was named by mistake, and is no witness that is ill.
                Err(error @ RpcError::WrongChain { .. }) => return Err(error.into()),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        if reached.is_empty() {
            return Err(first_error.unwrap_or(RpcError::NotAUrl).into());
        }
        Ok(Self {
            endpoints: reached,
            contracts,
            kiosk: kiosk_id(origin),
        })
    }

    /// What all that answer say alike.
    fn agreed<T: PartialEq>(
        &self,
        ask: impl Fn(&Endpoint) -> Result<T, RpcError>,
    ) -> Result<T, AnchorRefusal> {
        let mut said: Option<T> = None;
        let mut first_error = None;
        for endpoint in &self.endpoints {
            match (ask(endpoint), &said) {
                (Ok(answer), Some(before)) if answer != *before => {
                    return Err(AnchorRefusal::Disagree);
                }
                (Ok(answer), _) => said = Some(answer),
                (Err(error), _) => first_error = first_error.or(Some(error)),
            }
        }
        said.ok_or_else(|| first_error.map_or(AnchorRefusal::Disagree, AnchorRefusal::Rpc))
    }

    /// The receipt's key as the registry lists it, be it the newest or an older one, with the
    /// kiosk's own word for the sender that it had under it.
    fn check_listed(
        &self,
        listed: &Listed,
        origin: &str,
        device: &DevicePublicKey,
    ) -> Result<ListedKey, AnchorRefusal> {
        if listed.state == KioskState::Unknown {
            return Err(AnchorRefusal::NotRegistered);
        }
        let asked = device.as_bytes();
        let key = self.agreed(|endpoint| endpoint.key_of(self.contracts, &self.kiosk, asked))?;
        let key = key.ok_or(AnchorRefusal::DeviceKey)?;
        let bound = SenderBinding::new(self.contracts, origin, key.sender);
        if !bound.is_signed_by(device, &key.binding) {
            return Err(AnchorRefusal::Binding);
        }
        if listed.state == KioskState::Suspended {
            let since = listed.since;
            return Err(AnchorRefusal::Suspended { since });
        }
        Ok(key)
    }

    fn anchor_of(&self, root: &Hash) -> Result<ChainAnchor, AnchorRefusal> {
        self.agreed(|endpoint| endpoint.anchor_of(self.contracts, &self.kiosk, root))
    }

    /// The anchor of the receipt's own head, or of the first later one that can be shown.
    fn covering(
        &self,
        verified: &Verified,
        log: Option<&ExportedLog>,
    ) -> Result<(u64, ChainAnchor), AnchorRefusal> {
        let part = &verified.log().part;
        if part.start == 0 {
            let own = self.anchor_of(&part.root)?;
            if own.size == part.end {
                return Ok((own.size, own));
            }
        }
        let newest = self.agreed(|endpoint| endpoint.head(self.contracts, &self.kiosk))?;
        if newest.size < part.end {
            return Err(AnchorRefusal::NotAnchored {
                anchored: newest.size,
                entry: part.end,
            });
        }
        let Some(log) = log else {
            let anchored = newest.size;
            return Err(AnchorRefusal::NeedsLog { anchored });
        };
        let named = log.anchored_sizes();
        let later = named.into_iter().filter(|size| *size >= part.end);
        for size in later.take(MAX_NAMED) {
            match self.shown_by(verified, log, size) {
                Ok(Some(found)) => return Ok((size, found)),
                // A list or file that is wrong about one head may be right about the next.
                Ok(None) | Err(AnchorRefusal::Export(_) | AnchorRefusal::ExportDiffers { .. }) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        // The kiosk names none, or none that is there: the newest head is the last chance.
        if log.size() < newest.size {
            return Err(AnchorRefusal::ExportTooShort {
                exported: log.size(),
                anchored: newest.size,
            });
        }
        if log.root(newest.size)? != newest.root {
            let size = newest.size;
            return Err(AnchorRefusal::ExportDiffers { size });
        }
        contains(log, verified, newest.size, &newest.root)?;
        let found = self.anchor_of(&newest.root)?;
        if found.size == newest.size {
            Ok((found.size, found))
        } else {
            Err(AnchorRefusal::Disagree)
        }
    }

    /// The anchor of the head with this size, if there is one and the export shows that it contains
    /// the receipt.
    fn shown_by(
        &self,
        verified: &Verified,
        log: &ExportedLog,
        size: u64,
    ) -> Result<Option<ChainAnchor>, AnchorRefusal> {
        let root = log.root(size)?;
        let found = self.anchor_of(&root)?;
        if found.size != size {
            return Ok(None);
        }
        contains(log, verified, size, &root)?;
        Ok(Some(found))
    }
}

/// The proof from the receipt to the head on the chain, checked against both roots: the files of the
/// export are anybody's.
fn contains(
    log: &ExportedLog,
    verified: &Verified,
    size: u64,
    root: &Hash,
) -> Result<(), AnchorRefusal> {
    match log.shows(verified, (size, root))? {
        Shown::Contained => Ok(()),
        Shown::OtherHistory => Err(AnchorRefusal::OtherHistory { size }),
        Shown::Damaged => Err(AnchorRefusal::ExportDiffers { size }),
    }
}
