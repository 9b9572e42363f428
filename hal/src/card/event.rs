//! What a reader's worker reports while it looks for a card.

use super::emrtd::EmrtdRecord;
use super::{CardFault, CardRecord};

/// One thing that happened on the reader.
#[derive(Debug)]
pub enum CardEvent {
    /// A card lies on the reader.
    Present,
    /// The card is being read; comes several times, for a progress bar.
    Reading {
        /// Bytes that have come.
        received: usize,
        /// Bytes that will come.
        expected: usize,
    },
    /// The card has been read. The worker looks for no further card until it is asked to.
    Read(Box<CardRecord>),
    /// A travel document lies on the reader, and its numbers are needed to open it.
    KeyNeeded,
    /// A travel document has been read and can be relied on as far as its record says. The
    /// worker looks for no further one until it is asked to.
    ReadDocument(Box<EmrtdRecord>),
    /// The card that had been reported present is no longer found.
    Removed,
    /// The card could not be read. The worker keeps looking.
    Failed(CardFault),
}
