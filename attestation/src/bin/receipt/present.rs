//! `receipt present`: what a wallet does, for whoever has none: shows some fields of the wallet form
//! only, and proves to have the holder's key.

use std::path::PathBuf;
use std::process::ExitCode;

use attestation::CardField;
use attestation::wallet::{self, HolderSecret, PresentError};
use clap::Args;
use zeroize::Zeroizing;

use crate::{Failure, input, now};

/// A key file is some hundred bytes.
const MAX_KEY_BYTES: u64 = 4096;

#[derive(Args)]
pub(crate) struct Present {
    /// Show this field: name, document_number, birth_date, sex, ethnicity, address or valid_until.
    /// What is not named is not shown.
    #[arg(long, value_name = "FIELD", value_parser = field)]
    show: Vec<CardField>,
    /// The holder's secret key (Ed25519 or P-256, PKCS#8 PEM).
    #[arg(long, value_name = "FILE", requires_all = ["nonce", "audience"])]
    holder_key: Option<PathBuf>,
    /// What the verifier gave for this request.
    #[arg(long, requires = "holder_key")]
    nonce: Option<String>,
    /// Who the verifier is.
    #[arg(long, requires = "holder_key")]
    audience: Option<String>,
    /// The wallet form, as a file or as a picture of its code; "-" for standard input.
    token: PathBuf,
}

/// Why nothing was presented.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PresentFailure {
    #[error(transparent)]
    Wallet(#[from] PresentError),
    #[error("this machine does not know the time; set its clock")]
    Clock,
}

impl Present {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let text = input::receipt_text(std::slice::from_ref(&self.token))?;
        let shown = wallet::select(&text, &self.show).map_err(PresentFailure::from)?;
        let asked = self.nonce.as_deref().zip(self.audience.as_deref());
        let presented = match (&self.holder_key, asked) {
            (Some(path), Some((nonce, audience))) => {
                let pem = Zeroizing::new(input::read(path, MAX_KEY_BYTES)?);
                let now = now().ok_or(PresentFailure::Clock)?;
                bind(&shown, &pem, nonce, audience, now)?
            }
            _ => shown,
        };
        println!("{presented}");
        Ok(ExitCode::SUCCESS)
    }
}

fn bind(
    shown: &str,
    pem: &[u8],
    nonce: &str,
    audience: &str,
    now: u64,
) -> Result<String, PresentFailure> {
    let pem = std::str::from_utf8(pem).map_err(|_| PresentError::NotASecretKey)?;
    let holder = HolderSecret::from_pem(pem)?;
    Ok(wallet::bind(shown, &holder, nonce, audience, now)?)
}

fn field(code: &str) -> Result<CardField, String> {
    CardField::from_code(code).ok_or_else(|| {
        let codes: Vec<_> = CardField::ALL.iter().map(|field| field.as_code()).collect();
        format!("the fields are {}", codes.join(", "))
    })
}
