//! Issuing a document: from the page, the country and the choice of protocols to everything that is
//! on the chip, with what is wrong about it.

use std::collections::BTreeMap;

use p256::ecdsa::SigningKey;

use super::access::Access;
use super::active::{Active, ActiveKey};
use super::chip::{CARD_ACCESS, COM, ChipKey, Contents, FIRST_FILE, SOD};
use super::face::dg2;
use super::fault::Fault;
use super::holder::SimPassport;
use super::lds::{Ciphers, DataGroup, Pace, card_access, com, dg1, dg11, dg14, dg15};
use super::mrz::short;
use super::pki::{DocumentSigner, PkiError, Term, TestCountry, draw_key, public_key};
use super::portrait::{nobody, size};
use super::sod::sod;
use crate::card::emrtd::access::{AccessKey, AccessKeyError};
use crate::card::emrtd::curve::{Curve, CurveError};
use crate::card::emrtd::pace::PaceVariant;
use crate::sim::card::PhotoError;

/// What the chip can do besides being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocols {
    /// Opens with Basic Access Control.
    pub bac: bool,
    /// Opens with PACE.
    pub pace: Option<Pace>,
    /// Proves itself with chip authentication.
    pub chip: Option<Ciphers>,
    /// Proves itself with active authentication.
    pub active: Option<Active>,
}

impl Default for Protocols {
    /// Everything, as new passports have it.
    fn default() -> Self {
        Self {
            bac: true,
            pace: Some(Pace::default()),
            chip: Some(Ciphers::default()),
            active: Some(Active::default()),
        }
    }
}

/// Why a document could not be issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A certificate or key could not be made.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// A file could not be coded.
    #[error("failed to code a file of the chip")]
    Der(#[from] der::Error),
    /// The page has no number or dates that open a chip.
    #[error("the number or a date on the page cannot open a chip")]
    AccessKey(#[from] AccessKeyError),
    /// The chip's key could not be made.
    #[error("failed to make the chip's key")]
    Curve(#[from] CurveError),
    /// The portrait could not be made.
    #[error(transparent)]
    Portrait(#[from] PhotoError),
}

/// A chip's contents and who signed them.
pub(super) struct Issued {
    pub(super) contents: Contents,
    pub(super) signer: DocumentSigner,
}

pub(super) fn issue(
    page: &SimPassport,
    protocols: &Protocols,
    country: &TestCountry,
    fault: Option<Fault>,
) -> Result<Issued, IssueError> {
    let signer = appoint(country, fault)?;
    let chip = draw_key()?;
    let active = protocols.active.map(ActiveKey::new).transpose()?;
    let mut groups = data_groups(page, protocols, &chip, active.as_ref())?;
    let mut signature = sod(&groups, &signer)?;
    spoil(fault, page, &mut groups, &mut signature);
    let stripped = fault == Some(Fault::StrippedCom);
    if stripped {
        groups.retain(|group| group.0 < 14);
    }
    let mut files = BTreeMap::from([(COM, com(&groups)), (SOD, signature)]);
    if let Some(pace) = protocols.pace.filter(|_| !stripped) {
        files.insert(CARD_ACCESS, card_access(pace)?);
    }
    files.extend(
        groups
            .into_iter()
            .map(|(n, file)| (FIRST_FILE + u16::from(n), file)),
    );
    let (chip, active) = match fault {
        Some(Fault::Cloned) => (draw_key()?, active.map(ActiveKey::copied).transpose()?),
        _ => (chip, active),
    };
    let answers = !stripped && fault != Some(Fault::NoChipKey);
    let contents = Contents {
        files,
        access: access(page, protocols, fault)?,
        chip: match protocols.chip {
            Some(ciphers) if answers => Some(ChipKey {
                suite: ciphers.into(),
                secret: Curve::P256.secret(&chip.to_bytes())?,
            }),
            _ => None,
        },
        active: active.filter(|_| answers),
        bad_mac: fault == Some(Fault::BadMac),
    };
    Ok(Issued { contents, signer })
}

/// The files of a genuine document by their identifiers (ICAO 9303-10, 4.5), for whoever tries a parser
/// of them.
///
/// # Errors
/// [`IssueError`].
pub fn files(
    page: &SimPassport,
    protocols: &Protocols,
    country: &TestCountry,
) -> Result<BTreeMap<u16, Vec<u8>>, IssueError> {
    Ok(issue(page, protocols, country, None)?.contents.files)
}

fn appoint(country: &TestCountry, fault: Option<Fault>) -> Result<DocumentSigner, PkiError> {
    match fault {
        Some(Fault::ExpiredSigner) => country.appoint(Term::Ended),
        Some(Fault::UnknownSigner) => country.namesake()?.appoint(Term::Current),
        _ => country.appoint(Term::Current),
    }
}

fn data_groups(
    page: &SimPassport,
    protocols: &Protocols,
    chip: &SigningKey,
    active: Option<&ActiveKey>,
) -> Result<Vec<DataGroup>, IssueError> {
    let nobody = match page.portrait.is_empty() {
        true => nobody()?,
        false => Vec::new(),
    };
    let portrait = if page.portrait.is_empty() {
        &nobody
    } else {
        &page.portrait
    };
    let chip = match protocols.chip {
        Some(ciphers) => Some((ciphers, public_key(chip)?)),
        None => None,
    };
    let mut groups = vec![
        (1, dg1(page)),
        (2, dg2(portrait, size(portrait))),
        (11, dg11(page)),
    ];
    // ICAO 9303-11, 9.2.4: only for ECDSA has the signature to be named.
    let ecdsa = protocols.active == Some(Active::Ecdsa);
    if protocols.pace.is_some() || chip.is_some() || ecdsa {
        groups.push((14, dg14(protocols.pace, chip, ecdsa)?));
    }
    if let Some(key) = active {
        groups.push((15, dg15(&key.public()?)?));
    }
    Ok(groups)
}

/// What was changed after the document was signed.
fn spoil(fault: Option<Fault>, page: &SimPassport, groups: &mut [DataGroup], signature: &mut [u8]) {
    match (fault, groups) {
        (Some(Fault::AlteredDg1), [(_, dg1), ..]) => {
            let other = SimPassport {
                given_names: String::from("SOMEBODY ELSE"),
                ..page.clone()
            };
            *dg1 = super::lds::dg1(&other);
        }
        (Some(Fault::AlteredDg2), [_, (_, dg2), ..]) => {
            // The quality of the image, two bytes before it, which nobody looks at.
            let face = dg2
                .windows(4)
                .position(|w| w == b"FAC\0")
                .unwrap_or_default();
            dg2[face + 45] ^= 1;
        }
        (Some(Fault::BrokenSignature), _) => {
            if let Some(last) = signature.last_mut() {
                *last ^= 1;
            }
        }
        _ => {}
    }
}

fn access(
    page: &SimPassport,
    protocols: &Protocols,
    fault: Option<Fault>,
) -> Result<Access, IssueError> {
    let (number, can) = match fault {
        Some(Fault::WrongAccessKey) => ("X00000000", "000000"),
        _ => (&*page.number, &*page.can),
    };
    Ok(Access {
        mrz: AccessKey::from_fields(number, short(&page.birth_date), short(&page.expiry))?,
        can: AccessKey::from_can(can)?,
        bac: protocols.bac,
        pace: protocols.pace.map(|pace| PaceVariant {
            suite: pace.ciphers.into(),
            curve: pace.curve.into(),
        }),
    })
}

/// The two-letter code of a certificate's country for the page's issuer.
pub(super) fn country_code(issuer: &str) -> &str {
    // Utopia's is UT (ICAO 9303-3 has only the three letters); others lose their last letter.
    issuer.get(..2).unwrap_or("UT")
}
