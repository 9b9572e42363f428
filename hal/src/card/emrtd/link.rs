//! The way to a chip through PC/SC: the service, the reader, the card, one APDU at a time; and
//! what each of the many ways in which that ends means.

use std::ffi::{CStr, CString};
use std::time::Duration;

use pcsc::{Card, Context, Disposition, Protocols, ReaderState, Scope, ShareMode, State};
use zeroize::Zeroizing;

use super::apdu::MAX_NE;

/// Longest response: the data of an extended APDU and the status.
const MAX_RESPONSE_LEN: usize = MAX_NE as usize + 2;
/// Card capabilities in the historical bytes (ISO/IEC 7816-4, 12.1.1.9): COMPACT-TLV tag 7,
/// length 3.
const CAPABILITIES: u8 = 0x73;
/// Bit 7 of its third byte: extended Lc and Le fields.
const EXTENDED: u8 = 0x40;

/// Why the reader cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the smart card service (pcscd) does not answer")]
    Service(#[source] pcsc::Error),
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
        let context = Context::establish(Scope::System).map_err(Trouble::Service)?;
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
            .is_ok_and(|status| can_extended(status.atr()));
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
        E::ReaderUnavailable | E::UnknownReader | E::NoReadersAvailable => Trouble::Lost,
        other => Trouble::Reader(other),
    }
}

/// Looks into the historical bytes of an ATR (ISO/IEC 7816-3, 8.2.1; PC/SC part 3 puts those of
/// a contactless chip there). A chip that says nothing is taken to do short APDUs only.
fn can_extended(atr: &[u8]) -> bool {
    let historical = || {
        let (mut indicator, mut at) = (*atr.get(1)?, 2);
        let count = usize::from(indicator & 0x0F);
        loop {
            let here = indicator >> 4;
            at += here.count_ones() as usize;
            if here & 0x8 == 0 {
                break;
            }
            indicator = *atr.get(at - 1)?;
        }
        atr.get(at..at + count)
    };
    let Some([0x80, objects @ ..]) = historical() else {
        return false;
    };
    let mut rest = objects;
    while let [head, after @ ..] = rest {
        let Some((value, next)) = after.split_at_checked(usize::from(head & 0x0F)) else {
            return false;
        };
        if *head == CAPABILITIES {
            return value[2] & EXTENDED != 0;
        }
        rest = next;
    }
    false
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
    use crate::card::emrtd::hex::hex;

    #[test]
    fn a_chip_that_announces_extended_length_is_believed() {
        // T=1 contactless chip with COMPACT-TLV: tag 73, capabilities 94 41 40.
        let atr = hex("3B8880018073944140 00 00 00 00");
        assert!(can_extended(&atr[..13]));
        assert!(!can_extended(&hex("3B8880018073944100 00 00 00 00")));
    }

    #[test]
    fn odd_atrs_are_taken_to_announce_nothing() {
        for atr in [
            "",
            "3B",
            "3B8F",
            "3B8F8001",
            "3BFFFFFFFF",
            "3B8480018073",
            "3B81800180",
        ] {
            assert!(!can_extended(&hex(atr)), "{atr}");
        }
    }
}
