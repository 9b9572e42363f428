//! The kiosk issues the wallet form of what it has committed.

use serde_json::json;

use super::payload::{CREDENTIAL, Payload, TYP};
use super::{Disclosure, Disclosures, HolderKey, base64url, jws};
use crate::credential::Credential;
use crate::device::DeviceKey;
use crate::log::CommittedAttestation;
use crate::status_uri::StatusUri;

/// Issues the wallet form: `<JWT>~<disclosure>~…`, with everything that the resident agreed to
/// share, in the clear: the caller wipes the text. With a holder's key, only who has its secret
/// half can show it.
///
/// # Errors
/// When the disclosures are not those of the attestation, or the key or the credential is not that
/// of its kiosk.
pub fn issue(
    committed: &CommittedAttestation,
    device: &DeviceKey,
    credential: &Credential,
    disclosures: &Disclosures,
    holder: Option<&HolderKey>,
) -> Result<String, IssueError> {
    let claims = committed.claims();
    let status = StatusUri::of(&claims.site, &claims.kiosk);
    issue_listed_at(committed, device, credential, disclosures, holder, &status)
}

/// As [`issue`], with the address at which the operator publishes the kiosk's status list.
///
/// # Errors
/// As [`issue`].
pub fn issue_listed_at(
    committed: &CommittedAttestation,
    device: &DeviceKey,
    credential: &Credential,
    disclosures: &Disclosures,
    holder: Option<&HolderKey>,
    status: &StatusUri,
) -> Result<String, IssueError> {
    let claims = committed.claims();
    if disclosures.digests() != claims.disclosable {
        return Err(IssueError::OtherDisclosures);
    }
    let ours = credential.kiosk == claims.kiosk
        && credential.site == claims.site
        && credential.device == device.public()
        && credential.validity.covers(claims.issued_at);
    if !ours {
        return Err(IssueError::OtherKiosk);
    }
    let payload = Payload {
        claims: claims.clone(),
        holder: holder.copied(),
        index: committed.index(),
        status_uri: status.clone(),
    };
    let header = json!({
        "alg": "EdDSA",
        "typ": TYP,
        CREDENTIAL: base64url::encode(&credential.to_short()),
    });
    let jwt = jws::sign_with(&header, &payload.to_json(), |signed| device.sign(signed));
    Ok(with_disclosures(&jwt, disclosures))
}

/// Room for everything is made beforehand: a text that grows would leave copies behind.
fn with_disclosures(jwt: &str, disclosures: &Disclosures) -> String {
    let texts = || disclosures.iter().map(Disclosure::as_text);
    let length: usize = texts().map(|text| text.len() + 1).sum();
    let mut token = String::with_capacity(jwt.len() + 1 + length);
    for part in std::iter::once(jwt).chain(texts()) {
        token.push_str(part);
        token.push('~');
    }
    token
}

/// Why the wallet form cannot be issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The digests in the claims are of other disclosures.
    #[error("cannot issue the wallet form: these are not the disclosures that were committed")]
    OtherDisclosures,
    /// Key or credential are another kiosk's, or of another time.
    #[error("cannot issue the wallet form: key or credential are not those of the attestation")]
    OtherKiosk,
}
