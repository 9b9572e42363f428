//! `receipt verify`: a receipt in any form goes in, with what the verifier goes by.

use std::path::PathBuf;
use std::process::ExitCode;

use attestation::json;
use attestation::wallet::KeyBinding;
use attestation::{AnyReceipt, Decision, Found, Freshness, Grounds, NotAccepted, Refusal};
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
    #[cfg(feature = "evm")]
    #[command(flatten)]
    anchor: crate::anchor::Args,
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

impl Verify {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let grounds = self.grounds()?;
        let text = input::receipt_text(&self.source.receipt)?;
        let found = match AnyReceipt::decode(&text) {
            Ok(receipt) => self.check(&receipt, &grounds)?,
            Err(refusal) => Err(refusal),
        };
        let found = match found {
            Ok(found) => found,
            Err(refusal) => return Ok(refuse(&refusal, self.source.json)),
        };
        #[cfg(feature = "evm")]
        let ledger = match self
            .anchor
            .ask(&found, &grounds.operator, self.source.json)?
        {
            Ok(ledger) => ledger,
            Err(code) => return Ok(code),
        };
        #[cfg(not(feature = "evm"))]
        let ledger = report::OnLedger::default();
        Ok(self.accept(&found, &ledger))
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
            now: now(),
        })
    }

    fn check(
        &self,
        receipt: &AnyReceipt,
        grounds: &Grounds,
    ) -> Result<Result<Found, Refusal>, Failure> {
        let asked = self.nonce.as_deref().zip(self.audience.as_deref());
        let asked = asked.map(|(nonce, audience)| KeyBinding::just_now(nonce, audience));
        match grounds.check(receipt, asked.as_ref()) {
            Ok(found) => Ok(Ok(found)),
            Err(NotAccepted::Refused(refusal)) => Ok(Err(refusal)),
            Err(source @ NotAccepted::PlainNeedsKey) => Err(Failure::PlainNeedsKey { source }),
        }
    }

    fn accept(&self, found: &Found, ledger: &report::OnLedger) -> ExitCode {
        let decision = found.claims().decision;
        let met = self.require.map(|required| required.is_met(decision));
        if self.source.json {
            let mut said = json::accepted(found);
            said["requirement_met"] = met.into();
            ledger.add_to(&mut said);
            println!("{said:#}");
        } else {
            if met == Some(false) {
                println!("NOT ACCEPTED: what was required was not decided\n");
            }
            print!("{}", report::accepted(found, ledger));
        }
        ExitCode::from(u8::from(met == Some(false)))
    }
}
