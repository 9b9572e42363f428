//! The holder's proof (KB-JWT, RFC 9901 §4.3 and §7.3): who shows a token has the key that it is
//! bound to, and signs for this verifier and this request, now. Whether a proof is needed is the
//! verifier's decision, never that of who shows the token.

use serde_json::Value;

use super::base64url;
use super::holder::HolderKey;
use super::jws::Jws;
use super::sd_jwt::SdJwt;
use crate::refusal::{Refusal, require};
use crate::verify::CLOCK_SKEW_S;

/// The type of a holder's proof (`typ`).
pub(super) const TYP: &str = "kb+jwt";

/// What a verifier asks of a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyBinding<'a> {
    /// What the verifier gave out for this one request, and accepts once.
    pub nonce: &'a str,
    /// Who the verifier is, as the holder was told.
    pub audience: &'a str,
    /// How old the proof may be, in seconds.
    pub max_age_s: u64,
}

impl<'a> KeyBinding<'a> {
    /// How long a person takes to show something, in seconds.
    const MAX_AGE_S: u64 = 300;

    /// Asks for a proof that was made just now.
    #[must_use]
    pub const fn just_now(nonce: &'a str, audience: &'a str) -> Self {
        Self {
            nonce,
            audience,
            max_age_s: Self::MAX_AGE_S,
        }
    }

    /// Checks the proof that came with a token.
    pub(super) fn check(
        &self,
        token: &SdJwt<'_>,
        holder: Option<&HolderKey>,
        now: Option<u64>,
    ) -> Result<(), Refusal> {
        let shown = token.key_binding.zip(holder);
        let (proof, holder) = shown.ok_or(Refusal::KeyBindingMissing)?;
        let proof = signed(proof, token, holder).ok_or(Refusal::KeyBindingSignature)?;
        require(
            proof.nonce == self.nonce && !self.nonce.is_empty(),
            Refusal::KeyBindingNonce,
        )?;
        require(proof.audience == self.audience, Refusal::KeyBindingAudience)?;
        let made_now = now.is_some_and(|now| {
            proof.issued_at <= now.saturating_add(CLOCK_SKEW_S)
                && now.saturating_sub(proof.issued_at) <= self.max_age_s
        });
        require(made_now, Refusal::KeyBindingNotFresh)
    }
}

/// A proof that nobody asked for must hold all the same, or somebody tampered with the token.
pub(super) fn check_unasked(token: &SdJwt<'_>, holder: Option<&HolderKey>) -> Result<(), Refusal> {
    let Some(proof) = token.key_binding else {
        return Ok(());
    };
    let signed = holder.and_then(|holder| signed(proof, token, holder));
    require(signed.is_some(), Refusal::KeyBindingSignature)
}

/// What a proof says.
struct Proof {
    nonce: String,
    audience: String,
    issued_at: u64,
}

/// Reads a proof, if the holder signed it, for exactly what is shown.
fn signed(proof: &str, token: &SdJwt<'_>, holder: &HolderKey) -> Option<Proof> {
    let jws = Jws::decode(proof)?;
    let text = |name| jws.payload.get(name).and_then(Value::as_str);
    let right = jws.header_text("typ") == Some(TYP)
        && jws.is_signed_by(holder)
        && text("sd_hash") == Some(&base64url::encode(&token.shown_digest()));
    right.then_some(())?;
    Some(Proof {
        nonce: text("nonce")?.to_owned(),
        audience: text("aud")?.to_owned(),
        issued_at: jws.payload.get("iat")?.as_u64()?,
    })
}
