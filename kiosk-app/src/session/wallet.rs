//! The steps from the receipt into the phone's wallet: which way, the camera that reads the phone's
//! key, and the proof as codes. Nobody has to go here, every step has a way back, and what the
//! resident agreed to share is gone when they are.

use std::time::Duration;

use attestation::wallet::{HolderKey, NotAHolderKey};
use kiosk_ui::{CardField, Confidential, ScanHint, WalletCodes, WalletTrouble, WalletView};

use super::keepsake::Keepsake;
use super::state::State;
use super::{Committed, Device, Effect, IssueFailed, Session};
use crate::record::Record;
use crate::wallet_codes;

/// How long each of several codes stays: long enough for a phone to find, focus and read it.
const CODE_TURN: Duration = Duration::from_secs(3);

/// A resident who is on the way into the wallet.
#[derive(Debug)]
pub(super) struct Wallet {
    pub service: Option<usize>,
    pub committed: Committed,
    pub keepsake: Keepsake,
    pub step: Step,
}

/// Where on the way.
#[derive(Debug)]
pub(super) enum Step {
    Choosing(Option<WalletTrouble>),
    Scanning(ScanHint),
    /// The proof is being signed, for this key or for none.
    Issuing(Option<HolderKey>),
    Shown(Shown),
}

/// A proof on the screen.
#[derive(Debug)]
pub(super) struct Shown {
    codes: Vec<Confidential>,
    bound: bool,
    since: Duration,
}

impl Session {
    /// "Keep it on my phone".
    pub(super) fn open_wallet(&mut self, now: Duration) {
        match std::mem::replace(&mut self.state, State::Attract) {
            State::Receipt {
                service,
                committed,
                keepsake: Some(keepsake),
            } => {
                let step = Step::Choosing(None);
                let wallet = Wallet {
                    service,
                    committed,
                    keepsake,
                    step,
                };
                self.enter(State::Wallet(wallet), now);
            }
            other => self.state = other,
        }
    }

    /// Without a key: signs at once.
    pub(super) fn without_key(&mut self, now: Duration) {
        if self.wallet_step(|step| matches!(step, Step::Choosing(_))) {
            self.issue(None, now);
        }
    }

    /// Opens the camera for the phone's key.
    pub(super) fn bring_key(&mut self, now: Duration) {
        let chooses = self.wallet_step(|step| matches!(step, Step::Choosing(_)));
        if chooses && !self.lost.contains(&Device::Camera) {
            self.record(Record::KeyScanStarted);
            self.effects.push(Effect::StartScan(self.turn));
            self.step_to(Step::Scanning(ScanHint::Look), now);
        }
    }

    /// The camera saw a code.
    pub(super) fn scanned(&mut self, seen: Result<HolderKey, NotAHolderKey>, now: Duration) {
        let State::Wallet(Wallet {
            step: Step::Scanning(hint),
            ..
        }) = &mut self.state
        else {
            return;
        };
        match seen {
            Ok(key) => {
                self.stop_scan();
                self.issue(Some(key), now);
            }
            Err(NotAHolderKey::Secret) => *hint = ScanHint::SecretKey,
            Err(NotAHolderKey::NotAKey | NotAHolderKey::UnknownType) => {
                *hint = ScanHint::OtherCode;
            }
        }
    }

    /// The proof is signed, or not. One for another key is an answer to an earlier wish.
    pub(super) fn issued(
        &mut self,
        holder: Option<HolderKey>,
        result: Result<Confidential, IssueFailed>,
        now: Duration,
    ) {
        if !self.wallet_step(|step| matches!(step, Step::Issuing(wanted) if *wanted == holder)) {
            return;
        }
        match result.map(|proof| wallet_codes::split(proof.reveal())) {
            Ok(codes) => {
                let bound = holder.is_some();
                self.record(Record::WalletIssued { bound });
                let shown = Shown {
                    codes,
                    bound,
                    since: now,
                };
                self.step_to(Step::Shown(shown), now);
            }
            Err(IssueFailed) => self.wallet_trouble(WalletTrouble::Failed, now),
        }
    }

    /// One step back. A proof that was shown is done with: what was shared is wiped.
    pub(super) fn wallet_back(&mut self, now: Duration) {
        if self.wallet_step(|step| matches!(step, Step::Scanning(_))) {
            self.stop_scan();
            return self.step_to(Step::Choosing(None), now);
        }
        match std::mem::replace(&mut self.state, State::Attract) {
            State::Wallet(wallet) => {
                let goes_on = matches!(wallet.step, Step::Choosing(_));
                if !goes_on {
                    self.wipe();
                }
                let receipt = State::Receipt {
                    service: wallet.service,
                    committed: wallet.committed,
                    keepsake: goes_on.then_some(wallet.keepsake),
                };
                self.enter(receipt, now);
            }
            other => self.state = other,
        }
    }

    /// A step of the wallet waited long enough.
    pub(super) fn wallet_gives_up(&mut self, now: Duration) {
        let State::Wallet(Wallet { step, .. }) = &self.state else {
            return;
        };
        match step {
            Step::Choosing(_) | Step::Shown(_) => self.go_home(now),
            Step::Scanning(_) => {
                self.stop_scan();
                self.wallet_trouble(WalletTrouble::NoKey, now);
            }
            Step::Issuing(_) => self.wallet_trouble(WalletTrouble::Failed, now),
        }
    }

    /// The camera went away while it looked for a key.
    pub(super) fn scanner_lost(&mut self, now: Duration) {
        if self.wallet_step(|step| matches!(step, Step::Scanning(_))) {
            self.stop_scan();
            self.wallet_trouble(WalletTrouble::NoCamera, now);
        }
    }

    fn issue(&mut self, holder: Option<HolderKey>, now: Duration) {
        if let State::Wallet(wallet) = &self.state {
            let keepsake = wallet.keepsake.clone();
            let order = Effect::Issue(self.turn, keepsake, holder);
            self.effects.push(order);
            self.step_to(Step::Issuing(holder), now);
        }
    }

    fn wallet_trouble(&mut self, trouble: WalletTrouble, now: Duration) {
        self.step_to(Step::Choosing(Some(trouble)), now);
    }

    /// Closes the camera; its pictures are wiped with it.
    fn stop_scan(&mut self) {
        self.effects.push(Effect::StopCapture);
        self.wipe();
    }

    fn wallet_step(&self, is: impl FnOnce(&Step) -> bool) -> bool {
        matches!(&self.state, State::Wallet(wallet) if is(&wallet.step))
    }

    fn step_to(&mut self, step: Step, now: Duration) {
        if let State::Wallet(wallet) = &mut self.state {
            wallet.step = step;
            self.deadline = self.waiting_time().map(|time| now + time);
        }
    }

    /// What the screen shows of it.
    pub(super) fn wallet_view(&self, wallet: &Wallet, now: Duration) -> WalletView {
        match &wallet.step {
            Step::Choosing(trouble) => WalletView::Choose {
                scanner: !self.lost.contains(&Device::Camera),
                trouble: *trouble,
            },
            Step::Scanning(hint) => WalletView::Scan(*hint),
            Step::Issuing(_) => WalletView::Preparing,
            Step::Shown(shown) => WalletView::Codes(shown.view(&wallet.keepsake, now)),
        }
    }
}

impl Shown {
    /// The code whose turn it is.
    fn view(&self, keepsake: &Keepsake, now: Duration) -> WalletCodes {
        let turns = now.saturating_sub(self.since).as_millis() / CODE_TURN.as_millis();
        let count = self.codes.len();
        let at = usize::try_from(turns).unwrap_or(0) % count.max(1);
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        WalletCodes {
            code: self.codes[at].clone(),
            number: narrow(at + 1),
            count: narrow(count),
            bound: self.bound,
            fields: shared_fields(keepsake),
        }
    }
}

fn shared_fields(keepsake: &Keepsake) -> Vec<CardField> {
    let disclosures = keepsake.disclosures().iter();
    let mut fields: Vec<_> = disclosures
        .map(|disclosure| wallet_codes::field_on_screen(disclosure.field()))
        .collect();
    fields.sort_unstable();
    fields
}
