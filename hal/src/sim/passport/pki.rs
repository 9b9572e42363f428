//! A country that does not exist: its CSCA, document signers and revocation list, with the
//! profiles of ICAO 9303-12, section 7. All keys are NIST P-256 with SHA-256.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use der::asn1::{ObjectIdentifier, OctetString, PrintableString, SetOfVec};
use der::flagset::FlagSet;
use der::{Encode, Sequence};
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder, CertificateBuilder, CrlBuilder};
use x509_cert::certificate::{Certificate, Rfc5280, TbsCertificate};
use x509_cert::crl::RevokedCert;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlNumber, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

/// File names in the folder of a country.
const KEY_FILE: &str = "csca.key.pem";
const CERTIFICATE_FILE: &str = "csca.cer";
const CRL_FILE: &str = "csca.crl";
/// Seconds of a year.
const YEAR: u64 = 31_557_600;
/// id-icao-mrtd-security-extensions-documentTypeList (ICAO 9303-12, 7.1.1.7).
const DOCUMENT_TYPES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.6.2");

/// Why a country could not be founded or be found again.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// A file cannot be read or written.
    #[error("failed to access {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A key is none.
    #[error("failed to read or write the CSCA's key: {0}")]
    Key(p256::pkcs8::Error),
    /// A certificate or list could not be made or read.
    #[error("failed to make or read a certificate: {0}")]
    Certificate(#[from] builder::Error),
    /// The same, of its coding.
    #[error("failed to make or read a certificate")]
    Der(#[from] der::Error),
    /// The system has no random numbers.
    #[error("failed to draw a key")]
    Random(#[from] getrandom::Error),
}

/// A country's signing authority.
pub struct TestCountry {
    key: SigningKey,
    certificate: Certificate,
    state: String,
    now: SystemTime,
}

/// Who signs documents.
pub struct DocumentSigner {
    pub(super) key: SigningKey,
    pub(super) certificate: Certificate,
}

/// When a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// Today.
    Current,
    /// It was once.
    Ended,
}

impl TestCountry {
    /// A new one with a key of its own, for this two-letter country code; `now` is the day on
    /// which its certificates are good.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn found(state: &str, now: SystemTime) -> Result<Self, PkiError> {
        Self::with_key(draw_key()?, state, now)
    }

    /// The one whose key lies in this folder; founded there if there is none.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn in_folder(folder: &Path, state: &str, now: SystemTime) -> Result<Self, PkiError> {
        let path = folder.join(KEY_FILE);
        let refused = |source| PkiError::File {
            path: path.clone(),
            source,
        };
        match fs::read_to_string(&path) {
            Ok(pem) => {
                let key = SigningKey::from_pkcs8_pem(&pem).map_err(PkiError::Key)?;
                Self::with_key(key, state, now)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let country = Self::found(state, now)?;
                let pem = country.key.to_pkcs8_pem(LineEnding::LF);
                fs::create_dir_all(folder).map_err(refused)?;
                fs::write(&path, pem.map_err(PkiError::Key)?.as_bytes()).map_err(refused)?;
                Ok(country)
            }
            Err(error) => Err(refused(error)),
        }
    }

    fn with_key(key: SigningKey, state: &str, now: SystemTime) -> Result<Self, PkiError> {
        let subject = name(state, "Test CSCA")?;
        let profile = Profile {
            issuer: subject.clone(),
            subject,
            authority: true,
        };
        // The serial number is that of the key, so that the same key has the same certificate.
        let certificate = issue(profile, &key, serial_of(&key)?, term(now, 3, 10)?, &key)?;
        Ok(Self {
            key,
            certificate,
            state: state.to_owned(),
            now,
        })
    }

    /// The certificate, DER.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn certificate(&self) -> Result<Vec<u8>, PkiError> {
        Ok(self.certificate.to_der()?)
    }

    /// A revocation list with these signers, DER.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn revocation_list(&self, revoked: &[&DocumentSigner]) -> Result<Vec<u8>, PkiError> {
        let entry = |signer: &&DocumentSigner| -> Result<RevokedCert<Rfc5280>, PkiError> {
            Ok(RevokedCert {
                serial_number: signer.certificate.tbs_certificate().serial_number().clone(),
                revocation_date: Time::try_from(self.now)?,
                crl_entry_extensions: None,
            })
        };
        let revoked: Vec<_> = revoked.iter().map(entry).collect::<Result<_, _>>()?;
        let number = CrlNumber::try_from(1_u128)?;
        let mut list = CrlBuilder::<Rfc5280>::new_with_this_update(
            &self.certificate,
            number,
            Time::try_from(self.now - Duration::from_secs(60))?,
        )?
        .with_next_update(Some(Time::try_from(self.now + Duration::from_secs(YEAR))?));
        if !revoked.is_empty() {
            list = list.with_certificates(revoked.into_iter());
        }
        Ok(list.build::<_, DerSignature>(&self.key)?.to_der()?)
    }

    /// Writes what a kiosk needs to trust this country: `csca.cer` and `csca.crl`.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn write_trust(&self, folder: &Path, revoked: &[&DocumentSigner]) -> Result<(), PkiError> {
        let write = |file: &str, contents: Vec<u8>| {
            let path = folder.join(file);
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(&path, contents))
                .map_err(|source| PkiError::File { path, source })
        };
        write(CERTIFICATE_FILE, self.certificate()?)?;
        write(CRL_FILE, self.revocation_list(revoked)?)
    }

    /// A country of the same name with another key.
    pub(super) fn namesake(&self) -> Result<Self, PkiError> {
        Self::found(&self.state, self.now)
    }

    /// Appoints a signer of documents.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn appoint(&self, when: Term) -> Result<DocumentSigner, PkiError> {
        let key = draw_key()?;
        let profile = Profile {
            issuer: self.certificate.tbs_certificate().subject().clone(),
            subject: name(&self.state, "Test Document Signer")?,
            authority: false,
        };
        let validity = match when {
            Term::Current => term(self.now, 1, 10)?,
            Term::Ended => ended(self.now)?,
        };
        let certificate = issue(profile, &key, serial_of(&key)?, validity, &self.key)?;
        Ok(DocumentSigner { key, certificate })
    }
}

/// Extensions of a CSCA or a document signer (ICAO 9303-12, table 6).
struct Profile {
    issuer: Name,
    subject: Name,
    authority: bool,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer_key: SubjectPublicKeyInfoRef<'_>,
        _certificate: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let usage: FlagSet<KeyUsages> = match self.authority {
            true => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
            false => KeyUsages::DigitalSignature.into(),
        };
        let authority = AuthorityKeyIdentifier::try_from(issuer_key)?;
        let subject = SubjectKeyIdentifier::try_from(key)?;
        let mut extensions = vec![
            authority.to_extension(&self.subject, &[])?,
            subject.to_extension(&self.subject, &[])?,
            KeyUsage(usage).to_extension(&self.subject, &[])?,
        ];
        extensions.push(match self.authority {
            true => BasicConstraints {
                ca: true,
                path_len_constraint: Some(0),
            }
            .to_extension(&self.subject, &[])?,
            false => document_types()?,
        });
        Ok(extensions)
    }
}

/// DocumentTypeListSyntax.
#[derive(Sequence)]
struct DocumentTypes {
    version: u8,
    types: SetOfVec<PrintableString>,
}

fn document_types() -> der::Result<Extension> {
    let types = DocumentTypes {
        version: 0,
        types: SetOfVec::try_from(vec![PrintableString::new("P")?, PrintableString::new("I")?])?,
    };
    Ok(Extension {
        extn_id: DOCUMENT_TYPES,
        critical: false,
        extn_value: OctetString::new(types.to_der()?)?,
    })
}

fn issue(
    profile: Profile,
    subject: &SigningKey,
    serial: SerialNumber,
    validity: Validity,
    issuer: &SigningKey,
) -> Result<Certificate, PkiError> {
    let key = public_key(subject)?;
    let builder = CertificateBuilder::new(profile, serial, validity, key)?;
    Ok(builder.build::<_, DerSignature>(issuer)?)
}

/// The public half, as certificates and data groups carry it.
pub(super) fn public_key(key: &SigningKey) -> Result<SubjectPublicKeyInfoOwned, PkiError> {
    Ok(SubjectPublicKeyInfoOwned::from_key(key.verifying_key()).map_err(builder::Error::from)?)
}

/// A new key.
pub(super) fn draw_key() -> Result<SigningKey, PkiError> {
    loop {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        // Out of range about once in 2^32 draws.
        if let Ok(key) = SigningKey::from_slice(&bytes) {
            return Ok(key);
        }
    }
}

fn name(state: &str, common: &str) -> Result<Name, PkiError> {
    Ok(Name::from_str(&format!(
        "CN={common},O=Simulated,C={state}"
    ))?)
}

/// A positive number from the key.
fn serial_of(key: &SigningKey) -> Result<SerialNumber, PkiError> {
    let point = key.verifying_key().to_sec1_point(false);
    let mut serial = [0x01; 9];
    serial[1..].copy_from_slice(&point.as_bytes()[1..9]);
    Ok(SerialNumber::new(&serial)?)
}

/// From some years ago to some years ahead, on whole days.
fn term(now: SystemTime, ago: u64, ahead: u64) -> Result<Validity, PkiError> {
    validity(now - years(ago), now + years(ahead))
}

/// A term of a year that ended a month ago.
fn ended(now: SystemTime) -> Result<Validity, PkiError> {
    let end = now - years(1) / 12;
    validity(end - years(1), end)
}

fn validity(from: SystemTime, to: SystemTime) -> Result<Validity, PkiError> {
    Ok(Validity::new(Time::try_from(from)?, Time::try_from(to)?))
}

fn years(n: u64) -> Duration {
    Duration::from_secs(n * YEAR)
}
