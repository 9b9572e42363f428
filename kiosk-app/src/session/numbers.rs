//! The numbers of a travel document, typed on the screen: document number, date of birth, date of
//! expiry. Every key is checked as it is touched, so that only what can be right is ever there; the
//! chip says whether it is. Where there is a document scanner, it reads them instead. The numbers open
//! the chip and are kept for nothing else.
//!
//! The check digits of the machine-readable zone (ICAO 9303-3, 4.9) are not asked for: they stand only
//! there, between characters that look like the number's own, and not beside the number and the dates as
//! people read them. They would tell a slip of the finger one step earlier than the chip does, which
//! refuses wrong numbers; then they are corrected, not typed again. A scanned zone is checked with all of
//! them.

use std::time::Duration;

use hal::card::CivilDate;
use hal::card::emrtd::access::AccessKey;
use kiosk_ui::{CardPrompt, Confidential, NumbersField, NumbersTrouble, NumbersView};
use zeroize::Zeroizing;

use super::state::State;
use super::{Effect, Health, Session};
use crate::record::Record;

/// Most characters of a document number: an identity card's goes on in the optional data (ICAO
/// 9303-5, 4.2.2).
const NUMBER_MAX: usize = 22;
/// Fewer characters than any state prints.
const NUMBER_MIN: usize = 5;
/// Digits of a date, `YYYYMMDD`.
const DATE: usize = 8;
/// What a document number is made of.
const SIGNS: &str = "1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "1234567890";

/// What was typed so far.
#[derive(Default)]
pub(super) struct Numbers {
    fields: [Zeroizing<String>; 3],
    at: usize,
    typing: bool,
    trouble: Option<NumbersTrouble>,
}

impl std::fmt::Debug for Numbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[personal]")
    }
}

impl Numbers {
    /// Nothing typed, and the screen for it.
    pub fn asked() -> Self {
        Self {
            typing: true,
            ..Self::default()
        }
    }

    /// Whether the screen is there.
    pub fn typing(&self) -> bool {
        self.typing
    }

    /// Whether anything was ever typed: what is erased is overwritten with the rest.
    pub fn is_personal(&self) -> bool {
        self.fields.iter().any(|field| field.capacity() > 0)
    }

    /// Shows the screen, with what was typed before.
    pub fn ask(&mut self, trouble: Option<NumbersTrouble>) {
        self.typing = true;
        self.at = 0;
        self.trouble = trouble;
    }

    /// The page lay crooked on the scanner: once more, or the keys.
    pub fn misread(&mut self) {
        if self.typing {
            self.trouble = Some(NumbersTrouble::Misread);
        }
    }

    /// The screen, where there is a document scanner or not.
    pub fn view(&self, scanner: bool) -> NumbersView {
        NumbersView {
            scanner,
            field: self.field(),
            typed: Confidential::new(self.fields[self.at].clone()),
            possible: self.possible(),
            complete: self.is_complete(),
            trouble: self.trouble,
        }
    }

    fn field(&self) -> NumbersField {
        match self.at {
            0 => NumbersField::Number,
            1 => NumbersField::Birth,
            _ => NumbersField::Expiry,
        }
    }

    /// The characters that can come next.
    fn possible(&self) -> String {
        let typed = &self.fields[self.at];
        if self.at == 0 {
            let room = typed.len() < NUMBER_MAX;
            return String::from(if room { SIGNS } else { "" });
        }
        let centuries: &[&str] = match self.field() {
            NumbersField::Birth => &["19", "20"],
            _ => &["20"], // chips are younger than the century
        };
        let fits = |c: &char| is_start_of_date(&longer(typed, *c), centuries);
        DIGITS.chars().filter(fits).collect()
    }

    fn is_complete(&self) -> bool {
        let typed = self.fields[self.at].len();
        match self.field() {
            NumbersField::Number => typed >= NUMBER_MIN,
            _ => typed == DATE,
        }
    }

    fn key(&mut self, key: char) {
        let key = key.to_ascii_uppercase();
        if self.possible().contains(key) {
            let field = &mut self.fields[self.at];
            if field.capacity() < NUMBER_MAX {
                field.reserve_exact(NUMBER_MAX); // so that no copy stays where it grew
            }
            field.push(key);
            self.trouble = None;
        }
    }

    fn erase(&mut self) {
        self.fields[self.at].pop();
        self.trouble = None;
    }

    fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// One field further; the key to the chip after the last.
    fn next(&mut self) -> Option<AccessKey> {
        if !self.is_complete() {
            return None;
        }
        if self.at + 1 < self.fields.len() {
            self.at += 1;
            return None;
        }
        let [number, birth, expiry] = &self.fields;
        let key = AccessKey::from_fields(number, &birth[2..], &expiry[2..]);
        match key {
            Ok(key) => {
                self.typing = false;
                Some(key)
            }
            // Cannot be after so many checks; if it is, the resident starts over.
            Err(_) => {
                self.ask(Some(NumbersTrouble::DoesNotOpen));
                None
            }
        }
    }
}

/// Whether a date of one of these centuries begins like this.
fn is_start_of_date(typed: &str, centuries: &[&str]) -> bool {
    let year = &typed[..typed.len().min(4)];
    let right_century = centuries.iter().any(|century| {
        let both = year.len().min(century.len());
        year[..both] == century[..both]
    });
    // Is there any way to go on? At most 10 × 10 × 12 × 31 are tried, and only near the end.
    right_century && typed.len() <= DATE && can_become_date(typed)
}

fn can_become_date(typed: &str) -> bool {
    match typed.len() {
        DATE => CivilDate::parse(typed).is_some(),
        0..=4 => true,
        5 => typed.ends_with(['0', '1']),
        6 => (1..=12).contains(&typed[4..].parse().unwrap_or(0)),
        _ => DIGITS
            .chars()
            .any(|last| CivilDate::parse(&longer(typed, last)).is_some()),
    }
}

/// One digit more, in memory that is overwritten and does not grow.
fn longer(typed: &str, digit: char) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(typed.len() + digit.len_utf8()));
    text.push_str(typed);
    text.push(digit);
    text
}

impl Session {
    /// A session of a kiosk whose reader opens documents with numbers only: they are asked for
    /// before the document is put on the reader, because they have to be read from it.
    #[must_use]
    pub fn asking_numbers_first(mut self) -> Self {
        self.numbers_first = true;
        self
    }

    /// What is typed before anything lies on the reader.
    pub(super) fn first_numbers(&self) -> Numbers {
        match self.numbers_first {
            true => Numbers::asked(),
            false => Numbers::default(),
        }
    }

    /// A document that needs numbers lies on the reader.
    pub(super) fn numbers_needed(&mut self, now: Duration) {
        if let State::Presenting { numbers, .. } = &mut self.state
            && !numbers.typing()
        {
            numbers.ask(None);
            self.deadline = self.waiting_time().map(|time| now + time);
        }
    }

    pub(super) fn number_key(&mut self, key: char) {
        if let State::Presenting { numbers, .. } = &mut self.state {
            numbers.key(key);
        }
    }

    pub(super) fn number_erase(&mut self) {
        if let State::Presenting { numbers, .. } = &mut self.state {
            numbers.erase();
        }
    }

    pub(super) fn number_back(&mut self) {
        if let State::Presenting { numbers, .. } = &mut self.state {
            numbers.back();
        }
    }

    pub(super) fn number_next(&mut self, now: Duration) {
        if let State::Presenting { numbers, .. } = &mut self.state
            && let Some(key) = numbers.next()
        {
            self.numbers_known(key, now);
        }
    }

    pub(super) fn scanner(&mut self, health: Health) {
        self.scanner_ready = health == Health::Ready;
    }

    /// A page was scanned. A chip that is being read already is left alone.
    pub(super) fn numbers_scanned(&mut self, key: AccessKey, now: Duration) {
        if let State::Presenting {
            numbers, prompt, ..
        } = &self.state
            && (numbers.typing() || *prompt != CardPrompt::Reading)
        {
            self.numbers_known(key, now);
        }
    }

    /// The numbers are there, typed or from a document scanner: the chip can be opened.
    fn numbers_known(&mut self, key: AccessKey, now: Duration) {
        let State::Presenting {
            numbers, prompt, ..
        } = &mut self.state
        else {
            return;
        };
        numbers.typing = false;
        *prompt = CardPrompt::Present;
        self.record(Record::NumbersGiven);
        self.effects.push(Effect::OpenDocument(key));
        self.deadline = self.waiting_time().map(|time| now + time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(numbers: &mut Numbers, text: &str) {
        text.chars().for_each(|c| numbers.key(c));
    }

    #[test]
    fn only_digits_that_can_be_right_are_taken() {
        let mut numbers = Numbers::asked();
        typed(&mut numbers, "e0000?7730");
        assert_eq!(numbers.fields[0].as_str(), "E00007730");
        assert!(numbers.next().is_none());
        assert_eq!(numbers.possible(), "12");
        typed(&mut numbers, "1");
        assert_eq!(numbers.possible(), "9");
        typed(&mut numbers, "9850");
        assert_eq!(numbers.possible(), "123456789");
        typed(&mut numbers, "2");
        assert_eq!(numbers.possible(), "120");
        typed(&mut numbers, "2");
        assert_eq!(numbers.possible(), "123456780", "1985 had no 29 February");
        typed(&mut numbers, "9");
        assert!(!numbers.is_complete());
        typed(&mut numbers, "8");
        assert!(numbers.is_complete() && numbers.possible().is_empty());
    }

    #[test]
    fn three_fields_make_a_key_and_stay_for_a_correction() {
        let mut numbers = Numbers::asked();
        typed(&mut numbers, "E00007730");
        assert!(numbers.next().is_none());
        typed(&mut numbers, "19850615");
        assert!(numbers.next().is_none());
        typed(&mut numbers, "20360101");
        let expected = AccessKey::from_fields("E00007730", "850615", "360101").unwrap();
        assert!(numbers.next() == Some(expected));
        assert!(!numbers.typing());
        numbers.ask(Some(NumbersTrouble::DoesNotOpen));
        assert_eq!(numbers.view(false).typed.reveal(), "E00007730");
        numbers.erase();
        assert_eq!(numbers.view(false).trouble, None);
    }

    #[test]
    fn nobody_gets_further_with_half_a_date() {
        let mut numbers = Numbers::asked();
        typed(&mut numbers, "AB12");
        assert!(numbers.next().is_none());
        assert_eq!(numbers.view(false).field, NumbersField::Number);
        typed(&mut numbers, "3");
        assert!(numbers.next().is_none());
        typed(&mut numbers, "1985");
        assert!(numbers.next().is_none());
        assert_eq!(numbers.view(false).field, NumbersField::Birth);
        numbers.back();
        assert_eq!(numbers.view(false).typed.reveal(), "AB123");
    }
}
