//! From a draft to a durable attestation: adds kiosk, time and software, turns the document number
//! into a pairwise pseudonym, signs, and commits to the log in one transaction. What is shown to
//! the resident is taken from what was signed.

use std::path::{Path, PathBuf};

use attestation::wallet::{self, DisclosureError, Disclosures, HolderKey, IssueError};
use attestation::{
    AuditReport, Checkpoint, Claims, CommittedAttestation, Cosigned, Decision, Exported, Log,
    LogError, Name, NameError, PseudonymKey, Recipient, Room, Scope, WitnessPublicKey,
};
use kiosk_ui::{Confidential, Decided};
use rustix::fs::{StatVfsMountFlags, statvfs};
use zeroize::Zeroizing;

use crate::clock::{WallTime, time_quality};
use crate::errors::chain;
use crate::provision::{Identity, ProvisionError, StateFolder};
use crate::session::{CardFields, Committed, Draft, Keepsake, ServiceStamp};
use crate::wallet_codes;

/// The service that stands in an attestation when help was asked for before one was chosen.
const NO_SERVICE: &str = "none";

/// Free space below which a disk counts as full. A commit writes a few pages of 4 KiB.
pub(crate) const ROOM_BYTES: u64 = 8 << 20;

/// How many entries each step of the walk round the log looks at: a year of a busy kiosk takes four
/// hours at a step every two seconds, and a commit waits no longer than a screen's frame for it.
const PATROL_ENTRIES: u64 = 50;

/// The kiosk's attestations on the disk.
pub struct Store {
    log: Log,
    path: PathBuf,
    identity: Identity,
    measured: Measured,
    firmware: Name,
    no_service: ServiceStamp,
    patrol: Patrol,
}

/// How far the walk round the log is, and what it found.
#[derive(Debug, Default)]
struct Patrol {
    next: u64,
    found: Option<String>,
    /// Why the counter lags behind the log, if it does.
    uncounted: Option<String>,
}

/// What every attestation says of the kiosk itself: starts of SHA-256 digests.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Of the manifest of models.
    pub models: [u8; 16],
    /// Of the running program.
    pub software: [u8; 16],
}

/// Why something could not be made durable.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The kiosk is not enrolled.
    #[error("the kiosk's identity cannot be loaded")]
    Identity(#[from] ProvisionError),
    /// The log.
    #[error("the log of attestations cannot be used")]
    Log(#[from] LogError),
    /// A built-in name is not one: a defect.
    #[error("a built-in name is invalid")]
    Name(#[from] NameError),
    /// Card fields.
    #[error("the card fields cannot be made disclosable")]
    Disclosures(#[from] DisclosureError),
    /// The wallet form.
    #[error("the wallet form cannot be made")]
    Wallet(#[from] IssueError),
    /// The operating system has no randomness.
    #[error("the operating system gave no random bytes for a new attestation")]
    NoRandomness,
}

impl Store {
    /// Opens the log of an enrolled kiosk and checks its newest entries.
    pub fn open(state: &StateFolder, measured: Measured) -> Result<Self, StoreError> {
        let none = Name::new(NO_SERVICE)?;
        Ok(Self {
            identity: state.load()?,
            log: Log::open_guarded(&state.log(), state.log_guard()?)?,
            path: state.log(),
            measured,
            firmware: Name::new(env!("CARGO_PKG_VERSION"))?,
            no_service: ServiceStamp {
                id: none.clone(),
                provider: none,
                policy: [0; 32],
            },
            patrol: Patrol::default(),
        })
    }

    /// Sets how large the log may become.
    pub const fn set_limit(&mut self, bytes: u64) {
        self.log.set_limit(bytes);
    }

    /// How much of its room the log has taken.
    pub fn room(&self) -> Result<Room, StoreError> {
        Ok(self.log.room()?)
    }

    /// Goes on with the walk round the log, so that damage far from the end is found while nobody
    /// waits. It takes some milliseconds. A counter that failed is asked again, so that nobody is
    /// asked for a card in vain.
    pub fn patrol(&mut self) {
        self.patrol.uncounted = self.log.catch_up().err().map(|error| chain(&error));
        let Self {
            log,
            patrol,
            identity,
            ..
        } = self;
        match log.patrol(&identity.device.public(), patrol.next, PATROL_ENTRIES) {
            Ok(next) => patrol.next = next,
            // Damage stays. A disk that cannot be read now is looked at again in two seconds, and
            // is found by `trouble` meanwhile.
            Err(error @ LogError::Corrupt { .. }) => patrol.found = Some(chain(&error)),
            Err(error) => tracing::warn!(error = %chain(&error), "the patrol cannot read the log"),
        }
    }

    /// How many attestations there are.
    pub fn size(&self) -> Result<u64, StoreError> {
        Ok(self.log.size()?)
    }

    /// The log, for the ledger that anchors it.
    pub(crate) fn log_mut(&mut self) -> &mut Log {
        &mut self.log
    }

    /// The origin of the log's checkpoints.
    pub fn origin(&self) -> String {
        let credential = &self.identity.credential;
        Checkpoint::origin(&credential.site, &credential.kiosk)
    }

    /// Why a commit cannot be expected to work, for the technician; none if it can.
    pub fn trouble(&self) -> Option<String> {
        let now = WallTime::now().unix_seconds();
        let room = match self.log.room() {
            Ok(room) => room,
            Err(error) => return Some(chain(&error)),
        };
        if let Some(found) = &self.patrol.found {
            Some(found.clone())
        } else if let Some(uncounted) = &self.patrol.uncounted {
            Some(uncounted.clone())
        } else if room.used_bytes >= room.limit_bytes {
            Some("the log has reached its limit (log_limit_reached): raise `limit_gib` under [log], or have the operator enrol it anew under a new kiosk name, with a new log".into())
        } else if !has_room(&self.path) {
            Some("the disk is full or read-only: free some space or make it writable".into())
        } else if !self.identity.credential.validity.covers(now) {
            Some("the credential does not hold now: check the clock, or ask the operator to enrol the kiosk anew".into())
        } else {
            None
        }
    }

    /// Re-verifies every attestation, every signature and every node of the tree.
    pub fn audit(&self) -> Result<AuditReport, StoreError> {
        self.audit_telling(&mut |_, _| ())
    }

    /// As `audit`, and tells how many attestations are done, of how many.
    pub fn audit_telling(
        &self,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<AuditReport, StoreError> {
        let device = self.identity.device.public();
        Ok(self.log.audit_telling(&device, progress)?)
    }

    /// Writes what is new into a folder.
    pub fn export(
        &self,
        folder: &Path,
        scope: Scope,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Exported, StoreError> {
        Ok(self.log.export_telling(folder, scope, progress)?)
    }

    /// Writes everything into a file that only this auditor can open.
    pub fn export_sealed(
        &self,
        auditor: &Recipient,
        file: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Exported, StoreError> {
        Ok(self.log.export_sealed(auditor, file, progress)?)
    }

    /// Keeps what a witness said about the log.
    pub fn accept_cosignature(
        &mut self,
        note: &str,
        witness: &WitnessPublicKey,
    ) -> Result<Cosigned, StoreError> {
        Ok(self.log.accept_cosignature(note, witness)?)
    }

    /// Kills this process (SIGKILL) inside the transaction of its next commit.
    #[cfg(feature = "demo")]
    pub fn cut_power_at_commit(&mut self) -> Result<(), StoreError> {
        Ok(self.log.kill_at_next_commit()?)
    }

    /// Signs a draft and makes it durable; gives what the resident is shown, and what it takes to
    /// make the wallet form of it where that is offered. Of the shared fields only the digests go to
    /// the disk.
    pub fn commit(
        &mut self,
        draft: Draft,
    ) -> Result<(Committed, Option<Keepsake>, u64), StoreError> {
        let disclosures = disclosures(&draft.shared)?;
        let wallet = draft.wallet;
        let claims = self.claims(draft, disclosures.digests())?;
        let committed = self.commit_once(&claims)?;
        let (shown, index) = (shown(&committed), committed.index());
        let keepsake = wallet.then(|| Keepsake::new(committed, disclosures));
        Ok((shown, keepsake, index))
    }

    /// A counter that failed may answer when it is asked again; the same claims are never in the log
    /// twice. One that stays silent takes the kiosk out of service.
    fn commit_once(&mut self, claims: &Claims) -> Result<CommittedAttestation, LogError> {
        let Identity {
            device, credential, ..
        } = &self.identity;
        match self.log.commit(claims, device, credential) {
            Err(LogError::Guard { .. }) => self.log.commit(claims, device, credential),
            committed => committed,
        }
    }

    /// Signs the wallet form (SD-JWT VC) of what was committed.
    pub fn issue(
        &self,
        keepsake: &Keepsake,
        holder: Option<&HolderKey>,
    ) -> Result<Confidential, StoreError> {
        let (attestation, disclosures) = (keepsake.attestation(), keepsake.disclosures());
        let Identity {
            device, credential, ..
        } = &self.identity;
        let proof = wallet::issue(attestation, device, credential, disclosures, holder)?;
        Ok(Confidential::new(Zeroizing::new(proof)))
    }

    fn claims(&self, draft: Draft, disclosable: Vec<[u8; 32]>) -> Result<Claims, StoreError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| StoreError::NoRandomness)?;
        let service = draft.service.unwrap_or_else(|| self.no_service.clone());
        let subject = draft.number.map(|number| {
            PseudonymKey::for_provider(&self.identity.pseudonym_secret, &service.provider)
                .pseudonym(number.reveal())
        });
        Ok(Claims {
            id,
            kiosk: self.identity.credential.kiosk.clone(),
            site: self.identity.credential.site.clone(),
            issued_at: WallTime::now().unix_seconds(),
            time_quality: time_quality(),
            service: service.id,
            policy: service.policy,
            document: draft.document,
            factors: draft.factors,
            decision: draft.decision,
            officer: None,
            models: self.measured.models,
            firmware: self.firmware.clone(),
            subject,
            software: Some(self.measured.software),
            disclosable,
        })
    }
}

/// Puts each shared field behind a salt of its own.
fn disclosures(shared: &CardFields) -> Result<Disclosures, DisclosureError> {
    Disclosures::new(shared.iter().map(|(field, value)| {
        let field = wallet_codes::field_in_proof(field);
        (field, Zeroizing::new(value.reveal().clone()))
    }))
}

fn shown(committed: &CommittedAttestation) -> Committed {
    let claims = committed.claims();
    Committed {
        decided: decided(claims.decision),
        receipt: committed.receipt().encode(),
        reference: reference(&claims.id),
        time: WallTime::at(claims.issued_at),
    }
}

/// Whether the file system of a path may be written to and has room for some thousand commits.
fn has_room(path: &Path) -> bool {
    statvfs(path).is_ok_and(|disk| {
        !disk.f_flag.contains(StatVfsMountFlags::RDONLY)
            && disk.f_bavail.saturating_mul(disk.f_frsize) >= ROOM_BYTES
    })
}

/// The signed decision as the screen distinguishes it.
pub fn decided(decision: Decision) -> Decided {
    match decision {
        Decision::Verified => Decided::Verified,
        Decision::NotVerified(_) => Decided::NotVerified,
        Decision::Referred(_) => Decided::Referred,
    }
}

/// The first 32 bits of the attestation's identifier, as a person reads them aloud.
fn reference(id: &[u8; 16]) -> String {
    format!("{:02X}{:02X}-{:02X}{:02X}", id[0], id[1], id[2], id[3])
}
