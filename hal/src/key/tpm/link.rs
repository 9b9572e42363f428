//! One conversation with the TPM: opened for an operation and closed after it, so that nothing of
//! ours stays in its few slots and a restarted TPM is no trouble.

use std::str::FromStr;

use rustix::fs::{Access, access};
use tss_esapi::attributes::{ObjectAttributes, SessionAttributes};
use tss_esapi::constants::SessionType;
use tss_esapi::constants::response_code::Tss2ResponseCodeKind as Code;
use tss_esapi::handles::KeyHandle;
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::ecc::EccCurve;
use tss_esapi::interface_types::resource_handles::Hierarchy;
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{
    EccParameter, EccPoint, EccScheme, KeyDerivationFunctionScheme, Public, PublicBuilder,
    PublicEccParameters, SymmetricDefinition, SymmetricDefinitionObject,
};
use tss_esapi::tcti_ldr::TctiNameConf;
use tss_esapi::{Context, Error};

use super::super::{KeyError, TpmTrouble};

/// An open TPM.
pub(super) struct Link {
    pub context: Context,
    root: Option<KeyHandle>,
}

impl Link {
    /// Opens the TPM at this place.
    pub fn open(tcti: &str) -> Result<Self, KeyError> {
        let unreachable = |source| KeyError::Tpm {
            operation: "be reached",
            trouble: TpmTrouble::Unreachable { tcti: tcti.into() },
            source: Some(source),
        };
        // Asked first, because the TPM's software tells a missing device on the terminal.
        if let Some(device) = tcti.strip_prefix("device:") {
            access(device, Access::READ_OK | Access::WRITE_OK)
                .map_err(|source| unreachable(Box::new(source)))?;
        }
        let context = TctiNameConf::from_str(tcti).and_then(Context::new);
        let context = context.map_err(|source| unreachable(Box::new(source)))?;
        Ok(Self {
            context,
            root: None,
        })
    }

    /// The storage root key: the same one each time, as long as the TPM is not cleared.
    pub fn root(&mut self) -> Result<KeyHandle, KeyError> {
        if let Some(root) = self.root {
            return Ok(root);
        }
        let made = storage_root_template().and_then(|template| {
            self.context
                .execute_with_session(Some(AuthSession::Password), |context| {
                    context.create_primary(Hierarchy::Owner, template, None, None, None, None)
                })
        });
        let root = made
            .map_err(|source| refused("derive its storage root key", source))?
            .key_handle;
        self.root = Some(root);
        Ok(root)
    }

    /// Starts a session whose parameters are encrypted on the bus, under a salt that only the TPM
    /// with this root key can read.
    pub fn session(&mut self, kind: SessionType) -> Result<AuthSession, KeyError> {
        let root = self.root()?;
        let started = self.context.start_auth_session(
            Some(root),
            None,
            None,
            kind,
            SymmetricDefinition::AES_128_CFB,
            HashingAlgorithm::Sha256,
        );
        let session = started
            .and_then(|session| {
                session.ok_or(Error::WrapperError(
                    tss_esapi::WrapperErrorKind::WrongValueFromTpm,
                ))
            })
            .map_err(|source| refused("start a session", source))?;
        let (attributes, mask) = SessionAttributes::builder()
            .with_continue_session(true)
            .with_decrypt(true)
            .with_encrypt(true)
            .build();
        self.context
            .tr_sess_set_attributes(session, attributes, mask)
            .map_err(|source| refused("start a session", source))?;
        Ok(session)
    }

    /// Does something in an encrypted session of its own.
    pub fn in_session<T>(
        &mut self,
        operation: &'static str,
        act: impl FnOnce(&mut Context) -> Result<T, Error>,
    ) -> Result<T, KeyError> {
        let session = self.session(SessionType::Hmac)?;
        let done = self.context.execute_with_session(Some(session), act);
        self.end(session)?;
        done.map_err(|source| refused(operation, source))
    }

    /// Ends a session.
    pub fn end(&mut self, session: AuthSession) -> Result<(), KeyError> {
        let handle = tss_esapi::handles::SessionHandle::from(session);
        self.context
            .flush_context(handle.into())
            .map_err(|source| refused("end a session", source))
    }
}

/// TCG EK Credential Profile's sibling for storage: the ECC P-256 storage root key of the TCG TPM
/// v2.0 Provisioning Guidance, 7.5.1.
fn storage_root_template() -> Result<Public, Error> {
    let attributes = ObjectAttributes::builder()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_sensitive_data_origin(true)
        .with_user_with_auth(true)
        .with_no_da(true)
        .with_restricted(true)
        .with_decrypt(true)
        .build()?;
    let parameters = PublicEccParameters::new(
        SymmetricDefinitionObject::AES_128_CFB,
        EccScheme::Null,
        EccCurve::NistP256,
        KeyDerivationFunctionScheme::Null,
    );
    let zeros = || EccParameter::try_from(vec![0; 32]);
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Ecc)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
        .with_ecc_parameters(parameters)
        .with_ecc_unique_identifier(EccPoint::new(zeros()?, zeros()?))
        .build()
}

/// Sorts what the TPM answered by what a technician can do about it.
pub(super) fn refused(operation: &'static str, source: Error) -> KeyError {
    let code = match source {
        Error::Tss2Error(code) => code.kind(),
        Error::WrapperError(_) => None,
    };
    let trouble = match code {
        Some(Code::Lockout) => TpmTrouble::LockedOut,
        Some(Code::Integrity) => TpmTrouble::AnotherTpm,
        Some(Code::AuthFail | Code::BadAuth | Code::AuthMissing) => TpmTrouble::OwnerPassword,
        _ => TpmTrouble::Refused,
    };
    KeyError::Tpm {
        operation,
        trouble,
        source: Some(Box::new(source)),
    }
}

/// A trouble that we found ourselves.
pub(super) fn trouble(operation: &'static str, trouble: TpmTrouble) -> KeyError {
    KeyError::Tpm {
        operation,
        trouble,
        source: None,
    }
}

/// Numbers with commas between them.
pub(super) fn listed(pcrs: &[u8]) -> String {
    let words: Vec<String> = pcrs.iter().map(u8::to_string).collect();
    words.join(", ")
}
