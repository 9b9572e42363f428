//! The chip without a reader: what it tells whom.

use super::chip::Chip;
use super::issue::{Protocols, issue};
use super::*;
use crate::card::emrtd::access::AccessKey;
use crate::card::emrtd::apdu::{Command, Response, Status};
use crate::card::emrtd::bac::{BacKeys, Contribution};
use crate::card::emrtd::random::OsRandom;
use crate::card::emrtd::secure_messaging::SecureMessaging;
use zeroize::Zeroizing;

fn chip(fault: Option<Fault>) -> Chip {
    let page = SimPassport::example();
    let country = TestCountry::found("UT", std::time::SystemTime::now()).unwrap();
    let issued = issue(&page, &Protocols::default(), &country, fault).unwrap();
    Chip::new(issued.contents, Box::new(OsRandom))
}

fn say(chip: &mut Chip, command: &Command) -> Response {
    Response::parse(&chip.transmit(&command.encode().unwrap())).unwrap()
}

fn select_application() -> Command {
    Command::new(0, 0xA4, 4, 0x0C).data(*b"\xA0\0\0\x02\x47\x10\x01")
}

fn read_file(short: u8) -> Command {
    Command::new(0, 0xB0, 0x80 | short, 0).ne(256)
}

/// BAC as the reader does it.
fn open(chip: &mut Chip, number: &str) -> Result<SecureMessaging, Status> {
    assert!(say(chip, &select_application()).status.is_ok());
    let challenge = say(chip, &Command::new(0, 0x84, 0, 0).ne(8));
    let challenge = challenge.data.as_slice().try_into().unwrap();
    let AccessKey::Mrz(key) = AccessKey::from_fields(number, "850615", "360101").unwrap() else {
        unreachable!()
    };
    let keys = BacKeys::new(&key);
    let own = Contribution {
        challenge: [1; 8],
        keying: Zeroizing::new([2; 16]),
    };
    let request = keys.request(&own, challenge).unwrap();
    let answer = say(chip, &Command::new(0, 0x82, 0, 0).data(request).ne(40));
    if !answer.status.is_ok() {
        return Err(answer.status);
    }
    Ok(keys.accept_answer(&own, challenge, &answer.data).unwrap())
}

fn say_protected(chip: &mut Chip, channel: &mut SecureMessaging, command: &Command) -> Response {
    let answer = say(chip, &channel.wrap_command(command).unwrap());
    channel.unwrap_response(&answer).unwrap()
}

#[test]
fn nothing_but_card_access_is_told_to_strangers() {
    let mut chip = chip(None);
    let card_access = say(&mut chip, &read_file(0x1C));
    assert!(card_access.status.is_ok() && card_access.data[0] == 0x31);
    assert_eq!(say(&mut chip, &read_file(0x01)).status, Status::NOT_FOUND);
    say(&mut chip, &select_application());
    for file in [0x01, 0x02, 0x0B, 0x0E, 0x0F, 0x1D, 0x1E] {
        let refused = say(&mut chip, &read_file(file));
        assert_eq!(refused.status, Status::SECURITY_NOT_SATISFIED, "{file:02X}");
        assert!(refused.data.is_empty());
    }
    assert_eq!(say(&mut chip, &read_file(0x03)).status, Status::NOT_FOUND);
}

#[test]
fn who_knows_the_page_reads_it_in_a_protected_channel_only() {
    let mut chip = chip(None);
    let mut channel = open(&mut chip, "E00007730").unwrap();
    let dg1 = say_protected(&mut chip, &mut channel, &read_file(0x01));
    assert_eq!(
        dg1.data[5..],
        *SimPassport::example().mrz().concat().as_bytes()
    );
    // A command without protection ends it.
    let refused = say(&mut chip, &read_file(0x01));
    assert_eq!(refused.status, Status::SECURITY_NOT_SATISFIED);
    let late = channel.wrap_command(&read_file(0x01)).unwrap();
    assert_eq!(say(&mut chip, &late).status, Status::SM_MISSING);
}

#[test]
fn who_does_not_know_the_page_reads_nothing() {
    let refused = open(&mut chip(None), "E00007731").err();
    assert_eq!(refused, Some(Status::AUTHENTICATION_FAILED));
    let refused = open(&mut chip(Some(Fault::WrongAccessKey)), "E00007730").err();
    assert_eq!(refused, Some(Status::AUTHENTICATION_FAILED));
}

#[test]
fn a_protected_command_that_was_changed_ends_the_channel() {
    let mut chip = chip(None);
    let mut channel = open(&mut chip, "E00007730").unwrap();
    let mut changed = channel.wrap_command(&read_file(0x01)).unwrap();
    changed.p1 ^= 2;
    assert_eq!(say(&mut chip, &changed).status, Status::SM_INCORRECT);
    let next = channel.wrap_command(&read_file(0x01)).unwrap();
    assert_eq!(say(&mut chip, &next).status, Status::SM_MISSING);
}

#[test]
fn a_challenge_serves_once() {
    let mut chip = chip(None);
    assert!(open(&mut chip, "E00007731").is_err());
    let again = Command::new(0, 0x82, 0, 0).data([0; 40]).ne(40);
    assert_eq!(say(&mut chip, &again).status, Status(0x6985));
}

#[test]
fn answers_fit_where_they_were_asked_for_and_the_end_of_a_file_is_told() {
    let mut chip = chip(None);
    let mut channel = open(&mut chip, "E00007730").unwrap();
    let portrait = say_protected(&mut chip, &mut channel, &read_file(0x02));
    assert_eq!(portrait.data.len(), 231);
    let all = Command::new(0, 0xB0, 0, 0).ne(65_536);
    let all = say_protected(&mut chip, &mut channel, &all).data;
    let header = crate::card::emrtd::tlv::header(&all).unwrap();
    assert_eq!(all.len(), header.total(), "the whole file at once");
    let end = (all.len() - 3) as u16;
    let [high, low] = end.to_be_bytes();
    let tail = Command::new(0, 0xB0, high, low).ne(10);
    let tail = say_protected(&mut chip, &mut channel, &tail);
    assert_eq!((tail.data.len(), tail.status), (3, Status::END_OF_FILE));
    // The same by a data object with an offset.
    let far = Command::new(0, 0xB1, 0, 0)
        .data([0x54, 2, high, low])
        .ne(256);
    let far = say_protected(&mut chip, &mut channel, &far);
    assert_eq!(far.data[..2], [0x53, 3]);
    assert_eq!(far.data[2..], tail.data[..]);
}

#[test]
fn garbage_is_answered_and_changes_nothing() {
    let mut chip = chip(None);
    for garbage in [&[][..], &[0], &[0, 0xA4, 4, 0, 9, 1], &[0xFF; 300]] {
        assert!(chip.transmit(garbage).len() >= 2);
    }
    assert!(open(&mut chip, "E00007730").is_ok());
}
