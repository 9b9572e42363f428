//! What can be said about full receipts: genuine ones, changed ones, forged ones, and what the
//! operator's trust list says about their key.

use attestation::merkle::InclusionProof;
use attestation::{
    Band, Decision, DeviceKey, FactorOutcome, Factors, Name, OperatorKey, Reason, Receipt,
    TimeQuality, TrustDraft,
};

use crate::office::{DEVICE_SEED, alone, claims, vouch, with_other_models};
use crate::{DAY_S, Outcome, Story};

impl Story {
    /// Genuine receipts, whatever they say.
    pub(crate) fn decisions(&mut self) -> Outcome<()> {
        let refused = FactorOutcome::Band(Band::Refused);
        let verified = self.office.receipt(0, |_| ())?;
        self.receipt("verified", &verified)?;
        let not_verified = self.office.receipt(1, |claims| {
            claims.decision = Decision::NotVerified(Reason::PresentationAttack);
            claims.factors.liveness = refused;
        })?;
        self.receipt("not-verified", &not_verified)?;
        let referred = self.office.receipt(2, |claims| {
            claims.decision = Decision::Referred(Reason::ResidentCannot);
            claims.factors = Factors {
                liveness: FactorOutcome::NotPerformed,
                face: FactorOutcome::NotPerformed,
            };
            claims.document = None;
            claims.subject = None;
            claims.time_quality = TimeQuality::Unsynchronised;
        })?;
        self.receipt("referred", &referred)?;
        let officer = Name::new("officer-12")?;
        let decided = self
            .office
            .receipt(3, |claims| claims.officer = Some(officer))?;
        self.receipt("by-an-officer", &decided)
    }

    /// What scanners, hands and time do to a text.
    pub(crate) fn changed(&mut self) -> Outcome<()> {
        let text = self.office.receipt(0, |_| ())?.encode();
        self.text("not-a-receipt", "https://example.org/menu".to_owned())?;
        self.text("newer-version", text.replacen("KVR1:", "KVR2:", 1))?;
        let cut = text.get(..text.len() / 2).unwrap_or_default();
        self.text("cut-off", cut.to_owned())
    }

    /// What forgers do.
    pub(crate) fn forged(&mut self) -> Outcome<()> {
        let now = self.office.now;
        let stranger = OperatorKey::generate()?;
        let claims = claims(9, now - 2 * DAY_S)?;
        let device = DeviceKey::from_seed(&DEVICE_SEED);
        let by_stranger = vouch(&stranger, &device, now - 30 * DAY_S, now + DAY_S)?;
        let unknown = self.office.lone(&claims, by_stranger)?;
        self.receipt("unknown-operator", &unknown)?;

        let expired = vouch(
            &self.office.operator,
            &device,
            now - 30 * DAY_S,
            now - 3 * DAY_S,
        )?;
        let expired = self.office.lone(&claims, expired)?;
        self.receipt("expired", &expired)?;

        let genuine = self.office.receipt(1, |claims| {
            claims.decision = Decision::NotVerified(Reason::NotSamePerson);
            claims.id = [9; 16];
        })?;
        self.text("changed-statement", with_other_models(&genuine)?)?;

        let attestation = device.attest(&claims);
        let credential = self.office.credential.clone();
        let extra = InclusionProof {
            path: vec![[7; 32]],
            ..alone(0)
        };
        let no_proof = Receipt::new(&attestation, credential.clone(), extra, [1; 64])?;
        self.receipt("impossible-proof", &no_proof)?;
        let never_logged = Receipt::new(&attestation, credential.clone(), alone(0), [1; 64])?;
        self.receipt("never-logged", &never_logged)?;

        let mut tomorrow = claims;
        tomorrow.issued_at = now + DAY_S;
        let tomorrow = self.office.lone(&tomorrow, credential)?;
        self.receipt("from-the-future", &tomorrow)
    }

    /// What the operator's list says about the key.
    pub(crate) fn keys(&mut self) -> Outcome<()> {
        let receipt = self.office.receipt(0, |_| ())?;
        let now = self.office.now;
        let key = self.office.device.public();
        let (before, after) = (now - 3 * DAY_S, now - DAY_S);
        let list = self.office.list(now - 3600, |_| Ok(()))?;
        self.listed("listed", &receipt, &list, false)?;
        let list = self
            .office
            .list(now - 3600, |draft| Ok(draft.revoke(&key, before)?))?;
        self.listed("revoked", &receipt, &list, false)?;
        let list = self
            .office
            .list(now - 3600, |draft| Ok(draft.revoke(&key, after)?))?;
        self.listed("revoked-later", &receipt, &list, false)?;
        let list = self
            .office
            .list(now - 3600, |draft| Ok(draft.suspend(&key, before)?))?;
        self.listed("suspended", &receipt, &list, false)?;

        let next = DeviceKey::from_seed(&[43; 32]);
        let successor = vouch(&self.office.operator, &next, before, now + 365 * DAY_S)?;
        let list = self.office.list(now - 3600, |draft| {
            draft.vouch(&successor)?;
            Ok(draft.rotate(&key, &next.public(), before)?)
        })?;
        self.listed("rotated", &receipt, &list, false)?;

        let mut draft = TrustDraft::first(&self.office.operator);
        draft.vouch(&successor)?;
        let others = draft.issue(now - 3600, now + DAY_S)?.encode();
        self.listed("not-listed", &receipt, &others, false)?;

        let mut draft = TrustDraft::first(&self.office.operator);
        let short = vouch(
            &self.office.operator,
            &self.office.device,
            now - 30 * DAY_S,
            before,
        )?;
        draft.vouch(&short)?;
        let short = draft.issue(now - 3600, now + DAY_S)?.encode();
        self.listed("listed-for-another-time", &receipt, &short, false)
    }

    /// Lists that are old, or none to go by.
    pub(crate) fn lists(&mut self) -> Outcome<()> {
        let receipt = self.office.receipt(0, |_| ())?;
        let now = self.office.now;
        let old = self.office.list(now - 20 * DAY_S, |_| Ok(()))?;
        self.listed("overdue-list", &receipt, &old, false)?;
        self.listed("overdue-list-not-allowed", &receipt, &old, true)?;
        let fresh = self.office.list(now - 3600, |_| Ok(()))?;
        let cut = fresh.get(..fresh.len() - 9).unwrap_or_default();
        self.listed("damaged-list", &receipt, cut, false)?;
        let mut changed = fresh;
        if let Some(last) = changed.last_mut() {
            *last ^= 1;
        }
        self.listed("forged-list", &receipt, &changed, false)?;
        let vast = vec![0; attestation::TrustList::MAX_BYTES + 1];
        self.listed("vast-list", &receipt, &vast, false)
    }
}
