//! What is on a card, written by the simulator from the published tables, comes out of the
//! parser unchanged; what must not be on a card is refused by name.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test
#![cfg(feature = "sim")]

use hal::card::ga467::{TEXT_LEN, parse_contents};
use hal::card::{CardAdvice, CardFault, CardKind, CivilDate, Field, PhotoCoding, Sex, Validity};
use hal::sim::card::SimCard;

const PHOTO: &[u8] = b"RIFF\x04\0\0\0WEBP";

fn with_photo(mut card: SimCard) -> SimCard {
    card.photo = PHOTO.to_vec();
    card
}

fn data(card: &SimCard) -> Vec<u8> {
    let mut photo = card.photo.clone();
    photo.resize(1024, 0);
    [&[1, 0, 4, 0][..], &card.text(), &photo].concat()
}

fn fault_after(change: impl FnOnce(&mut SimCard)) -> CardFault {
    let mut card = with_photo(SimCard::example());
    change(&mut card);
    parse_contents(&data(&card)).unwrap_err()
}

#[test]
fn a_residents_card_reads_as_it_was_written() {
    let card = with_photo(SimCard::example());
    assert_eq!(card.text().len(), TEXT_LEN);
    let record = parse_contents(&data(&card)).unwrap();
    assert_eq!(record.kind, CardKind::ResidentIdentityCard);
    assert_eq!(record.name.reveal(), &card.name);
    assert_eq!(*record.sex.reveal(), Sex::Female);
    assert_eq!(record.ethnicity.as_ref().unwrap().reveal().code(), 1);
    assert_eq!(
        *record.birth_date.reveal(),
        CivilDate::new(1985, 6, 15).unwrap()
    );
    assert_eq!(record.address.as_ref().unwrap().reveal(), &card.address);
    assert_eq!(record.number.reveal().as_str(), card.number);
    assert_eq!(record.issuer.reveal(), &card.issuer);
    let last = CivilDate::new(2040, 1, 1).unwrap();
    assert_eq!(*record.valid_to.reveal(), Validity::Until(last));
    assert_eq!(record.photo.coding(), PhotoCoding::WebP);
    assert_eq!(record.photo.reveal(), PHOTO);
}

#[test]
fn a_foreigners_card_has_its_own_layout() {
    let mut card = with_photo(SimCard::example_foreigner());
    let record = parse_contents(&data(&card)).unwrap();
    assert_eq!(record.kind, CardKind::ForeignerPermanentResidence);
    assert_eq!(
        record.latin_name.as_ref().unwrap().reveal(),
        "SPECIMEN, EXAMPLE"
    );
    assert_eq!(record.name.reveal(), "范例");
    assert_eq!(record.nationality.as_ref().unwrap().reveal(), "UTO");
    assert!(record.address.is_none() && record.ethnicity.is_none());
    card.name.clear();
    let record = parse_contents(&data(&card)).unwrap();
    assert_eq!(record.name.reveal(), "SPECIMEN, EXAMPLE", "no Chinese name");
}

#[test]
fn a_permit_for_hk_macao_and_taiwan_has_no_ethnic_group() {
    let card = with_photo(SimCard::example_hk_macao_taiwan());
    let record = parse_contents(&data(&card)).unwrap();
    assert_eq!(record.kind, CardKind::HkMacaoTaiwanResidence);
    assert_eq!(record.number.reveal().as_str(), card.number);
    assert!(record.ethnicity.is_none());
}

#[test]
fn a_card_without_end_is_valid_for_ever() {
    let mut card = with_photo(SimCard::example());
    card.valid_to = String::from("长期");
    let record = parse_contents(&data(&card)).unwrap();
    assert_eq!(*record.valid_to.reveal(), Validity::LongTerm);
}

#[test]
fn nothing_of_a_card_is_shown_by_its_debug_form() {
    let card = with_photo(SimCard::example());
    let shown = format!("{:?}", parse_contents(&data(&card)).unwrap());
    for secret in [
        &*card.name,
        &card.number,
        &card.address,
        "1985",
        &card.issuer,
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn each_wrong_field_is_refused_by_name() {
    use CardFault::{BadCheckDigit, BadField, EmptyField, NoPhoto, UnknownPhotoCoding};
    let wrong = |field: fn(&mut SimCard) -> &mut String, value: &str| {
        fault_after(|card| *field(card) = value.to_owned())
    };
    assert_eq!(wrong(|c| &mut c.name, ""), EmptyField(Field::Name));
    assert_eq!(wrong(|c| &mut c.name, "a\u{202E}b"), BadField(Field::Name));
    assert_eq!(wrong(|c| &mut c.sex, "7"), BadField(Field::Sex));
    assert_eq!(
        wrong(|c| &mut c.ethnicity, "60"),
        BadField(Field::Ethnicity)
    );
    assert_eq!(
        wrong(|c| &mut c.birth_date, "19850231"),
        BadField(Field::BirthDate)
    );
    assert_eq!(wrong(|c| &mut c.number, "1234"), BadField(Field::Number));
    assert_eq!(
        wrong(|c| &mut c.number, "110105194912310021"),
        BadCheckDigit
    );
    assert_eq!(wrong(|c| &mut c.valid_to, "长"), BadField(Field::ValidTo));
    assert_eq!(
        wrong(|c| &mut c.valid_from, ""),
        EmptyField(Field::ValidFrom)
    );
    assert_eq!(fault_after(|c| c.photo.clear()), NoPhoto);
    assert_eq!(fault_after(|c| c.photo = vec![1; 9]), UnknownPhotoCoding);
}

#[test]
fn the_foreigners_card_of_2023_is_refused_by_its_mark_and_not_misread() {
    let mut bytes = data(&with_photo(SimCard::example()));
    bytes[4 + 248] = b'Y';
    let fault = parse_contents(&bytes).unwrap_err();
    assert_eq!(fault, CardFault::UnknownKind('Y'));
    assert_eq!(fault.for_resident(), CardAdvice::NotAccepted);
}

#[test]
fn wrong_lengths_are_refused() {
    let good = data(&with_photo(SimCard::example()));
    for change in [0, 1, 2, 3] {
        let mut bytes = good.clone();
        bytes[change] ^= 0x11;
        let result = parse_contents(&bytes);
        assert!(matches!(result, Err(CardFault::Length { .. })), "{change}");
    }
    for len in [0, 3, 4, 259, good.len() - 1] {
        assert!(matches!(
            parse_contents(&good[..len]),
            Err(CardFault::Length { .. })
        ));
    }
}

#[test]
fn a_card_that_announces_no_photo_has_none() {
    let mut bytes = data(&with_photo(SimCard::example()));
    bytes.truncate(4 + TEXT_LEN);
    bytes[2] = 0;
    assert_eq!(parse_contents(&bytes).unwrap_err(), CardFault::NoPhoto);
}
