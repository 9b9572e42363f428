//! Sealing and unsealing of one secret (TPM 2.0 Part 1, clause 27.8; Part 3, TPM2_Create and
//! TPM2_Unseal).

use minicbor::{Decoder, Encoder};
use tss_esapi::attributes::ObjectAttributes;
use tss_esapi::constants::SessionType;
use tss_esapi::constants::response_code::Tss2ResponseCodeKind as Code;
use tss_esapi::handles::ObjectHandle;
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::session_handles::{AuthSession, PolicySession};
use tss_esapi::structures::{
    Auth, Digest, KeyedHashScheme, PcrSelectionList, PcrSlot, Private, Public, PublicBuilder,
    PublicKeyedHashParameters, SensitiveData,
};
use tss_esapi::traits::{Marshall, UnMarshall};
use tss_esapi::{Context, Error, WrapperErrorKind};
use zeroize::Zeroizing;

use super::super::{KeyError, SECRET_LEN, Secret, TpmTrouble};
use super::link::{Link, listed, refused, trouble};
use super::nv::AUTH_LEN;

const UNSEAL: &str = "unseal keys";
const SEAL: &str = "seal keys";

/// The policy that sealed objects get now.
pub(super) fn policy(link: &mut Link, pcrs: &[u8]) -> Result<Digest, KeyError> {
    let session = link.session(SessionType::Trial)?;
    let digest = satisfy(&mut link.context, session, pcrs)
        .and_then(|session| link.context.policy_get_digest(session));
    link.end(session)?;
    digest.map_err(|source| match source {
        // The one thing in it that a technician chooses.
        Error::Tss2Error(code) if code.kind() == Some(Code::Value) => {
            let pcrs = listed(pcrs);
            trouble(SEAL, TpmTrouble::NoSuchPcr { pcrs })
        }
        source => refused(SEAL, source),
    })
}

/// Seals a secret with its name.
pub(super) fn seal(
    link: &mut Link,
    policy: &Digest,
    auth: &[u8; AUTH_LEN],
    name: &str,
    secret: &Secret,
) -> Result<Vec<u8>, KeyError> {
    let root = link.root()?;
    let made = link.in_session(SEAL, |context| {
        let public = template(policy)?;
        let auth = Auth::try_from(auth.to_vec())?;
        let data = SensitiveData::try_from(contents(name, secret).to_vec())?;
        context.create(root, public, Some(auth), Some(data), None, None)
    })?;
    let public = made.out_public.marshall();
    let public = public.map_err(|source| refused(SEAL, source))?;
    Ok(pack(made.out_private.value(), &public))
}

/// Unseals the secret of this name.
pub(super) fn unseal(
    link: &mut Link,
    pcrs: &[u8],
    auth: &[u8; AUTH_LEN],
    name: &str,
    sealed: &[u8],
) -> Result<Secret, KeyError> {
    let root = link.root()?;
    let (private, public) = unpack(sealed)?;
    let session = link.session(SessionType::Policy)?;
    // Asked before the TPM refuses: it could not say why.
    if !is_satisfied(link, session, pcrs, &public)? {
        link.end(session)?;
        return Err(trouble(UNSEAL, changed(pcrs)));
    }
    let object = link.in_session(UNSEAL, |context| {
        let object = ObjectHandle::from(context.load(root, private, public)?);
        context.tr_set_auth(object, Auth::try_from(auth.to_vec())?)?;
        Ok(object)
    })?;
    let unsealed = link
        .context
        .execute_with_session(Some(session), |context| context.unseal(object));
    link.end(session)?;
    let flushed = link.context.flush_context(object);
    flushed.map_err(|source| refused(UNSEAL, source))?;
    let data = unsealed.map_err(|source| unsealing_refused(source, pcrs))?;
    let secret = opened(name, data.value());
    secret.ok_or_else(|| trouble(UNSEAL, TpmTrouble::Swapped))
}

/// Whether the object's policy is what this machine can satisfy now.
fn is_satisfied(
    link: &mut Link,
    session: AuthSession,
    pcrs: &[u8],
    public: &Public,
) -> Result<bool, KeyError> {
    let digest = satisfy(&mut link.context, session, pcrs)
        .and_then(|session| link.context.policy_get_digest(session))
        .map_err(|source| refused(UNSEAL, source))?;
    Ok(digest.value() == public.auth_policy().value())
}

fn changed(pcrs: &[u8]) -> TpmTrouble {
    match pcrs.is_empty() {
        true => TpmTrouble::Swapped,
        false => TpmTrouble::MeasurementsChanged { pcrs: listed(pcrs) },
    }
}

fn unsealing_refused(source: Error, pcrs: &[u8]) -> KeyError {
    let Error::Tss2Error(code) = source else {
        return refused(UNSEAL, source);
    };
    let trouble = match code.kind() {
        Some(Code::PolicyFail | Code::PcrChanged) => changed(pcrs),
        Some(Code::AuthFail | Code::BadAuth) => TpmTrouble::Swapped,
        _ => return refused(UNSEAL, source),
    };
    KeyError::Tpm {
        operation: UNSEAL,
        trouble,
        source: Some(Box::new(source)),
    }
}

/// PolicyAuthValue, and PolicyPCR over the present measurements.
fn satisfy(
    context: &mut Context,
    session: AuthSession,
    pcrs: &[u8],
) -> Result<PolicySession, Error> {
    let session = PolicySession::try_from(session)?;
    context.policy_auth_value(session)?;
    if !pcrs.is_empty() {
        context.policy_pcr(session, Digest::default(), selection(pcrs)?)?;
    }
    Ok(session)
}

fn selection(pcrs: &[u8]) -> Result<PcrSelectionList, Error> {
    let slots: Vec<PcrSlot> = pcrs
        .iter()
        .map(|pcr| {
            let bit = 1_u32.checked_shl((*pcr).into());
            PcrSlot::try_from(bit.ok_or(Error::WrapperError(WrapperErrorKind::InvalidParam))?)
        })
        .collect::<Result<_, Error>>()?;
    PcrSelectionList::builder()
        .with_selection(HashingAlgorithm::Sha256, &slots)
        .build()
}

/// Sealed data that cannot leave this TPM and is used under its policy only.
fn template(policy: &Digest) -> Result<Public, Error> {
    let attributes = ObjectAttributes::builder()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_admin_with_policy(true)
        .with_no_da(true)
        .build()?;
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::KeyedHash)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
        .with_auth_policy(policy.clone())
        .with_keyed_hash_parameters(PublicKeyedHashParameters::new(KeyedHashScheme::Null))
        .with_keyed_hash_unique_identifier(Digest::default())
        .build()
}

/// What is sealed: the secret, then its name, so that two sealed secrets cannot be exchanged.
fn contents(name: &str, secret: &Secret) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_LEN + name.len()));
    bytes.extend_from_slice(&**secret);
    bytes.extend_from_slice(name.as_bytes());
    bytes
}

fn opened(name: &str, bytes: &[u8]) -> Option<Secret> {
    let (secret, found) = bytes.split_first_chunk::<SECRET_LEN>()?;
    (found == name.as_bytes()).then(|| Secret::new(*secret))
}

/// CBOR: `[TPM2B_PRIVATE's buffer, TPMT_PUBLIC]`.
fn pack(private: &[u8], public: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = Encoder::new(&mut bytes)
        .array(2)
        .and_then(|e| e.bytes(private))
        .and_then(|e| e.bytes(public))
        .map(|_| ());
    // Nothing can go wrong when writing to memory.
    debug_assert!(written.is_ok());
    bytes
}

fn unpack(sealed: &[u8]) -> Result<(Private, Public), KeyError> {
    let parts = || {
        let mut d = Decoder::new(sealed);
        (d.array().ok()? == Some(2)).then_some(())?;
        let private = Private::try_from(d.bytes().ok()?.to_vec()).ok()?;
        Some((private, Public::unmarshall(d.bytes().ok()?).ok()?))
    };
    parts().ok_or_else(|| trouble(UNSEAL, TpmTrouble::Swapped))
}
