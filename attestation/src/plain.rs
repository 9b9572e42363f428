//! The small receipt: the attestation alone, `KVP1:` and base45 (RFC 9285), for printers and
//! screens that have no room for a larger code. It proves that the kiosk signed these statements,
//! and needs the kiosk's key from elsewhere: the operator's trust list, or the kiosk's credential.
//! It does not prove that the statements are in the kiosk's log: a kiosk that signs and never
//! commits would not be noticed. (With a trust list, the site too is only the kiosk's word.)

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::cbor::{DecodeError, Reader, Writer, decode_strictly};
use crate::check::Check;
use crate::claims::Claims;
use crate::cose::{Purpose, SIGNATURE_BYTES, Sign1};
use crate::credential::Credential;
use crate::device::DevicePublicKey;
use crate::operator::OperatorPublicKey;
use crate::receipt::{self, MAX_TEXT_CHARS, NotAPage, Receipt};
use crate::refusal::{Refusal, require};
use crate::status::{Freshness, KeyStatus, key_status};
use crate::trust::{ListedKey, TrustList};
use crate::verify::{not_from_the_future, vouched_for};

/// How every plain receipt of this version begins, in a code and in the fragment of a URL.
const PREFIX: &str = "KVP1:";
const FRAGMENT_PREFIX: &str = "KVP1.";

/// How plain receipts of all versions begin.
const FAMILY: &str = "KVP";

/// A plain receipt: well-formed, but not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainReceipt {
    claims: Claims,
    signature: [u8; SIGNATURE_BYTES],
}

impl PlainReceipt {
    /// The text for a QR code.
    #[must_use]
    pub fn encode(&self) -> String {
        format!("{PREFIX}{}", base45::encode(self.to_cbor()))
    }

    /// The receipt as a link to a page that checks receipts; only the fragment carries it.
    ///
    /// # Errors
    /// When the page is not an `https` URL without a fragment.
    pub fn to_url(&self, page: &str) -> Result<String, NotAPage> {
        let encoded = Base64UrlUnpadded::encode_string(&self.to_cbor());
        receipt::link(page, FRAGMENT_PREFIX, &encoded)
    }

    /// Reads the text of a QR code, or a URL with a plain receipt in its fragment. Exactly one
    /// text of each form (and page) is accepted for each receipt.
    ///
    /// # Errors
    /// When it is not a plain receipt, is one of another version, or is damaged.
    pub fn decode(text: &str) -> Result<Self, Refusal> {
        require(text.len() <= MAX_TEXT_CHARS, Refusal::NotAReceipt)?;
        match receipt::fragment(text) {
            Some(fragment) => {
                let encoded = receipt::strip_prefix(fragment?, FRAGMENT_PREFIX, FAMILY)?;
                let read = Self::from_cbor(Base64UrlUnpadded::decode_vec(encoded).ok())?;
                let again = Base64UrlUnpadded::encode_string(&read.to_cbor());
                require(again == encoded, Refusal::Malformed { source: None })?;
                Ok(read)
            }
            None => {
                let encoded = receipt::strip_prefix(text, PREFIX, FAMILY)?;
                let read = Self::from_cbor(base45::decode(encoded).ok())?;
                require(read.encode() == text, Refusal::Malformed { source: None })?;
                Ok(read)
            }
        }
    }

    fn from_cbor(bytes: Option<Vec<u8>>) -> Result<Self, Refusal> {
        let bytes = bytes.ok_or(Refusal::Malformed { source: None })?;
        decode_strictly(&bytes, read, Self::to_cbor).map_err(|source| Refusal::Malformed {
            source: Some(source),
        })
    }

    /// The receipt in bytes, which the text wraps (`plain-receipt` in `claims.cddl`).
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(2).encoded(&self.claims.to_cwt());
        w.bytes(&self.signature);
        w.finish()
    }

    /// What the receipt says. **Nobody has checked it.**
    #[must_use]
    pub const fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// The attestation as it stands in the log: a tagged COSE_Sign1 over a CWT, for other tools.
    #[must_use]
    pub fn attestation(&self) -> Vec<u8> {
        let message = Sign1 {
            payload: &self.claims.to_cwt(),
            signature: self.signature,
        };
        message.encode(Purpose::Attestation)
    }

    /// Checks the receipt with the keys that the operator's trust list names for its kiosk.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify_by_list(
        &self,
        list: &TrustList,
        freshness: Freshness,
        now: Option<u64>,
    ) -> Result<VerifiedPlain, Refusal> {
        let of_kiosk = |listed: &&ListedKey| listed.kiosk == self.claims.kiosk;
        let mut keys = list.keys().iter().filter(of_kiosk).peekable();
        require(keys.peek().is_some(), Refusal::KeyNotListed)?;
        let signer = keys.find(|listed| self.is_signed_by(&listed.key));
        let signer = signer.ok_or(Refusal::AttestationSignature)?;
        let status = KeyStatus::at(signer, self.claims.issued_at, list, now)?;
        let status = status.fresh_enough(freshness)?;
        not_from_the_future(self.claims.issued_at, now)?;
        Ok(VerifiedPlain {
            claims: self.claims.clone(),
            device: signer.key,
            credential: None,
            status: Some(status),
        })
    }

    /// Checks the receipt with the operator's credential for its kiosk.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify_by_credential(
        &self,
        credential: &Credential,
        operator: &OperatorPublicKey,
        now: Option<u64>,
    ) -> Result<VerifiedPlain, Refusal> {
        let ours = credential.kiosk == self.claims.kiosk && credential.site == self.claims.site;
        require(ours, Refusal::AnotherKiosksCredential)?;
        vouched_for(credential, operator, self.claims.issued_at)?;
        require(
            self.is_signed_by(&credential.device),
            Refusal::AttestationSignature,
        )?;
        not_from_the_future(self.claims.issued_at, now)?;
        Ok(VerifiedPlain {
            claims: self.claims.clone(),
            device: credential.device,
            credential: Some(credential.clone()),
            status: None,
        })
    }

    fn is_signed_by(&self, key: &DevicePublicKey) -> bool {
        key.attested(&self.claims.to_cwt(), &self.signature)
    }
}

impl Receipt {
    /// The same verification as a plain receipt.
    #[must_use]
    pub fn to_plain(&self) -> PlainReceipt {
        PlainReceipt {
            claims: self.claims.clone(),
            signature: self.signature,
        }
    }
}

fn read(r: &mut Reader<'_>) -> Result<PlainReceipt, DecodeError> {
    r.array(2)?;
    Ok(PlainReceipt {
        claims: Claims::read(r)?,
        signature: r.bytes()?,
    })
}

/// A plain receipt that the kiosk signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedPlain {
    claims: Claims,
    device: DevicePublicKey,
    credential: Option<Credential>,
    status: Option<KeyStatus>,
}

impl VerifiedPlain {
    /// What even a genuine plain receipt does not prove, in plain words.
    pub const NOT_PROVEN: &str = "a plain receipt does not prove that this stands in the kiosk's \
        log, and cannot be looked up in a status list; ask for the full receipt where that matters";

    /// What the kiosk attested.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The key that signed it.
    #[must_use]
    pub const fn device(&self) -> &DevicePublicKey {
        &self.device
    }

    /// The credential that it was checked with; none where a trust list was used, and then the
    /// site is only the kiosk's word.
    #[must_use]
    pub const fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// What the operator's trust list said about the key, where one was used.
    #[must_use]
    pub const fn status(&self) -> Option<&KeyStatus> {
        self.status.as_ref()
    }

    /// Everything that was checked, in order; all of it held.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let by_credential = [Check::OperatorVouches, Check::CredentialInTime];
        let by_credential = self.credential.as_ref().map(|_| by_credential);
        let by_credential = by_credential.into_iter().flatten();
        let by_list = self.status.map(|_| Check::KeyCounts);
        by_credential
            .chain([Check::KioskSigned])
            .chain(by_list)
            .collect()
    }

    /// After a check with the credential, also checks the key against the operator's trust list.
    ///
    /// # Errors
    /// When the key is not in the list or did not count, or the list must be fresh and is not.
    pub fn with_status(
        mut self,
        list: &TrustList,
        freshness: Freshness,
        now: Option<u64>,
    ) -> Result<Self, Refusal> {
        let moment = self.claims.issued_at;
        let status = match &self.credential {
            Some(credential) => key_status(credential, moment, list, now)?,
            None => {
                let listed = list.find(&self.claims.kiosk, &self.device);
                KeyStatus::at(listed.ok_or(Refusal::KeyNotListed)?, moment, list, now)?
            }
        };
        self.status = Some(status.fresh_enough(freshness)?);
        Ok(self)
    }
}
