//! The signature on a report's page, and checking it.
//!
//! What is signed is the report's canonical JSON with one more key, `page_sha256`: the SHA-256 of
//! the page without its two blocks (signed JSON and seal). The JSON is the first block, and the
//! seal (the operator's credential for the kiosk, and the signature) the second. So every byte of
//! the page is covered: by the digest, by the signature, or by being the only way to write the seal.

use attestation::{Credential, OperatorPublicKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Report;
use super::page::{self, END, SEAL_BEGIN, SIGNED_BEGIN, escape, unescape};
use crate::commands::hex;
use crate::provision::Identity;

/// The page of a report, signed by the kiosk.
pub fn signed_page(report: &Report, identity: &Identity) -> Result<String, serde_json::Error> {
    let empty = page::render(report, "", Some(""));
    let mut json = report.to_json();
    json.insert("page_sha256".into(), Value::String(digest(&empty)));
    let json = serde_json::to_string(&json)?;
    let seal = Seal {
        credential: hex(&identity.credential.to_cose()),
        signature: hex(&identity.device.sign_self_test(json.as_bytes())),
    };
    let seal = serde_json::to_string(&seal)?;
    Ok(page::render(report, &escape(&json), Some(&seal)))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    credential: String,
    signature: String,
}

/// What is needed of the signed JSON; the rest is for people and other programs.
#[derive(Deserialize)]
struct Signed {
    kiosk: String,
    site: String,
    time: String,
    verdict: String,
    page_sha256: String,
}

/// A report that an enrolled kiosk signed exactly as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genuine {
    /// The kiosk.
    pub kiosk: String,
    /// Where it stands.
    pub site: String,
    /// When the test was made, by the kiosk's clock (RFC 3339).
    pub time: String,
    /// What it said of itself: `ready` or `not_ready`.
    pub verdict: String,
}

/// Why a report is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckReportError {
    /// There is no signature in it.
    #[error("this is not a signed self-test report: ask for the file as the kiosk wrote it")]
    NotSigned,
    /// Something in it is not as the kiosk wrote it.
    #[error("the report was changed after the kiosk had signed it: do not trust it")]
    Changed,
    /// The credential in it is another operator's.
    #[error(
        "the report comes from a kiosk that this operator has not enrolled: do not trust it, or \
         check it with the other operator's key"
    )]
    AnotherOperator,
    /// The kiosk signed a report about another one.
    #[error("the report names another kiosk or site than the one that signed it: do not trust it")]
    AnotherKiosk,
    /// The credential does not cover the report's time.
    #[error(
        "the kiosk's enrolment did not hold when the report was made: renew its credential, or \
         correct its clock, and repeat the self-test"
    )]
    OutOfDate,
}

/// Checks a page with the operator's public key.
pub fn check_report(page: &str, operator: &OperatorPublicKey) -> Result<Genuine, CheckReportError> {
    use CheckReportError::{AnotherKiosk, AnotherOperator, Changed, NotSigned, OutOfDate};
    let (before, rest) = page.split_once(SIGNED_BEGIN).ok_or(NotSigned)?;
    let (block, rest) = rest.split_once(END).ok_or(NotSigned)?;
    let (between, rest) = rest.split_once(SEAL_BEGIN).ok_or(NotSigned)?;
    let (seal, after) = rest.split_once(END).ok_or(NotSigned)?;

    let json = unescape(block);
    let (credential, signature) = open(seal).ok_or(Changed)?;
    if !credential.is_from(operator) {
        return Err(AnotherOperator);
    }
    let signed: Signed = serde_json::from_str(&json).map_err(|_| Changed)?;
    let empty = format!("{before}{SIGNED_BEGIN}{END}{between}{SEAL_BEGIN}{END}{after}");
    if escape(&json) != block
        || !credential
            .device
            .signed_self_test(json.as_bytes(), &signature)
        || digest(&empty) != signed.page_sha256
    {
        return Err(Changed);
    }
    if (credential.kiosk.as_str(), credential.site.as_str()) != (&signed.kiosk, &signed.site) {
        return Err(AnotherKiosk);
    }
    let moment: Timestamp = signed.time.parse().map_err(|_| Changed)?;
    let time = u64::try_from(moment.as_second()).map_err(|_| OutOfDate)?;
    if !credential.validity.covers(time) {
        return Err(OutOfDate);
    }
    Ok(Genuine {
        kiosk: signed.kiosk,
        site: signed.site,
        time: signed.time,
        verdict: signed.verdict,
    })
}

/// Credential and signature, if the seal is written in the only way that is accepted.
fn open(text: &str) -> Option<(Credential, [u8; 64])> {
    let seal: Seal = serde_json::from_str(text).ok()?;
    if serde_json::to_string(&seal).ok()? != text {
        return None;
    }
    let credential = Credential::from_cose(&unhex(&seal.credential)?).ok()?;
    let signature = unhex(&seal.signature)?.try_into().ok()?;
    Some((credential, signature))
}

/// The bytes of lower-case hexadecimal digits, of which there is one way to write them.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect::<Option<_>>()?;
    (hex(&bytes) == text).then_some(bytes)
}

fn digest(page: &str) -> String {
    hex(&Sha256::digest(page))
}

#[cfg(test)]
mod tests {
    use attestation::{DeviceKey, Name, OperatorKey, Validity};
    use std::time::Duration;

    use super::*;
    use crate::clock::WallTime;
    use crate::self_test::{Check, Finding};

    /// A report with every character that HTML and JSON treat in their own way.
    fn report() -> Report {
        let mut report = Report::begin(WallTime::at(1_500));
        report.kiosk = Some("kiosk-7".into());
        report.site = Some("hall-2".into());
        report.add(Check {
            id: "a",
            name: "A",
            finding: Finding::failed("<b> & \"quotes\" \\ é &amp;", "type `a < b`"),
            took: Duration::ZERO,
        });
        report
    }

    fn identity(operator: &OperatorKey, kiosk: &str, until: u64) -> Identity {
        let device = DeviceKey::from_seed(&[1; 32]);
        let validity = Validity {
            not_before: 1_000,
            not_after: until,
        };
        Identity {
            credential: Credential::issue(
                operator,
                Name::new(kiosk).unwrap(),
                Name::new("hall-2").unwrap(),
                device.public(),
                validity,
            ),
            device,
            pseudonym_secret: hal::key::Secret::default(),
        }
    }

    #[test]
    fn a_signed_page_is_accepted_as_it_is_and_refused_with_any_byte_changed() {
        let operator = OperatorKey::generate().unwrap();
        let page = signed_page(&report(), &identity(&operator, "kiosk-7", 2_000)).unwrap();
        let genuine = check_report(&page, &operator.public()).unwrap();
        assert_eq!(
            (genuine.kiosk.as_str(), genuine.verdict.as_str()),
            ("kiosk-7", "not_ready")
        );
        for place in 0..page.len() {
            let mut bytes = page.clone().into_bytes();
            bytes[place] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(
                    check_report(&changed, &operator.public()).is_err(),
                    "byte {place}"
                );
            }
        }
        for changed in [
            format!("{page} "),
            format!(" {page}"),
            page.replace("&lt;", "<"),
        ] {
            assert!(check_report(&changed, &operator.public()).is_err());
        }
    }

    #[test]
    fn a_report_counts_only_for_the_kiosk_the_operator_and_the_time_of_its_credential() {
        let operator = OperatorKey::generate().unwrap();
        let checked = |identity: &Identity, operator: &OperatorKey| {
            let page = signed_page(&report(), identity).unwrap();
            check_report(&page, &operator.public()).unwrap_err()
        };
        let stranger = OperatorKey::generate().unwrap();
        assert_eq!(
            checked(&identity(&operator, "kiosk-7", 2_000), &stranger),
            CheckReportError::AnotherOperator
        );
        assert_eq!(
            checked(&identity(&operator, "kiosk-8", 2_000), &operator),
            CheckReportError::AnotherKiosk
        );
        assert_eq!(
            checked(&identity(&operator, "kiosk-7", 1_500), &operator),
            CheckReportError::OutOfDate
        );
    }
}
