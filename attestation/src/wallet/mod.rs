//! The wallet form: the same verification as an SD-JWT VC (RFC 9901,
//! draft-ietf-oauth-sd-jwt-vc), which a resident keeps in a wallet and shows with the card fields
//! of their choice.
//!
//! ```text
//! card ──consent──► Disclosures ──digests──► Claims ──commit──► CommittedAttestation
//!                        │                                              │
//!                        └───────────────► issue(…) ◄───────────────────┘
//!                                             │ <JWT>~<disclosure>~…
//!                              wallet: present (fewer disclosures, signed by the holder's key)
//!                                             │
//!                              WalletToken::decode ─► verify ─► VerifiedWallet
//! ```
//!
//! Both forms say the same: the digests in `_sd` are those that stand in the attestation in the
//! log. The wallet form names its place in the log, but carries no proof of inclusion.

pub(crate) mod base64url;
mod disclosure;
mod holder;
#[cfg(feature = "log")]
mod issue;
mod json;
pub(crate) mod jws;
mod key_binding;
pub mod parts;
mod payload;
mod present;
mod sd_jwt;
mod verify;

pub use disclosure::{CardField, Disclosure, DisclosureError, Disclosures, is_shareable};
pub use holder::{HolderKey, NotAHolderKey};
#[cfg(feature = "log")]
pub use issue::{IssueError, issue, issue_listed_at};
pub use key_binding::KeyBinding;
pub use payload::VCT;
pub use present::{HolderSecret, PresentError, bind, select};
pub use verify::{Holder, VerifiedWallet, WalletToken};
