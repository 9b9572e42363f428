//! The way to a chip through PC/SC: the service, the reader, the card, one APDU at a time; and
//! what each of the many ways in which that ends means.

use std::ffi::{CStr, CString};
use std::time::Duration;

use pcsc::{Card, Context, Disposition, Protocols, ReaderState, Scope, ShareMode, State};
use zeroize::Zeroizing;

use super::apdu::MAX_NE;
use super::atr::announces_extended;

/// Longest response: the data of an extended APDU and the status.
const MAX_RESPONSE_LEN: usize = MAX_NE as usize + 2;

/// Why the reader cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the smart card service (pcscd) does not answer")]
    Service(#[source] pcsc::Error),
    #[error("the smart card service (pcscd) does not let this user use card readers (polkit)")]
    Denied(#[source] pcsc::Error),
    #[error("there is no contactless reader{}", named(.0))]
    NoReader(Option<String>),
    #[error("the contactless reader was lost")]
    Lost,
    #[error("the contactless reader failed")]
    Reader(#[source] pcsc::Error),
}

fn named(name: &Option<String>) -> String {
    name.as_ref()
        .map_or_else(String::new, |name| format!(" with the name {name:?}"))
}

/// Why there is no answer to an APDU.
#[derive(Debug)]
pub(super) enum Silence {
    /// The card is gone, or so unsteady in the field that it had to start anew.
    CardGone,
    /// The reader or the service is the trouble.
    Reader(Trouble),
}

/// A reader of the service.
pub(super) struct Reader {
    context: Context,
    name: CString,
    seen: State,
}

/// What lies on the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Empty,
    Occupied,
}

impl Reader {
    /// Finds the reader whose name contains `wanted`, or the first there is.
    pub(super) fn find(wanted: Option<&str>) -> Result<Self, Trouble> {
        let context = Context::establish(Scope::System).map_err(|error| match trouble(error) {
            denied @ Trouble::Denied(_) => denied,
            _ => Trouble::Service(error),
        })?;
        let names = match context.list_readers_owned() {
            Ok(names) => names,
            Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(trouble(error)),
        };
        let fits = |name: &CString| wanted.is_none_or(|w| name.to_string_lossy().contains(w));
        let name = names.into_iter().find(fits);
        let name = name.ok_or_else(|| Trouble::NoReader(wanted.map(str::to_owned)))?;
        Ok(Self {
            context,
            name,
            seen: State::UNAWARE,
        })
    }

    pub(super) fn name(&self) -> &CStr {
        &self.name
    }

    /// Waits until something changes, at most this long; says what lies there.
    pub(super) fn watch(&mut self, patience: Duration) -> Result<Field, Trouble> {
        let mut states = [ReaderState::new(self.name.clone(), self.seen)];
        match self.context.get_status_change(patience, &mut states) {
            Ok(()) | Err(pcsc::Error::Timeout) => {}
            Err(error) => return Err(trouble(error)),
        }
        let now = states[0].event_state();
        if now.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
            return Err(Trouble::Lost);
        }
        self.seen = now & !State::CHANGED;
        let usable = now.contains(State::PRESENT) && !now.contains(State::MUTE);
        Ok(if usable {
            Field::Occupied
        } else {
            Field::Empty
        })
    }

    /// Begins to talk with the card, alone.
    pub(super) fn connect(&self) -> Result<Chip, Silence> {
        let card = self
            .context
            .connect(&self.name, ShareMode::Exclusive, Protocols::ANY)
            .map_err(silence)?;
        let extended = card
            .status2_owned()
            .is_ok_and(|status| announces_extended(status.atr()));
        Ok(Chip {
            card: Some(card),
            extended,
            buffer: Zeroizing::new(vec![0; MAX_RESPONSE_LEN]),
        })
    }
}

/// A card that is talked with; reset when dropped, so that no channel outlives the talk.
pub(super) struct Chip {
    card: Option<Card>,
    /// Whether it says that it takes extended APDUs.
    pub(super) extended: bool,
    buffer: Zeroizing<Vec<u8>>,
}

impl Chip {
    pub(super) fn transmit(&mut self, command: &[u8]) -> Result<&[u8], Silence> {
        let card = self.card.as_ref().ok_or(Silence::CardGone)?;
        let answer = card.transmit(command, &mut self.buffer).map_err(silence)?;
        // Without even a status: what some drivers answer for a card that is no longer there.
        (answer.len() >= 2)
            .then_some(answer)
            .ok_or(Silence::CardGone)
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        if let Some(card) = self.card.take() {
            // A card that is gone needs no reset.
            drop(card.disconnect(Disposition::ResetCard));
        }
    }
}

fn silence(error: pcsc::Error) -> Silence {
    use pcsc::Error as E;
    match error {
        E::NoSmartcard
        | E::RemovedCard
        | E::ResetCard
        | E::UnpoweredCard
        | E::UnresponsiveCard
        | E::UnsupportedCard
        | E::ProtoMismatch
        | E::NotTransacted
        | E::CommError
        | E::CommDataLost
        | E::NotReady => Silence::CardGone,
        other => Silence::Reader(trouble(other)),
    }
}

fn trouble(error: pcsc::Error) -> Trouble {
    use pcsc::Error as E;
    match error {
        E::NoService | E::ServiceStopped | E::InvalidHandle | E::ServerTooBusy => {
            Trouble::Service(error)
        }
        E::SecurityViolation | E::NoAccess => Trouble::Denied(error),
        E::ReaderUnavailable | E::UnknownReader | E::NoReadersAvailable => Trouble::Lost,
        other => Trouble::Reader(other),
    }
}

/// What the service says about itself and the reader, for the technician.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcscProbe {
    /// Name of the reader.
    pub reader: String,
    /// Whether something lies on it.
    pub occupied: bool,
}

/// Why there is nothing to say about a reader.
#[derive(Debug, thiserror::Error)]
pub enum PcscProbeError {
    /// The service does not answer.
    #[error("the smart card service (pcscd) does not answer")]
    Service(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The service is there and refuses this user.
    #[error("the smart card service (pcscd) does not let this user use card readers")]
    Denied(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There is no such reader.
    #[error("there is no such reader")]
    NoReader,
    /// The reader fails.
    #[error("the reader fails")]
    Reader(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Asks for the reader whose name contains `wanted`, or the first there is. No document is
/// opened.
///
/// # Errors
/// [`PcscProbeError`].
pub fn probe(wanted: Option<&str>) -> Result<PcscProbe, PcscProbeError> {
    let failed = |trouble| match trouble {
        Trouble::Denied(error) => PcscProbeError::Denied(error.into()),
        Trouble::Service(error) => PcscProbeError::Service(error.into()),
        Trouble::NoReader(_) | Trouble::Lost => PcscProbeError::NoReader,
        Trouble::Reader(error) => PcscProbeError::Reader(error.into()),
    };
    let mut reader = Reader::find(wanted).map_err(failed)?;
    let field = reader.watch(Duration::ZERO).map_err(failed)?;
    Ok(PcscProbe {
        reader: reader.name().to_string_lossy().into_owned(),
        occupied: field == Field::Occupied,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// polkit keeps a user out of pcscd, or from a card: that is no broken reader.
    #[test]
    fn a_user_whom_the_service_refuses_is_said_to_be_refused() {
        for error in [pcsc::Error::SecurityViolation, pcsc::Error::NoAccess] {
            assert!(matches!(trouble(error), Trouble::Denied(_)));
        }
    }
}
