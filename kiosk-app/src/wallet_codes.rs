//! A wallet proof (SD-JWT VC, RFC 9901) as QR codes that a phone reads from the screen.
//!
//! How a proof is split is `attestation::wallet::parts`, which also puts it together again.

use attestation::wallet::{CardField, parts};
use kiosk_ui::Confidential;

/// The texts of the codes for a proof, at least one.
pub fn split(proof: &str) -> Vec<Confidential> {
    let texts = parts::split(proof).into_iter();
    texts.map(Confidential::new).collect()
}

/// The field as the screen names it.
pub fn field_on_screen(field: CardField) -> kiosk_ui::CardField {
    use kiosk_ui::CardField as Shown;
    match field {
        CardField::Name => Shown::Name,
        CardField::DocumentNumber => Shown::DocumentNumber,
        CardField::BirthDate => Shown::BirthDate,
        CardField::Sex => Shown::Sex,
        CardField::Ethnicity => Shown::Ethnicity,
        CardField::Address => Shown::Address,
        CardField::ValidUntil => Shown::ValidUntil,
    }
}

/// The field as the proof names it.
pub fn field_in_proof(field: kiosk_ui::CardField) -> CardField {
    use kiosk_ui::CardField as Shown;
    match field {
        Shown::Name => CardField::Name,
        Shown::DocumentNumber => CardField::DocumentNumber,
        Shown::BirthDate => CardField::BirthDate,
        Shown::Sex => CardField::Sex,
        Shown::Ethnicity => CardField::Ethnicity,
        Shown::Address => CardField::Address,
        Shown::ValidUntil => CardField::ValidUntil,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_fields_survive_the_way_to_the_screen_and_back() {
        for field in CardField::ALL {
            assert_eq!(field_in_proof(field_on_screen(*field)), *field);
        }
    }
}
