//! Between the card reader and the session: gives each answer the turn it belongs to and turns a
//! card record into what the session needs of it; the rest of the record is zeroed here, and what
//! the resident did not agree to share as soon as it reaches the session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use attestation::{DocumentAuthenticity, DocumentEvidence, DocumentKind, DocumentValidity};
use hal::card::emrtd::mrz::MrzFormat;
use hal::card::emrtd::{Authentication, Authenticity, EmrtdRecord};
use hal::card::mrz_scanner::Scan;
use hal::card::{CardEvent, CardKind, CardRecord};

use crate::card_fields;
use crate::clock::WallTime;
use crate::record::Proof;
use crate::session::{Answer, DocumentNumber, Presented, Turn};
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
        CardEvent::ReadDocument(record) => Answer::CardRead(Box::new(presented_document(*record))),
        CardEvent::KeyNeeded => Answer::NumbersNeeded,
        CardEvent::Removed => Answer::CardRemoved,
        CardEvent::Failed(fault) => Answer::CardFailed(fault),
    };
    inbox.answer(turn.get(), answer);
}

/// Gives what the document scanner read to the session. A page that was laid on it before the kiosk
/// asked belongs to an earlier turn, or to nobody.
pub fn scanned(inbox: &Inbox, turn: &TurnCell, scan: Scan) {
    let answer = match scan {
        Scan::Key(key) => Answer::NumbersScanned(key),
        Scan::Unreadable(error) => {
            tracing::info!(%error, "page misread by the document scanner");
            Answer::NumbersMisread
        }
    };
    inbox.answer(turn.get(), answer);
}

/// A document whose state or chip is in doubt never comes here: its reader refuses it.
fn presented_document(record: EmrtdRecord) -> Presented {
    let evidence = DocumentEvidence {
        kind: match record.mrz.format {
            MrzFormat::Td3 => DocumentKind::Passport,
            MrzFormat::Td1 | MrzFormat::Td2 => DocumentKind::ElectronicIdCard,
        },
        authenticity: match record.authentication.authenticity() {
            Authenticity::Chip => DocumentAuthenticity::ChipAuthenticated,
            Authenticity::Data => DocumentAuthenticity::StateSigned,
            Authenticity::None => DocumentAuthenticity::NotAuthenticated,
        },
        validity: document_validity(&record),
    };
    Presented {
        evidence,
        proof: proof(&record.authentication),
        fields: card_fields::of_document(&record),
        number: DocumentNumber::from(&record.mrz),
        photo: record.portrait.into(),
    }
}

fn proof(authentication: &Authentication) -> Proof {
    let (data, revocation) = match &authentication.passive {
        Ok(proof) => ("passive_authentication", proof.revocation.code()),
        Err(fault) => (fault.code(), "not_asked"),
    };
    Proof {
        access: authentication.access.code(),
        data,
        revocation,
        chip: authentication.chip.code(),
    }
}

fn document_validity(record: &EmrtdRecord) -> DocumentValidity {
    let today = WallTime::now().civil_date();
    match (today, record.mrz.expiry_date()) {
        (Some(today), Some(last)) if today <= last => DocumentValidity::InForce,
        (Some(_), Some(_)) => DocumentValidity::Expired,
        _ => DocumentValidity::Unknown,
    }
}

fn presented(record: CardRecord) -> Presented {
    let evidence = DocumentEvidence {
        kind: kind(record.kind),
        authenticity: DocumentAuthenticity::SamRead,
        validity: validity(&record),
    };
    Presented {
        evidence,
        proof: Proof::SECURITY_MODULE,
        fields: card_fields::of(&record),
        number: DocumentNumber::from(record.number.reveal()),
        photo: record.photo,
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

#[cfg(test)]
mod tests {
    use hal::card::emrtd::pki::hash::HashAlgorithm;
    use hal::card::emrtd::pki::passive::{PassiveProof, Revocation};
    use hal::card::emrtd::pki::signature::SignatureAlgorithm;
    use hal::card::emrtd::procedure::{Access, ChipProof};

    use super::*;
    use crate::record::Record;

    /// That the event says `state_signed` is not enough for whoever asks later how that was known.
    #[test]
    fn the_event_of_a_read_document_says_how_each_thing_was_shown_and_nothing_else() {
        let authentication = Authentication {
            access: Access::Bac,
            passive: Ok(PassiveProof {
                country: "UT".into(),
                authority: "Simulated".into(),
                authority_fingerprint: vec![7; 32],
                algorithm: SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
                key: "P-256".into(),
                hash: HashAlgorithm::Sha256,
                data_groups: vec![1, 2],
                revocation: Revocation::NoList,
            }),
            chip: ChipProof::NotOffered,
            commands: 40,
        };
        let event = serde_json::to_string(&Record::CardRead(proof(&authentication)));
        assert_eq!(
            event.unwrap(),
            r#"{"event":"card.read","access":"bac","data":"passive_authentication","revocation":"no_list","chip":"not_offered"}"#
        );
    }
}
