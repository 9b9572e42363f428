//! The checking of the wallet form by a stranger who has the operator's public key:
//! [`VerifiedWallet`] can only come from here.

use std::fmt;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::base64url;
use super::disclosure::Disclosure;
use super::holder::HolderKey;
use super::key_binding::{self, KeyBinding};
use super::payload::{CREDENTIAL, Payload, TYP, VCT_FAMILY};
use super::sd_jwt::{SdJwt, SdJwtError};
use crate::check::Check;
use crate::checkpoint::Checkpoint;
use crate::claims::Claims;
use crate::credential::Credential;
use crate::operator::OperatorPublicKey;
use crate::refusal::{Refusal, require};
use crate::status::{self, Freshness, KeyStatus};
use crate::status_list::{ListedStatus, StatusList};
use crate::status_uri::StatusUri;
use crate::trust::TrustList;
use crate::verify::{not_from_the_future, vouched_for};

/// The wallet form of a verification: well-formed, but not checked.
#[derive(Clone)]
pub struct WalletToken {
    /// With the card fields in it, so it is wiped from memory on drop.
    text: Zeroizing<String>,
    payload: Payload,
    credential: Credential,
    disclosures: Vec<Disclosure>,
}

impl WalletToken {
    /// Whether a text looks like the wallet form, so that it is worth reading as one.
    #[must_use]
    pub fn is_like(text: &str) -> bool {
        // Every JWT begins with the base64url of `{"`, every SD-JWT holds a tilde.
        text.starts_with("ey") && text.contains('~')
    }

    /// Reads the compact form, with or without a holder's proof.
    ///
    /// # Errors
    /// When it is something else, of another version, or not what a kiosk writes.
    pub fn decode(text: &str) -> Result<Self, Refusal> {
        require(Self::is_like(text), Refusal::NotAReceipt)?;
        let token = SdJwt::decode(text).ok_or(MALFORMED)?;
        check_type(&token.jwt.payload)?;
        let payload = Payload::from_json(&token.jwt.payload).ok_or(MALFORMED)?;
        let credential = read_credential(&token.jwt.header, &payload.claims);
        let disclosures = token.disclosures.iter();
        let disclosures: Option<_> = disclosures.map(|text| Disclosure::decode(text)).collect();
        Ok(Self {
            text: Zeroizing::new(text.to_owned()),
            payload,
            credential: credential.ok_or(MALFORMED)?,
            disclosures: disclosures.ok_or(Refusal::Disclosures)?,
        })
    }

    /// What it says. **Nobody has checked it.**
    #[must_use]
    pub const fn unverified_claims(&self) -> &Claims {
        &self.payload.claims
    }

    /// The card fields that it shows. **Nobody has checked them.**
    #[must_use]
    pub fn unverified_fields(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// The name or address of its status list. **Nobody has checked it.**
    pub(crate) const fn unverified_status_uri(&self) -> &StatusUri {
        &self.payload.status_uri
    }

    /// Checks everything against the operator's public key. With `key_binding`, who shows it must
    /// have proved to have the holder's key.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(
        &self,
        operator: &OperatorPublicKey,
        key_binding: Option<&KeyBinding<'_>>,
        now: Option<u64>,
    ) -> Result<VerifiedWallet, Refusal> {
        let (claims, credential) = (&self.payload.claims, &self.credential);
        let token = SdJwt::decode(&self.text).ok_or(MALFORMED)?;
        vouched_for(credential, operator, claims.issued_at)?;
        let opened = token.open(&HolderKey::Ed25519(credential.device.0));
        opened.map_err(|error| match error {
            SdJwtError::Signature => Refusal::AttestationSignature,
            SdJwtError::Disclosures => Refusal::Disclosures,
        })?;
        not_from_the_future(claims.issued_at, now)?;
        let holder = self.payload.holder.as_ref();
        match key_binding {
            Some(asked) => asked.check(&token, holder, now)?,
            None => key_binding::check_unasked(&token, holder)?,
        }
        Ok(VerifiedWallet {
            claims: claims.clone(),
            credential: credential.clone(),
            fields: self.disclosures.clone(),
            index: self.payload.index,
            status_uri: self.payload.status_uri.clone(),
            holder: match (key_binding, holder) {
                (Some(_), _) => Holder::Present,
                (None, Some(_)) => Holder::Bound,
                (None, None) => Holder::NotBound,
            },
            status: None,
            listed: None,
        })
    }
}

impl fmt::Debug for WalletToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claims = &self.payload.claims;
        write!(f, "WalletToken({claims:?}, {:?})", self.disclosures)
    }
}

const MALFORMED: Refusal = Refusal::Malformed { source: None };

/// Another type of credential says so before its members do.
fn check_type(payload: &Map<String, Value>) -> Result<(), Refusal> {
    let vct = payload.get("vct").and_then(Value::as_str);
    let vct = vct.ok_or(Refusal::NotAReceipt)?;
    let version = vct.strip_prefix(VCT_FAMILY).ok_or(Refusal::NotAReceipt)?;
    let later = version.parse::<u16>().is_ok_and(|number| number > 1);
    require(!later, Refusal::UnknownVersion)
}

fn read_credential(header: &Map<String, Value>, claims: &Claims) -> Option<Credential> {
    let text = |name| header.get(name).and_then(Value::as_str);
    let exact = header.len() == 3 && text("alg") == Some("EdDSA") && text("typ") == Some(TYP);
    exact.then_some(())?;
    let short = base64url::decode(text(CREDENTIAL)?)?;
    Credential::from_short(&short, &claims.kiosk, &claims.site).ok()
}

/// Whether who showed a token is who it was issued to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The resident brought no key: whoever has a copy can show it.
    NotBound,
    /// It is bound to a key, but no proof was asked for: it may be a copy.
    Bound,
    /// Who showed it proved to have the key, for this request.
    Present,
}

impl Holder {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(self) -> &'static str {
        match self {
            Self::NotBound => "not_bound",
            Self::Bound => "bound",
            Self::Present => "present",
        }
    }
}

/// The wallet form of a verification of which everything holds.
#[derive(Clone, Debug)]
pub struct VerifiedWallet {
    claims: Claims,
    credential: Credential,
    fields: Vec<Disclosure>,
    index: u64,
    status_uri: StatusUri,
    holder: Holder,
    status: Option<KeyStatus>,
    listed: Option<ListedStatus>,
}

impl VerifiedWallet {
    /// What the wallet form does not prove, in plain words.
    pub const NOT_PROVEN: &str = "the wallet form names its place in the kiosk's log, but does not \
        prove it; an auditor finds it there, or ask for the full receipt";

    /// What the kiosk attested.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The operator's word for the kiosk.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The card fields that the holder showed.
    #[must_use]
    pub fn fields(&self) -> &[Disclosure] {
        &self.fields
    }

    /// How many fields the holder could show, shown or not.
    #[must_use]
    pub const fn disclosable(&self) -> usize {
        self.claims.disclosable.len()
    }

    /// Whether who showed it is who it was issued to.
    #[must_use]
    pub const fn holder(&self) -> Holder {
        self.holder
    }

    /// The place in the kiosk's log and status list, by the kiosk's word.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The name or address of the status list.
    #[must_use]
    pub const fn status_uri(&self) -> &StatusUri {
        &self.status_uri
    }

    /// What the operator's trust list said about the key, where it was asked.
    #[must_use]
    pub const fn status(&self) -> Option<&KeyStatus> {
        self.status.as_ref()
    }

    /// What the operator's status list said about this verification, where it was asked.
    #[must_use]
    pub const fn listed(&self) -> Option<&ListedStatus> {
        self.listed.as_ref()
    }

    /// Everything that was checked, in order; all of it held.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let always = [
            Check::OperatorVouches,
            Check::CredentialInTime,
            Check::KioskSigned,
            Check::FieldsAsSigned,
        ];
        let holder = (self.holder == Holder::Present).then_some(Check::HolderPresent);
        let of_key = self.status.map(|_| Check::KeyCounts);
        let of_this = self.listed.map(|_| Check::NotTakenBack);
        let asked = holder.into_iter().chain(of_key).chain(of_this);
        always.into_iter().chain(asked).collect()
    }

    /// Also checks the kiosk's key against the operator's trust list.
    ///
    /// # Errors
    /// As [`crate::Verified::with_status`].
    pub fn with_status(
        mut self,
        list: &TrustList,
        freshness: Freshness,
        now: Option<u64>,
    ) -> Result<Self, Refusal> {
        let status = status::key_status(&self.credential, self.claims.issued_at, list, now)?;
        self.status = Some(status.fresh_enough(freshness)?);
        Ok(self)
    }

    /// Also checks this one verification against the operator's status list.
    ///
    /// # Errors
    /// When the list is another one, does not reach so far, or says that it no longer counts.
    pub fn with_status_list(
        mut self,
        list: &StatusList,
        freshness: Freshness,
        now: Option<u64>,
    ) -> Result<Self, Refusal> {
        let same_operator = self.credential.is_from(list.operator());
        let origin = Checkpoint::origin(&self.claims.site, &self.claims.kiosk);
        let named = list.log() == Some(&origin) || list.is_named(&self.status_uri);
        let ours = same_operator && named;
        require(ours, Refusal::StatusOtherList)?;
        self.listed = Some(list.check(self.index, freshness, now)?);
        Ok(self)
    }
}
