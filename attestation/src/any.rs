//! Whatever a resident shows: a receipt in any of its forms, told by how it begins.

use crate::claims::Claims;
use crate::plain::PlainReceipt;
use crate::receipt::{Receipt, fragment};
use crate::refusal::Refusal;
use crate::wallet::WalletToken;

/// A receipt in one of its forms: well-formed, but not checked.
#[derive(Clone, Debug)]
pub enum AnyReceipt {
    /// With everything that a stranger needs to check it.
    Full(Box<Receipt>),
    /// The attestation alone.
    Plain(Box<PlainReceipt>),
    /// The form for wallets.
    Wallet(Box<WalletToken>),
}

/// How the texts of receipts begin, for telling them from other QR codes: full, plain, wallet.
const PREFIXES: &[&str] = &["KVR", "KVP"];

impl AnyReceipt {
    /// Whether a text looks like a receipt in some form, so that it is worth reading as one.
    #[must_use]
    pub fn is_like(text: &str) -> bool {
        let start = match fragment(text) {
            Some(fragment) => fragment.unwrap_or_default(),
            None => text,
        };
        PREFIXES.iter().any(|prefix| start.starts_with(prefix)) || WalletToken::is_like(text)
    }

    /// Reads a receipt in whatever form it is.
    ///
    /// # Errors
    /// When it is none, is of another version, or is damaged.
    pub fn decode(text: &str) -> Result<Self, Refusal> {
        if WalletToken::is_like(text) {
            return WalletToken::decode(text).map(|token| Self::Wallet(Box::new(token)));
        }
        match PlainReceipt::decode(text) {
            Err(Refusal::NotAReceipt) => {}
            other => return other.map(|receipt| Self::Plain(Box::new(receipt))),
        }
        Receipt::decode(text).map(|receipt| Self::Full(Box::new(receipt)))
    }

    /// What it says. **Nobody has checked it.**
    #[must_use]
    pub fn unverified_claims(&self) -> &Claims {
        match self {
            Self::Full(receipt) => receipt.unverified_claims(),
            Self::Plain(receipt) => receipt.unverified_claims(),
            Self::Wallet(token) => token.unverified_claims(),
        }
    }

    /// The stable name of the form, for programs.
    #[must_use]
    pub const fn form(&self) -> &'static str {
        match self {
            Self::Full(_) => "full",
            Self::Plain(_) => "plain",
            Self::Wallet(_) => "wallet",
        }
    }
}
