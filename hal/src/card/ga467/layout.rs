//! Where the fields lie in the 256 bytes of text. All are UTF-16LE at fixed places, filled up
//! with spaces; a type mark near the end tells the three kinds of cards apart (resident: GA/T 490;
//! foreigner: issue of 2017; HK, Macao and Taiwan: 2018).

use crate::card::{CardFault, CardKind, Field};

/// A field: where it begins and how long it is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) field: Field,
    pub(super) start: usize,
    pub(super) len: usize,
}

const fn place(field: Field, start: usize, len: usize) -> Place {
    Place { field, start, len }
}

pub(super) const TYPE_MARK: Place = place(Field::TypeMark, 248, 2);

/// The whole answer to "read newest address": one address, laid out as the one in the text.
pub(super) const NEWEST_ADDRESS: Place = place(Field::NewestAddress, 0, 70);

/// Resident's card. The card for HK, Macao and Taiwan has the same places, without ethnic group.
pub(super) mod resident {
    use super::{Field, Place, place};

    pub(in super::super) const NAME: Place = place(Field::Name, 0, 30);
    pub(in super::super) const SEX: Place = place(Field::Sex, 30, 2);
    pub(in super::super) const ETHNICITY: Place = place(Field::Ethnicity, 32, 4);
    pub(in super::super) const BIRTH_DATE: Place = place(Field::BirthDate, 36, 16);
    pub(in super::super) const ADDRESS: Place = place(Field::Address, 52, 70);
    pub(in super::super) const NUMBER: Place = place(Field::Number, 122, 36);
    pub(in super::super) const ISSUER: Place = place(Field::Issuer, 158, 30);
    pub(in super::super) const VALID_FROM: Place = place(Field::ValidFrom, 188, 16);
    pub(in super::super) const VALID_TO: Place = place(Field::ValidTo, 204, 16);
}

/// Foreigner's card of 2017.
pub(super) mod foreigner {
    use super::{Field, Place, place};

    pub(in super::super) const LATIN_NAME: Place = place(Field::LatinName, 0, 120);
    pub(in super::super) const SEX: Place = place(Field::Sex, 120, 2);
    pub(in super::super) const NUMBER: Place = place(Field::Number, 122, 30);
    pub(in super::super) const NATIONALITY: Place = place(Field::Nationality, 152, 6);
    pub(in super::super) const NAME: Place = place(Field::Name, 158, 30);
    pub(in super::super) const VALID_FROM: Place = place(Field::ValidFrom, 188, 16);
    pub(in super::super) const VALID_TO: Place = place(Field::ValidTo, 204, 16);
    pub(in super::super) const BIRTH_DATE: Place = place(Field::BirthDate, 220, 16);
    pub(in super::super) const ISSUER: Place = place(Field::Issuer, 240, 8);
}

/// The kind of card by its type mark; residents' cards have none.
pub(super) fn kind(mark: &str) -> Result<CardKind, CardFault> {
    match mark.chars().next() {
        None => Ok(CardKind::ResidentIdentityCard),
        Some('I') => Ok(CardKind::ForeignerPermanentResidence),
        Some('J') => Ok(CardKind::HkMacaoTaiwanResidence),
        Some(other) => Err(CardFault::UnknownKind(other)),
    }
}
