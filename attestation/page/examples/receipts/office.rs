//! An operator with one kiosk and its log, and what a forger with the kiosk's key could make.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::merkle::InclusionProof;
use attestation::{
    Checkpoint, Claims, Credential, DeviceKey, Log, Name, OperatorKey, Receipt, TrustDraft,
    Validity,
};

use crate::{DAY_S, Outcome};

#[path = "../../../examples/sample/claims.rs"]
mod usual;

/// The kiosk's key, known to everybody.
pub(crate) const DEVICE_SEED: [u8; 32] = [42; 32];

/// An operator with one kiosk, and its log.
pub(crate) struct Office {
    pub(crate) operator: OperatorKey,
    pub(crate) device: DeviceKey,
    pub(crate) credential: Credential,
    pub(crate) log: Log,
    pub(crate) now: u64,
}

impl Office {
    pub(crate) fn open(folder: &Path) -> Outcome<Self> {
        let database = folder.join("log.sqlite");
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", database.display()));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let (operator, device) = (OperatorKey::generate()?, DeviceKey::from_seed(&DEVICE_SEED));
        Ok(Self {
            credential: vouch(&operator, &device, now - 30 * DAY_S, now + 365 * DAY_S)?,
            operator,
            device,
            log: Log::create(&database)?,
            now,
        })
    }

    /// A receipt of two days ago; what is special about it is changed before it is committed.
    pub(crate) fn receipt(
        &mut self,
        number: u8,
        change: impl FnOnce(&mut Claims),
    ) -> Outcome<Receipt> {
        let mut claims = claims(number, self.now - 2 * DAY_S)?;
        change(&mut claims);
        let committed = self.log.commit(&claims, &self.device, &self.credential)?;
        Ok(committed.receipt().clone())
    }

    /// A receipt by hand, as a kiosk's own key could make it: the only entry of a log.
    pub(crate) fn lone(&self, claims: &Claims, credential: Credential) -> Outcome<Receipt> {
        let attestation = self.device.attest(claims);
        let head = self.device.sign_checkpoint(Checkpoint {
            origin: Checkpoint::origin(&claims.site, &claims.kiosk),
            size: 1,
            root: attestation::merkle::leaf_hash(&attestation),
        });
        Ok(Receipt::new(
            &attestation,
            credential,
            alone(0),
            head.signature,
        )?)
    }

    pub(crate) fn list(
        &self,
        issued_at: u64,
        change: impl FnOnce(&mut TrustDraft<'_>) -> Outcome<()>,
    ) -> Outcome<Vec<u8>> {
        let mut draft = TrustDraft::first(&self.operator);
        draft.vouch(&self.credential)?;
        change(&mut draft)?;
        Ok(draft.issue(issued_at, issued_at + 7 * DAY_S)?.encode())
    }
}

pub(crate) fn vouch(
    operator: &OperatorKey,
    device: &DeviceKey,
    from: u64,
    until: u64,
) -> Outcome<Credential> {
    let validity = Validity {
        not_before: from,
        not_after: until,
    };
    let (kiosk, site) = (Name::new("kiosk-07")?, Name::new("hall-2")?);
    Ok(Credential::issue(
        operator,
        kiosk,
        site,
        device.public(),
        validity,
    ))
}

pub(crate) fn claims(number: u8, issued_at: u64) -> Outcome<Claims> {
    let mut id = [0xA5; 16];
    id[..4].copy_from_slice(&[0xF4, 0xDB, 0xE8, number]);
    Ok(Claims {
        id,
        service: Name::new("outpatient-registration")?,
        software: None,
        ..usual::claims(u64::from(number), issued_at)?
    })
}

/// The proof of the only entry of a log.
pub(crate) const fn alone(index: u64) -> InclusionProof {
    InclusionProof {
        index,
        size: 1,
        path: Vec::new(),
    }
}

/// The same receipt with another digest of the models: well-formed, but not what was signed.
pub(crate) fn with_other_models(receipt: &Receipt) -> Outcome<String> {
    let mut bytes = receipt.to_cbor();
    let models = [0x22; 16];
    let at = bytes
        .windows(models.len())
        .position(|window| window == models);
    let first = at
        .and_then(|at| bytes.get_mut(at))
        .ok_or("no models in the receipt")?;
    *first ^= 1;
    Ok(format!("KVR1:{}", base45::encode(&bytes)))
}
