//! Whom the operator trusts: a folder with certificates of states' certification authorities
//! (CSCA; `.cer`, `.crt`, `.der`, `.pem`), master lists (`.ml`, ICAO 9303-12, 8) and revocation
//! lists (`.crl`). What is in it is the operator's word; a file that cannot be read is reported,
//! never skipped in silence.
//!
//! A certificate in the folder is trusted because the operator made sure of it in another way (ICAO
//! 9303-12, 6.1.1). A master list is not: anybody can sign a list of authorities that names the one
//! who certified its signer. So a list counts only if one of the certificates in the folder vouches
//! for its signer; certificates that came with a list vouch for documents, never for other lists.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use der::Encode;
use der::asn1::ObjectIdentifier;

use super::certificate::{Certificate, CertificateError, MAX_CERTIFICATE_LEN};
use super::cms::{CmsError, SignedMessage};
use super::crl::{CrlError, MAX_CRL_LEN, RevocationList};
use super::hash::HashAlgorithm;
use super::strength::{is_strong_hash, is_strong_key};
use crate::card::emrtd::tlv::{self, TlvError};

/// Longest master list taken; that of ICAO has about a megabyte.
const MAX_MASTER_LIST_LEN: usize = 16 * 1024 * 1024;
/// Files looked at; a folder with more is not one for certificates.
const MAX_FILES: usize = 2000;
/// id-icao-cscaMasterList.
const MASTER_LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.2");
const DER_SET: u32 = 0x31;

/// Why there is nobody to trust.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The folder or a file in it cannot be read.
    #[error("failed to read {path}")]
    Read {
        /// What was read.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// There are too many files.
    #[error("there are more than {MAX_FILES} files in {path}")]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
    /// There is no certificate of an authority.
    #[error(
        "there is no usable certificate of a certification authority in {path} (master lists need \
         the certificate of the authority that vouches for them beside them)"
    )]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

/// Why one file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// Longer than any such file.
    #[error("the file is longer than {0} bytes")]
    TooLong(usize),
    /// Not PEM.
    #[error("the file begins like PEM but is not")]
    Pem,
    /// No usable certificate.
    #[error("the file is no usable certificate")]
    Certificate(#[source] CertificateError),
    /// A certificate, but of nobody who may sign certificates.
    #[error("the certificate is not of a certification authority")]
    NotAuthority,
    /// No usable revocation list.
    #[error("the file is no usable revocation list")]
    Crl(#[source] CrlError),
    /// No usable master list.
    #[error("the file is no usable master list")]
    MasterList(#[source] CmsError),
    /// The master list's content is malformed.
    #[error("the certificates in the master list are malformed")]
    MasterListContent(#[source] TlvError),
    /// The certificate of the master list's signer is for something else.
    #[error("the certificate of the master list's signer is not for signing master lists")]
    NotMasterListSigner,
    /// The key of the master list's signer is too short, or the list is signed with SHA-1.
    #[error("the master list is signed with a key or hash function that is too weak")]
    Weak,
    /// No authority whose certificate is in the folder has certified the master list's signer.
    #[error(
        "no authority whose own certificate is in the folder has certified the signer of the \
         master list (country {country}); being on the list is not enough"
    )]
    MasterListSigner {
        /// The country that the signer's certificate names; `?` where it names none.
        country: String,
    },
    /// The authority that certified the master list's signer has revoked that certificate.
    #[error("the certificate of the master list's signer has been revoked; get the current list")]
    MasterListSignerRevoked,
    /// Certificates on a master list with unsupported keys, or malformed.
    #[error("{0} certificates on the master list are not usable")]
    Unusable(usize),
}

/// Whom the operator trusts.
#[derive(Debug, Default)]
pub struct TrustStore {
    /// Whose certificates lie in the folder.
    authorities: Vec<Certificate>,
    /// Whom master lists added.
    listed: Vec<Certificate>,
    lists: Vec<RevocationList>,
    problems: Vec<(PathBuf, FileProblem)>,
}

impl TrustStore {
    /// Reads a folder.
    ///
    /// # Errors
    /// [`TrustError`] when it cannot be read or holds no authority.
    pub fn load(folder: &Path) -> Result<Self, TrustError> {
        let mut store = Self::default();
        // Master lists last: the certificates must be there that vouch for them, and what was revoked.
        let (lists, others): (Vec<_>, _) = files(folder)?
            .into_iter()
            .partition(|path| extension(path) == "ml");
        for path in others.iter().chain(&lists) {
            store.take_file(path)?;
        }
        if store.authorities.is_empty() {
            return Err(TrustError::Empty {
                path: folder.to_owned(),
            });
        }
        Ok(store)
    }

    fn take_file(&mut self, path: &Path) -> Result<(), TrustError> {
        let taken = match extension(path).as_str() {
            "cer" | "crt" | "der" | "pem" => {
                self.with(path, 2 * MAX_CERTIFICATE_LEN, Self::take_certificate)
            }
            "ml" => self.with(path, MAX_MASTER_LIST_LEN, Self::take_master_list),
            "crl" => self.with(path, MAX_CRL_LEN, Self::take_list),
            _ => return Ok(()),
        }?;
        if let Err(problem) = taken {
            self.problems.push((path.to_owned(), problem));
        }
        Ok(())
    }

    fn with(
        &mut self,
        path: &Path,
        limit: usize,
        take: impl FnOnce(&mut Self, &[u8]) -> Result<(), FileProblem>,
    ) -> Result<Result<(), FileProblem>, TrustError> {
        let bytes = read(path, limit)?;
        if bytes.len() > limit {
            return Ok(Err(FileProblem::TooLong(limit)));
        }
        Ok(der_of(bytes).and_then(|bytes| take(self, &bytes)))
    }

    /// Adds the certificate of an authority.
    ///
    /// # Errors
    /// [`FileProblem`].
    pub fn take_certificate(&mut self, bytes: &[u8]) -> Result<(), FileProblem> {
        let certificate = Certificate::from_der(bytes).map_err(FileProblem::Certificate)?;
        if !certificate.is_authority() {
            return Err(FileProblem::NotAuthority);
        }
        self.authorities.push(certificate);
        Ok(())
    }

    /// Adds a revocation list. Whether an authority signed it is seen when it is asked.
    ///
    /// # Errors
    /// [`FileProblem`].
    pub fn take_list(&mut self, bytes: &[u8]) -> Result<(), FileProblem> {
        let list = RevocationList::from_der(bytes).map_err(FileProblem::Crl)?;
        self.lists.push(list);
        Ok(())
    }

    /// Adds the authorities of a master list: CscaMasterList ::= SEQUENCE { version, SET OF
    /// Certificate } (ICAO 9303-12, 9.2). Its signature must be that of a signer certified by an
    /// authority that [`TrustStore::take_certificate`] took before, and not on a list of those revoked
    /// that [`TrustStore::take_list`] took before. It may have expired since it signed: how old a list
    /// may become is the operator's to say.
    ///
    /// # Errors
    /// [`FileProblem`].
    pub fn take_master_list(&mut self, bytes: &[u8]) -> Result<(), FileProblem> {
        let message = SignedMessage::open(bytes, MASTER_LIST).map_err(FileProblem::MasterList)?;
        let set = || {
            let mut fields = tlv::only(&message.content, 0x30)?;
            tlv::expect(&mut fields, 0x02)?;
            tlv::expect(&mut fields, DER_SET)
        };
        let mut listed = Vec::new();
        let mut unusable = 0;
        for object in tlv::objects(set().map_err(FileProblem::MasterListContent)?) {
            let object = object.map_err(FileProblem::MasterListContent)?;
            match Certificate::from_der(object.encoded) {
                Ok(certificate) if certificate.is_authority() => listed.push(certificate),
                _ => unusable += 1,
            }
        }
        if !message.signer.may_sign_master_lists() {
            return Err(FileProblem::NotMasterListSigner);
        }
        let (signer, hash) = (&message.signer, message.algorithm.hash());
        if !is_strong_key(signer.key()) || !is_strong_hash(hash, signer) {
            return Err(FileProblem::Weak);
        }
        let vouched = issuers_among(&self.authorities, signer).next();
        let Some(authority) = vouched else {
            let country = signer.country();
            return Err(FileProblem::MasterListSigner {
                country: country.unwrap_or_else(|| String::from("?")),
            });
        };
        let revoked = self.list_of(authority);
        if revoked.is_some_and(|list| list.lists(signer.serial())) {
            return Err(FileProblem::MasterListSignerRevoked);
        }
        self.listed.append(&mut listed);
        match unusable {
            0 => Ok(()),
            n => Err(FileProblem::Unusable(n)),
        }
    }

    /// How many authorities there are.
    #[must_use]
    pub fn authorities(&self) -> usize {
        self.all().count()
    }

    fn all(&self) -> impl Iterator<Item = &Certificate> {
        self.authorities.iter().chain(&self.listed)
    }

    /// How many revocation lists there are, and how many of them are out of date at `at`.
    #[must_use]
    pub fn revocation_lists(&self, at: SystemTime) -> (usize, usize) {
        let stale = self
            .lists
            .iter()
            .filter(|list| list.is_stale_at(at))
            .count();
        (self.lists.len(), stale)
    }

    /// What could not be used, and why.
    #[must_use]
    pub fn problems(&self) -> &[(PathBuf, FileProblem)] {
        &self.problems
    }

    /// The authority that issued a certificate: its name fits and its key signed it. Of several
    /// certificates with the same name and key (a state may issue its own anew, or link it to an
    /// earlier one: ICAO 9303-12, 4.1.4) one that is valid at `at` is preferred.
    #[must_use]
    pub fn issuer_of(&self, certificate: &Certificate, at: SystemTime) -> Option<&Certificate> {
        let issuers: Vec<_> = issuers_among(self.all(), certificate).collect();
        let valid = issuers.iter().find(|issuer| issuer.is_valid_at(at));
        valid.or(issuers.first()).copied()
    }

    /// The newest revocation list of an authority, by any of its keys: after a change of keys
    /// the new one signs the list (ICAO 9303-12, 7.2).
    #[must_use]
    pub fn list_of(&self, authority: &Certificate) -> Option<&RevocationList> {
        let keys = || {
            let same = |other: &&Certificate| {
                super::certificate::same_name(other.subject(), authority.subject())
            };
            self.all().filter(same)
        };
        self.lists
            .iter()
            .filter(|list| list.names_issuer(authority))
            .filter(|list| keys().any(|a| list.check_signature(a.key()).is_ok()))
            .max_by_key(|list| list.issued())
    }

    /// SHA-256 over the subjects and keys of all authorities: which trust a decision was
    /// founded on.
    #[must_use]
    pub fn fingerprint(&self) -> Vec<u8> {
        let mut each: Vec<Vec<u8>> = self.all().map(fingerprint).collect();
        each.sort();
        each.dedup();
        HashAlgorithm::Sha256.digest(&each.concat())
    }
}

/// SHA-256 of an authority's name and key.
pub(super) fn fingerprint(authority: &Certificate) -> Vec<u8> {
    let mut bytes = authority.subject().to_der().unwrap_or_default();
    bytes.extend(authority.key_info());
    HashAlgorithm::Sha256.digest(&bytes)
}

fn issuers_among<'a>(
    authorities: impl IntoIterator<Item = &'a Certificate>,
    certificate: &Certificate,
) -> impl Iterator<Item = &'a Certificate> {
    authorities.into_iter().filter(|authority| {
        certificate.names_issuer(authority) && certificate.check_signature(authority.key()).is_ok()
    })
}

fn extension(path: &Path) -> String {
    let extension = path.extension().and_then(|e| e.to_str());
    extension.unwrap_or_default().to_ascii_lowercase()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, TrustError> {
    let failed = |source| TrustError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        if paths.len() == MAX_FILES {
            return Err(TrustError::TooMany {
                path: folder.to_owned(),
            });
        }
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// One byte more than the limit at most, so that a longer file is noticed.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, TrustError> {
    let failed = |source| TrustError::Read {
        path: path.to_owned(),
        source,
    };
    let file = fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}

fn der_of(bytes: Vec<u8>) -> Result<Vec<u8>, FileProblem> {
    if !bytes.starts_with(b"-----") {
        return Ok(bytes);
    }
    let (_, der) = der::pem::decode_vec(&bytes).map_err(|_| FileProblem::Pem)?;
    Ok(der)
}
