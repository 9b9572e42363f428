//! Between the card reader and the session: gives each answer the turn it belongs to and turns a
//! card record into what the session needs of it; the rest of the record is zeroed here, and what
//! the resident did not agree to share as soon as it reaches the session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use attestation::{DocumentAuthenticity, DocumentEvidence, DocumentKind, DocumentValidity};
use hal::card::{CardEvent, CardKind, CardRecord, CivilDate, Personal, Sex, Validity};
use kiosk_ui::CardField;

use crate::clock::WallTime;
use crate::session::{Answer, CardFields, Presented, Turn};
use crate::shell::Inbox;

/// The turn in which the reader was last asked for a card.
#[derive(Clone, Debug, Default)]
pub struct TurnCell(Arc<AtomicU64>);

impl TurnCell {
    pub(crate) fn set(&self, turn: Turn) {
        self.0.store(turn.0, Ordering::SeqCst);
    }

    fn get(&self) -> Turn {
        Turn(self.0.load(Ordering::SeqCst))
    }
}

/// Gives the reader's events to the session.
pub fn hand_in(inbox: &Inbox, turn: &TurnCell, event: CardEvent) {
    let answer = match event {
        CardEvent::Present | CardEvent::Reading { .. } => Answer::CardPresent,
        CardEvent::Read(record) => Answer::CardRead(Box::new(presented(*record))),
        CardEvent::Removed => Answer::CardRemoved,
        CardEvent::Failed(fault) => Answer::CardFailed(fault),
    };
    inbox.answer(turn.get(), answer);
}

fn presented(record: CardRecord) -> Presented {
    let evidence = DocumentEvidence {
        kind: kind(record.kind),
        authenticity: DocumentAuthenticity::SamRead,
        validity: validity(&record),
    };
    Presented {
        evidence,
        fields: fields(&record),
        number: record.number,
        photo: record.photo,
    }
}

/// The fields as they stand in a proof: text as on the card, dates as ISO 8601, codes as on the card
/// (sex by ISO/IEC 5218, ethnic group by GB/T 3304).
fn fields(record: &CardRecord) -> CardFields {
    let text = |value: &Personal<String>| Personal::new(value.reveal().clone());
    let date = |date: &CivilDate| {
        Personal::new(format!(
            "{:04}-{:02}-{:02}",
            date.year(),
            date.month(),
            date.day()
        ))
    };
    let ethnicity = record.ethnicity.as_ref();
    let valid_until = match record.valid_to.reveal() {
        Validity::Until(last) => date(last),
        Validity::LongTerm => Personal::new("long-term".to_owned()),
    };
    [
        (CardField::Name, Some(text(&record.name))),
        (
            CardField::DocumentNumber,
            Some(Personal::new(record.number.reveal().as_str().to_owned())),
        ),
        (CardField::BirthDate, Some(date(record.birth_date.reveal()))),
        (
            CardField::Sex,
            Some(Personal::new(sex_code(*record.sex.reveal()).to_owned())),
        ),
        (
            CardField::Ethnicity,
            ethnicity.map(|group| Personal::new(format!("{:02}", group.reveal().code()))),
        ),
        (CardField::Address, record.address.as_ref().map(text)),
        (CardField::ValidUntil, Some(valid_until)),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value?)))
    .collect()
}

fn sex_code(sex: Sex) -> &'static str {
    match sex {
        Sex::Unknown => "0",
        Sex::Male => "1",
        Sex::Female => "2",
        Sex::NotStated => "9",
    }
}

fn kind(kind: CardKind) -> DocumentKind {
    match kind {
        CardKind::ResidentIdentityCard => DocumentKind::ResidentIdCard,
        CardKind::ForeignerPermanentResidence => DocumentKind::ForeignerPermanentResidence,
        CardKind::HkMacaoTaiwanResidence => DocumentKind::HkMacaoTaiwanPermit,
    }
}

fn validity(record: &CardRecord) -> DocumentValidity {
    let Some(today) = WallTime::now().civil_date() else {
        return DocumentValidity::Unknown;
    };
    if today < *record.valid_from.reveal() {
        DocumentValidity::NotYetInForce
    } else if record.valid_to.reveal().covers(today) {
        DocumentValidity::InForce
    } else {
        DocumentValidity::Expired
    }
}
