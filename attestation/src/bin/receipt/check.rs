//! `receipt verify`: a receipt in any form goes in, with what the verifier goes by.

use std::path::PathBuf;
use std::process::ExitCode;

use attestation::wallet::{KeyBinding, VerifiedWallet};
use attestation::{
    AnyReceipt, Check, Claims, Credential, Decision, Freshness, OperatorPublicKey, PlainReceipt,
    Refusal, StatusList, TrustList, Verified, VerifiedPlain, verify,
};
use clap::{ArgGroup, Args, ValueEnum};

use crate::{Failure, Source, input, now, refuse, report};

#[derive(Args)]
#[command(group(ArgGroup::new("lists").args(["trust", "status"]).multiple(true)))]
pub(crate) struct Verify {
    /// The operator's public key (operator.pub: PEM, or 32 bytes in base64).
    #[arg(long, value_name = "FILE")]
    operator: PathBuf,
    /// The operator's trust list: is the kiosk's key still good?
    #[arg(long, value_name = "LIST")]
    trust: Option<PathBuf>,
    /// The operator's status list for the kiosk: does this one verification still count?
    #[arg(long, value_name = "LIST")]
    status: Option<PathBuf>,
    /// Refuse if a list is past its next update.
    #[arg(long, requires = "lists")]
    require_fresh: bool,
    /// The kiosk's credential, for a plain receipt where there is no trust list.
    #[arg(long, value_name = "FILE")]
    credential: Option<PathBuf>,
    /// Refuse unless who shows it has the holder's key, and signed this nonce (wallet form).
    #[arg(long, requires = "audience")]
    nonce: Option<String>,
    /// Whom the holder's proof must be for, together with --nonce.
    #[arg(long, requires = "nonce")]
    audience: Option<String>,
    /// Exit with 1 if the receipt holds, but its decision is another one.
    #[arg(long, value_name = "DECISION")]
    require: Option<Required>,
    #[command(flatten)]
    source: Source,
}

/// The decision that a script goes by.
#[derive(Clone, Copy, ValueEnum)]
enum Required {
    /// The person was verified.
    Verified,
}

impl Required {
    fn is_met(self, decision: Decision) -> bool {
        match self {
            Self::Verified => decision == Decision::Verified,
        }
    }
}

/// A receipt of which everything holds that was asked.
pub(crate) enum Found {
    Full(Box<Verified>),
    Plain(Box<VerifiedPlain>),
    Wallet(Box<VerifiedWallet>),
}

impl Found {
    pub(crate) fn claims(&self) -> &Claims {
        match self {
            Self::Full(found) => found.claims(),
            Self::Plain(found) => found.claims(),
            Self::Wallet(found) => found.claims(),
        }
    }

    pub(crate) fn checks(&self) -> Vec<Check> {
        match self {
            Self::Full(found) => found.checks(),
            Self::Plain(found) => found.checks(),
            Self::Wallet(found) => found.checks(),
        }
    }

    pub(crate) const fn form(&self) -> &'static str {
        match self {
            Self::Full(_) => "full",
            Self::Plain(_) => "plain",
            Self::Wallet(_) => "wallet",
        }
    }

    /// What even a genuine receipt of this form does not prove.
    pub(crate) const fn not_proven(&self) -> Option<&'static str> {
        match self {
            Self::Full(_) => None,
            Self::Plain(_) => Some(VerifiedPlain::NOT_PROVEN),
            Self::Wallet(_) => Some(VerifiedWallet::NOT_PROVEN),
        }
    }
}

/// What the verifier goes by.
struct Grounds {
    operator: OperatorPublicKey,
    trust: Option<TrustList>,
    status: Option<StatusList>,
    credential: Option<Credential>,
    freshness: Freshness,
}

impl Verify {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let grounds = self.grounds()?;
        let text = input::receipt_text(&self.source.receipt)?;
        let found = match AnyReceipt::decode(&text) {
            Ok(receipt) => self.check(&receipt, &grounds)?,
            Err(refusal) => Err(refusal),
        };
        Ok(match found {
            Ok(found) => self.accept(&found),
            Err(refusal) => refuse(&refusal, self.source.json),
        })
    }

    fn grounds(&self) -> Result<Grounds, Failure> {
        let operator = input::operator(&self.operator)?;
        let trust = self.trust.as_deref();
        let status = self.status.as_deref();
        let credential = self.credential.as_deref();
        Ok(Grounds {
            trust: trust
                .map(|path| input::trust_list(path, &operator))
                .transpose()?,
            status: status
                .map(|path| input::status_list(path, &operator))
                .transpose()?,
            credential: credential.map(input::credential).transpose()?,
            freshness: if self.require_fresh {
                Freshness::Required
            } else {
                Freshness::Any
            },
            operator,
        })
    }

    fn check(
        &self,
        receipt: &AnyReceipt,
        grounds: &Grounds,
    ) -> Result<Result<Found, Refusal>, Failure> {
        let asked = self.nonce.as_deref().zip(self.audience.as_deref());
        let asked = asked.map(|(nonce, audience)| KeyBinding::just_now(nonce, audience));
        Ok(match (receipt, asked) {
            (AnyReceipt::Wallet(token), asked) => token
                .verify(&grounds.operator, asked.as_ref(), now())
                .and_then(|found| grounds.ask_about_wallet(found)),
            // Only a wallet can prove who shows it.
            (_, Some(_)) => Err(Refusal::KeyBindingMissing),
            (AnyReceipt::Full(receipt), None) => {
                verify(receipt, &grounds.operator, now()).and_then(|found| grounds.ask_about(found))
            }
            (AnyReceipt::Plain(receipt), None) => grounds.check_plain(receipt)?,
        })
    }

    fn accept(&self, found: &Found) -> ExitCode {
        let decision = found.claims().decision;
        let met = self.require.map(|required| required.is_met(decision));
        if self.source.json {
            println!("{:#}", report::accepted_json(found, met));
        } else {
            if met == Some(false) {
                println!("NOT ACCEPTED: what was required was not decided\n");
            }
            print!("{}", report::accepted(found));
        }
        ExitCode::from(u8::from(met == Some(false)))
    }
}

impl Grounds {
    fn ask_about(&self, mut found: Verified) -> Result<Found, Refusal> {
        if let Some(list) = &self.trust {
            found = found.with_status(list, self.freshness, now())?;
        }
        if let Some(list) = &self.status {
            found = found.with_status_list(list, self.freshness, now())?;
        }
        Ok(Found::Full(Box::new(found)))
    }

    fn ask_about_wallet(&self, mut found: VerifiedWallet) -> Result<Found, Refusal> {
        if let Some(list) = &self.trust {
            found = found.with_status(list, self.freshness, now())?;
        }
        if let Some(list) = &self.status {
            found = found.with_status_list(list, self.freshness, now())?;
        }
        Ok(Found::Wallet(Box::new(found)))
    }

    fn check_plain(&self, receipt: &PlainReceipt) -> Result<Result<Found, Refusal>, Failure> {
        if self.status.is_some() {
            return Ok(Err(Refusal::StatusNeedsLog));
        }
        let by_list = |list| receipt.verify_by_list(list, self.freshness, now());
        let found = match (&self.credential, &self.trust) {
            (None, None) => return Err(Failure::PlainNeedsKey),
            (None, Some(list)) => by_list(list),
            (Some(credential), list) => receipt
                .verify_by_credential(credential, &self.operator, now())
                .and_then(|found| match list {
                    Some(list) => found.with_status(list, self.freshness, now()),
                    None => Ok(found),
                }),
        };
        Ok(found.map(|found| Found::Plain(Box::new(found))))
    }
}
