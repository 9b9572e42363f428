//! One card on the reader, from "found" to "read" or "failed": find, select, read, check.

use std::time::{Duration, Instant};

use super::ga467::{
    Command, Response, Sw3, parse_contents, parse_newest_address, parse_with_fingerprints,
};
use super::link::{Link, Trouble};
use super::serial::{CardReaderConfig, Timings};
use super::{CardEvent, CardFault, CardRecord, Personal};
use crate::device::{Switch, Wish};

/// How often a damaged answer to "read" is asked for in all.
const READ_ATTEMPTS: usize = 3;
/// So many damaged answers to "find" in a row are no noise but a broken line.
const DAMAGED_LIMIT: u32 = 5;

/// Looks for cards and reads them, one look at a time.
pub(super) struct Visitor {
    timings: Timings,
    newest_address: bool,
    fingerprints: bool,
    switch: Switch,
    on_event: Box<dyn FnMut(CardEvent) + Send>,
    /// The round in which a card was found: what was told in an earlier one nobody knows any more.
    present: Option<u64>,
    /// A card that could not be read lies there still; it is not read again before this.
    not_before: Option<Instant>,
    /// Damaged answers to "find" in a row.
    damaged: u32,
}

/// How a visit ended that did not end well.
enum Ending {
    /// The card is at fault, or was taken away.
    Card(CardFault),
    /// The line or the reader is.
    Reader(Trouble),
}

impl From<CardFault> for Ending {
    fn from(fault: CardFault) -> Self {
        Self::Card(fault)
    }
}

impl Visitor {
    pub(super) fn new(
        config: &CardReaderConfig,
        switch: Switch,
        on_event: Box<dyn FnMut(CardEvent) + Send>,
    ) -> Self {
        Self {
            timings: config.timings,
            newest_address: config.newest_address,
            fingerprints: config.fingerprints,
            switch,
            on_event,
            present: None,
            not_before: None,
            damaged: 0,
        }
    }

    /// No card is wanted: the next one that is found is news.
    pub(super) fn forget(&mut self) {
        self.present = None;
        self.not_before = None;
    }

    /// Asks once for a card and, if there is one, reads it.
    pub(super) fn look(&mut self, link: &mut Link, wish: Wish) -> Result<(), Trouble> {
        let status = self.ask(link, Command::Find, wish).map(|r| r.sw3());
        if status.is_ok() {
            self.damaged = 0;
        }
        match status {
            Ok(Sw3::Found) => self.found(link, wish),
            Ok(sick @ (Sw3::NotAuthorised | Sw3::SelfTestFailed)) => Err(Trouble::Sick(sick)),
            Ok(_) => {
                self.gone(wish);
                Ok(())
            }
            Err(Trouble::Cancelled) => Ok(()),
            // Noise now and then is no fault of any card: ask again next time.
            Err(Trouble::Garbled | Trouble::Oversized(_)) if self.damaged < DAMAGED_LIMIT => {
                self.damaged += 1;
                Ok(())
            }
            Err(trouble) => {
                self.damaged = 0;
                Err(trouble)
            }
        }
    }

    fn gone(&mut self, wish: Wish) {
        if self.present == Some(wish.round) {
            self.tell(wish, CardEvent::Removed);
        }
        self.forget();
    }

    fn found(&mut self, link: &mut Link, wish: Wish) -> Result<(), Trouble> {
        if self.present != Some(wish.round) {
            self.forget();
        }
        if self.not_before.is_some_and(|at| Instant::now() < at) {
            return Ok(());
        }
        self.present = Some(wish.round);
        self.tell(wish, CardEvent::Present);
        match self.read(link, wish) {
            Ok(record) => {
                self.hand_over(record, wish);
                Ok(())
            }
            Err(Ending::Card(fault)) => {
                self.failed(fault, wish);
                Ok(())
            }
            Err(Ending::Reader(Trouble::Cancelled)) => Ok(()),
            Err(Ending::Reader(trouble)) => {
                self.failed(fault_of(&trouble), wish);
                Err(trouble)
            }
        }
    }

    fn read(&mut self, link: &mut Link, wish: Wish) -> Result<CardRecord, Ending> {
        let selected = self.ask_patiently(link, Command::Select, wish)?;
        if selected.sw3() != Sw3::Ok {
            return Err(selected.sw3().fault().into());
        }
        let mut record = self.contents(link, wish)?;
        if self.newest_address && record.address.is_some() {
            record.newest_address = self.newest_address(link, wish)?;
        }
        Ok(record)
    }

    fn contents(&mut self, link: &mut Link, wish: Wish) -> Result<CardRecord, Ending> {
        if self.fingerprints {
            let answer = self.ask_patiently(link, Command::ReadWithFingerprints, wish)?;
            match answer.sw3() {
                Sw3::Ok => return Ok(parse_with_fingerprints(answer.data())?),
                // Older modules know no fingerprints, older cards have none.
                Sw3::CommandUnknown | Sw3::NoContent => {}
                other => return Err(other.fault().into()),
            }
        }
        let answer = self.ask_patiently(link, Command::ReadTextPhoto, wish)?;
        match answer.sw3() {
            Sw3::Ok => Ok(parse_contents(answer.data())?),
            other => Err(other.fault().into()),
        }
    }

    /// The address that was written onto the chip later; most cards have none.
    fn newest_address(
        &mut self,
        link: &mut Link,
        wish: Wish,
    ) -> Result<Option<Personal<String>>, Ending> {
        let answer = self.ask_patiently(link, Command::ReadNewestAddress, wish)?;
        match answer.sw3() {
            Sw3::Ok => Ok(parse_newest_address(answer.data())?),
            // No such content, or a module that knows no such thing.
            Sw3::NoContent | Sw3::CommandUnknown => Ok(None),
            other => Err(other.fault().into()),
        }
    }

    /// Asks again when the answer was damaged: noise is rarely there twice.
    fn ask_patiently(
        &mut self,
        link: &mut Link,
        command: Command,
        wish: Wish,
    ) -> Result<Response, Ending> {
        let mut damage = CardFault::Garbled;
        for _ in 0..READ_ATTEMPTS {
            match self.ask(link, command, wish) {
                Ok(answer) if answer.sw3().fault() == CardFault::Garbled => {}
                Ok(answer) => return Ok(answer),
                Err(trouble @ (Trouble::Garbled | Trouble::Oversized(_))) => {
                    damage = fault_of(&trouble);
                }
                Err(Trouble::Silent(waited)) => return Err(self.blame(link, waited, wish)),
                Err(trouble) => return Err(Ending::Reader(trouble)),
            }
        }
        Err(damage.into())
    }

    /// No answer: is it the card, or the reader? A reader that still says how it is was waiting
    /// for a card that is no longer there.
    fn blame(&mut self, link: &mut Link, waited: Duration, wish: Wish) -> Ending {
        match self.ask(link, Command::Status, wish) {
            Ok(answer) if answer.sw3() == Sw3::Ok => CardFault::PulledMidRead.into(),
            Ok(answer) => Ending::Reader(Trouble::Sick(answer.sw3())),
            Err(Trouble::Silent(_)) => Ending::Reader(Trouble::Silent(waited)),
            Err(trouble) => Ending::Reader(trouble),
        }
    }

    fn ask(&mut self, link: &mut Link, command: Command, wish: Wish) -> Result<Response, Trouble> {
        // A module selects a card once: a round that is over must not select the next one's.
        if self.switch.get() != wish {
            return Err(Trouble::Cancelled);
        }
        let limits = self.timings.limits(command);
        link.exchange(command, limits, &mut |progress| {
            if let Some((received, expected)) = progress.filter(|_| command.reads()) {
                self.tell(wish, CardEvent::Reading { received, expected });
            }
            self.switch.get() == wish
        })
    }

    /// The card is read: no further one is looked for until somebody asks.
    fn hand_over(&mut self, record: CardRecord, wish: Wish) {
        if self.switch.get() == wish {
            self.switch.set_active(false);
            (self.on_event)(CardEvent::Read(Box::new(record)));
        }
        self.forget();
    }

    fn failed(&mut self, fault: CardFault, wish: Wish) {
        tracing::info!(%fault, "card not read");
        // Also after one that seems to be taken away: a card that lies badly answers like that, and
        // whether it is gone, the next look says.
        self.not_before = Some(Instant::now() + self.timings.retry_after);
        self.tell(wish, CardEvent::Failed(fault));
    }

    /// Tells only those who still want to know.
    fn tell(&mut self, wish: Wish, event: CardEvent) {
        if self.switch.get() == wish {
            (self.on_event)(event);
        }
    }
}

fn fault_of(trouble: &Trouble) -> CardFault {
    match trouble {
        Trouble::Open { .. } | Trouble::Lost(_) | Trouble::OtherModule { .. } => {
            CardFault::LineLost
        }
        Trouble::Silent(waited) => CardFault::Silent(*waited),
        Trouble::Garbled | Trouble::Cancelled => CardFault::Garbled,
        Trouble::Oversized(len) => CardFault::Oversized(*len),
        Trouble::Sick(sw3) => CardFault::Reader(*sw3),
    }
}
