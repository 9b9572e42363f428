//! The signed list: a JWT of type `statuslist+jwt` by the operator
//! (draft-ietf-oauth-status-list §5.1). `kiosk_log` (ours) names the log whose indices it means,
//! whatever address the list has. Other members are passed over, as the draft wants it.

use serde_json::{Map, Value};

use super::bits::{Bits, MAX_BYTES, TokenStatus};
use crate::operator::OperatorPublicKey;
use crate::verify::CLOCK_SKEW_S;
use crate::wallet::HolderKey;
use crate::wallet::{base64url, jws::Jws};

/// The type of a list (`typ`).
pub(super) const TYP: &str = "statuslist+jwt";

/// The member that names the kiosk's log, as its checkpoints do.
pub(super) const LOG: &str = "kiosk_log";

/// A list whose operator signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    operator: OperatorPublicKey,
    uri: String,
    log: Option<String>,
    issued_at: u64,
    expires_at: Option<u64>,
    time_to_live_s: Option<u64>,
    pub(super) bits: Bits,
}

impl StatusList {
    /// The largest list that is read, in bytes: what cannot be compressed, in base64url twice.
    pub const MAX_BYTES: usize = 2 * MAX_BYTES;

    /// Reads a list and checks that this operator signed it.
    ///
    /// # Errors
    /// When it is too large, not a list, or not signed by this operator.
    pub fn decode(bytes: &[u8], operator: &OperatorPublicKey) -> Result<Self, StatusListError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(StatusListError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| StatusListError::Malformed)?;
        let jws = Jws::decode(text.trim_ascii_end()).ok_or(StatusListError::Malformed)?;
        if jws.header_text("typ") != Some(TYP) {
            return Err(StatusListError::Malformed);
        }
        if !jws.is_signed_by(&HolderKey::Ed25519(operator.0)) {
            return Err(StatusListError::Signature);
        }
        Self::read(&jws.payload, operator).ok_or(StatusListError::Malformed)
    }

    fn read(payload: &Map<String, Value>, operator: &OperatorPublicKey) -> Option<Self> {
        let list = payload.get("status_list")?.as_object()?;
        let packed = base64url::decode(list.get("lst")?.as_str()?)?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let list = Self {
            operator: *operator,
            uri: text(payload.get("sub")?)?,
            log: optional(payload, LOG, text)?,
            issued_at: payload.get("iat")?.as_u64()?,
            expires_at: optional(payload, "exp", Value::as_u64)?,
            time_to_live_s: optional(payload, "ttl", Value::as_u64)?,
            bits: Bits::unpack(list.get("bits")?.as_u64()?, &packed)?,
        };
        (list.time_to_live_s != Some(0)).then_some(list)
    }

    /// Writes or replaces a list's file, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    #[cfg(feature = "log")]
    pub fn save(text: &str, path: &std::path::Path) -> std::io::Result<()> {
        crate::durable::write(path, text.as_bytes())
    }

    /// How old the list is at a moment, in seconds; none where the time is not known, or the list
    /// is from the future.
    #[must_use]
    pub fn age_s(&self, now: Option<u64>) -> Option<u64> {
        let now = now?;
        (self.issued_at <= now.saturating_add(CLOCK_SKEW_S))
            .then(|| now.saturating_sub(self.issued_at))
    }

    /// Whose word it is.
    #[must_use]
    pub const fn operator(&self) -> &OperatorPublicKey {
        &self.operator
    }

    /// Its name or address (`sub`).
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The log whose indices it means, as its checkpoints name it.
    #[must_use]
    pub const fn log(&self) -> Option<&String> {
        self.log.as_ref()
    }

    /// When it was signed, in seconds since 1970.
    #[must_use]
    pub const fn issued_at(&self) -> u64 {
        self.issued_at
    }

    /// From when on it must not be used (`exp`), if it says so.
    #[must_use]
    pub const fn expires_at(&self) -> Option<u64> {
        self.expires_at
    }

    /// From when on there should be a newer one: the end of its time to live, or of itself.
    #[must_use]
    pub fn next_update(&self) -> Option<u64> {
        let end = |ttl| self.issued_at.saturating_add(ttl);
        let ends = [self.time_to_live_s.map(end), self.expires_at];
        ends.into_iter().flatten().min()
    }

    /// How many verifications it tells about.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.bits.len()
    }

    /// How many bits it has for each.
    #[must_use]
    pub const fn bits_per_status(&self) -> u8 {
        self.bits.per_status()
    }

    /// What has become of the verification at this place; none where the list ends before.
    #[must_use]
    pub fn status(&self, index: u64) -> Option<TokenStatus> {
        self.bits.get(index).map(TokenStatus::from_number)
    }

    /// Every verification that does not simply count.
    pub fn exceptions(&self) -> impl Iterator<Item = (u64, TokenStatus)> {
        let bits = self.bits.not_zero();
        bits.map(|(index, number)| (index, TokenStatus::from_number(number)))
    }
}

/// `Some(None)` where the member is not there, none where it is another than it should be.
fn optional<'v, T>(
    payload: &'v Map<String, Value>,
    name: &str,
    read: impl FnOnce(&'v Value) -> Option<T>,
) -> Option<Option<T>> {
    match payload.get(name) {
        None => Some(None),
        Some(value) => read(value).map(Some),
    }
}

/// Why a list cannot be gone by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusListError {
    /// More than any list.
    #[error("a status list has at most {} bytes", StatusList::MAX_BYTES)]
    TooLarge,
    /// Something else, or a list that nobody can read.
    #[error(
        "it is not a status list (a JWT of type statuslist+jwt), or is damaged; fetch it again"
    )]
    Malformed,
    /// Someone else's.
    #[error("this operator did not sign it: it is another operator's, or was changed")]
    Signature,
}

impl StatusListError {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(self) -> &'static str {
        match self {
            Self::TooLarge => "status_list_too_large",
            Self::Malformed => "status_list_malformed",
            Self::Signature => "status_list_signature",
        }
    }
}
