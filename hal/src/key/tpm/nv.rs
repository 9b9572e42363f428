//! What lies in the TPM's own memory (TPM 2.0 Part 1, clause 37), in the range the TCG's registry
//! of handles leaves to the owner. Both indices: NameAlg SHA-256, read and written with the empty
//! password of the index (AUTHREAD, AUTHWRITE), not subject to the dictionary-attack lock-out
//! (NO_DA), deletable by the owner.
//!
//! | index | type | contents |
//! |---|---|---|
//! | `KEYS_INDEX` | ordinary, 48 bytes | key store's id (8), number of the file in force (8, big-endian), authorisation value of its sealed objects (32) |
//! | `COUNTER_INDEX` | counter, 8 bytes | grows by one; a TPM starts a new counter above every counter it ever had, so deleting it and making it anew cannot set it back |
//!
//! Whoever may use the TPM of this machine can overwrite or delete them, which destroys the keys
//! but does not reveal them.

use tss_esapi::attributes::NvIndexAttributes;
use tss_esapi::constants::{CapabilityType, NvIndexType};
use tss_esapi::handles::{NvIndexHandle, NvIndexTpmHandle, TpmHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::resource_handles::{NvAuth, Provision};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{CapabilityData, MaxNvBuffer, NvPublic};
use tss_esapi::{Context, Error};
use zeroize::Zeroizing;

use super::super::{KeyError, TpmTrouble};
use super::link::{Link, refused, trouble};

/// What opens the file in force.
pub(super) const KEYS_INDEX: u32 = 0x0184_4b01; // 01 8 = NV, owner's; "K", 1
/// The number that only grows.
pub(super) const COUNTER_INDEX: u32 = 0x0184_4b02;

/// Length of a key store's identifier.
pub(super) const ID_LEN: usize = 8;
const NUMBER_LEN: usize = 8;
/// Length of an authorisation value: as long as the name algorithm's digest, the longest allowed.
pub(super) const AUTH_LEN: usize = 32;
const STATE_LEN: usize = ID_LEN + NUMBER_LEN + AUTH_LEN;
const COUNTER_LEN: usize = 8;

/// The contents of [`KEYS_INDEX`].
pub(super) struct State {
    pub id: [u8; ID_LEN],
    pub number: u64,
    pub auth: Zeroizing<[u8; AUTH_LEN]>,
}

impl State {
    /// Of a new key store.
    pub fn first() -> Result<Self, KeyError> {
        let mut id = [0; ID_LEN];
        getrandom::fill(&mut id).map_err(|_| KeyError::NoRandomness)?;
        Self::after(id, 0)
    }

    /// Of the file that follows the one with this number.
    pub fn after(id: [u8; ID_LEN], number: u64) -> Result<Self, KeyError> {
        let mut auth = Zeroizing::new([0; AUTH_LEN]);
        getrandom::fill(&mut *auth).map_err(|_| KeyError::NoRandomness)?;
        // TPMs cut trailing zeros off authorisation values (Part 1, 19.6.4.3).
        auth[AUTH_LEN - 1] |= 1;
        Ok(Self {
            id,
            number: number.saturating_add(1),
            auth,
        })
    }

    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(STATE_LEN));
        bytes.extend_from_slice(&self.id);
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&*self.auth);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk()?;
        let (number, auth) = rest.split_first_chunk()?;
        Some(Self {
            id: *id,
            number: u64::from_be_bytes(*number),
            auth: Zeroizing::new(auth.try_into().ok()?),
        })
    }
}

/// Makes both indices. If they are there already, they are those of a key store that was begun here
/// and not finished, or somebody else's keys, which must not be destroyed.
pub(super) fn define(link: &mut Link, begun: bool) -> Result<(), KeyError> {
    for index in [KEYS_INDEX, COUNTER_INDEX] {
        match (exists(link, index)?, begun) {
            (true, true) => {}
            (true, false) => {
                return Err(trouble("keep new keys", TpmTrouble::IndexTaken { index }));
            }
            (false, _) => define_one(link, index)?,
        }
    }
    Ok(())
}

/// What the TPM knows of the key store.
pub(super) fn read_state(link: &mut Link) -> Result<State, KeyError> {
    let handle = open(link, KEYS_INDEX)?;
    let bytes = link.in_session("read what opens the keys", |context| {
        context.nv_read(NvAuth::NvIndex(handle), handle, STATE_LEN as u16, 0)
    })?;
    let state = State::decode(bytes.value());
    let taken = TpmTrouble::IndexTaken { index: KEYS_INDEX };
    state.ok_or_else(|| trouble("read what opens the keys", taken))
}

/// Brings a file into force; what opened the one before is gone.
pub(super) fn write_state(link: &mut Link, state: &[u8]) -> Result<(), KeyError> {
    let handle = open(link, KEYS_INDEX)?;
    link.in_session("keep what opens the keys", |context| {
        let data = MaxNvBuffer::try_from(state.to_vec())?;
        context.nv_write(NvAuth::NvIndex(handle), handle, data, 0)
    })
}

/// A counter can be read only after it was incremented once.
pub(super) fn start_counter(link: &mut Link) -> Result<u64, KeyError> {
    increment(link)?;
    read_counter(link)
}

pub(super) fn read_counter(link: &mut Link) -> Result<u64, KeyError> {
    let handle = open(link, COUNTER_INDEX)?;
    let read = with_password(link, |context| {
        context.nv_read(NvAuth::NvIndex(handle), handle, COUNTER_LEN as u16, 0)
    });
    let bytes = read.map_err(|source| refused("read its counter", source))?;
    let number = bytes.value().try_into().map(u64::from_be_bytes);
    let index = COUNTER_INDEX;
    number.map_err(|_| trouble("read its counter", TpmTrouble::IndexTaken { index }))
}

pub(super) fn increment(link: &mut Link) -> Result<(), KeyError> {
    let handle = open(link, COUNTER_INDEX)?;
    with_password(link, |context| {
        context.nv_increment(NvAuth::NvIndex(handle), handle)
    })
    .map_err(|source| refused("let its counter grow", source))
}

/// Destroys what opens the keys, first by overwriting it.
pub(super) fn forget(link: &mut Link) -> Result<(), KeyError> {
    if exists(link, KEYS_INDEX)? {
        write_state(link, &State::first()?.encode())?;
    }
    for index in [KEYS_INDEX, COUNTER_INDEX] {
        if exists(link, index)? {
            let handle = open(link, index)?;
            with_password(link, |context| {
                context.nv_undefine_space(Provision::Owner, handle)
            })
            .map_err(|source| refused("free its memory", source))?;
        }
    }
    Ok(())
}

fn define_one(link: &mut Link, index: u32) -> Result<(), KeyError> {
    let made = public(index).and_then(|public| {
        with_password(link, |context| {
            context.nv_define_space(Provision::Owner, None, public)
        })
    });
    made.map(|_| ())
        .map_err(|source| refused("make room in its memory", source))
}

fn public(index: u32) -> Result<NvPublic, Error> {
    let (kind, len) = match index {
        COUNTER_INDEX => (NvIndexType::Counter, COUNTER_LEN),
        _ => (NvIndexType::Ordinary, STATE_LEN),
    };
    let attributes = NvIndexAttributes::builder()
        .with_nv_index_type(kind)
        .with_auth_read(true)
        .with_auth_write(true)
        .with_no_da(true)
        .build()?;
    NvPublic::builder()
        .with_nv_index(NvIndexTpmHandle::new(index)?)
        .with_index_name_algorithm(HashingAlgorithm::Sha256)
        .with_index_attributes(attributes)
        .with_data_area_size(len)
        .build()
}

fn exists(link: &mut Link, index: u32) -> Result<bool, KeyError> {
    let asked = link
        .context
        .get_capability(CapabilityType::Handles, index, 1);
    match asked.map_err(|source| refused("list its memory", source))? {
        (CapabilityData::Handles(handles), _) => {
            let first = handles.into_inner().first().copied();
            Ok(first.is_some_and(|handle| u32::from(handle) == index))
        }
        _ => Ok(false),
    }
}

fn open(link: &mut Link, index: u32) -> Result<NvIndexHandle, KeyError> {
    let missing = || {
        trouble(
            "find what it should keep",
            TpmTrouble::IndexMissing { index },
        )
    };
    if !exists(link, index)? {
        return Err(missing());
    }
    let handle = NvIndexTpmHandle::new(index)
        .map(TpmHandle::NvIndex)
        .and_then(|handle| link.context.tr_from_tpm_public(handle));
    handle
        .map(NvIndexHandle::from)
        .map_err(|source| refused("find what it should keep", source))
}

/// For what is no secret: the index's empty password, without the cost of a session.
fn with_password<T>(
    link: &mut Link,
    act: impl FnOnce(&mut Context) -> Result<T, Error>,
) -> Result<T, Error> {
    link.context
        .execute_with_session(Some(AuthSession::Password), act)
}
