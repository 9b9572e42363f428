//! The machine-readable zone (ICAO 9303-3 to -6): 90 signs of a card (TD1), 72 of a small sheet
//! (TD2) or 88 of a passport (TD3) in, checked fields out. Every check digit there is must be
//! right; a zone that holds together is the only kind there is.

use zeroize::Zeroizing;

use crate::card::{CivilDate, Personal, Sex};

/// Longest text taken for a machine-readable zone: the largest format with line ends.
const MAX_TEXT_LEN: usize = 100;

/// Why signs are no machine-readable zone. Names the field, never what stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MrzError {
    /// Not 72, 88 or 90 signs.
    #[error("a machine-readable zone has 72, 88 or 90 signs, not {0}")]
    Length(usize),
    /// A sign other than `A`–`Z`, `0`–`9` and `<`.
    #[error("there is a sign that no machine-readable zone has")]
    Sign,
    /// The check digit of a field is wrong.
    #[error("the check digit of the {0} is wrong")]
    CheckDigit(MrzField),
    /// A field holds something that cannot stand there.
    #[error("the {0} is malformed")]
    Malformed(MrzField),
}

/// The fields of a machine-readable zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MrzField {
    /// Document number.
    Number,
    /// Date of birth.
    Birth,
    /// Date of expiry.
    Expiry,
    /// Optional data (personal number).
    Optional,
    /// All of it together.
    Composite,
    /// Name.
    Name,
    /// Code of the issuing state.
    Issuer,
    /// Nationality.
    Nationality,
}

impl std::fmt::Display for MrzField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Number => "document number",
            Self::Birth => "date of birth",
            Self::Expiry => "date of expiry",
            Self::Optional => "optional data",
            Self::Composite => "whole zone",
            Self::Name => "name",
            Self::Issuer => "issuing state",
            Self::Nationality => "nationality",
        })
    }
}

/// Which of the three formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MrzFormat {
    /// Card, three lines of 30 (ICAO 9303-5).
    Td1,
    /// Small sheet, two lines of 36 (ICAO 9303-6).
    Td2,
    /// Passport, two lines of 44 (ICAO 9303-4).
    Td3,
}

/// A machine-readable zone whose check digits are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mrz {
    /// Which format it has.
    pub format: MrzFormat,
    /// Document code: `P`, `ID`, `AC`…
    pub document_code: String,
    /// Three-letter code of the issuing state, or one letter (`D`).
    pub issuer: String,
    /// Primary identifier (surname).
    pub surname: Personal<String>,
    /// Secondary identifier (given names); empty where there is none.
    pub given_names: Personal<String>,
    /// Document number without filling.
    pub document_number: Personal<String>,
    /// Nationality.
    pub nationality: Personal<String>,
    /// Date of birth as it stands there, `YYMMDD`; unknown parts are `<<`.
    pub birth: Personal<String>,
    /// Sex; [`Sex::NotStated`] for `<`.
    pub sex: Personal<Sex>,
    /// Date of expiry as it stands there, `YYMMDD`.
    pub expiry: Personal<String>,
    /// Optional data without filling.
    pub optional: Personal<String>,
}

impl Mrz {
    /// Reads a zone; line ends and spaces do not count.
    ///
    /// # Errors
    /// [`MrzError`].
    pub fn parse(text: &str) -> Result<Self, MrzError> {
        if text.len() > MAX_TEXT_LEN {
            return Err(MrzError::Length(text.len()));
        }
        let mut signs = Zeroizing::new(String::with_capacity(text.len()));
        signs.extend(text.chars().filter(|c| !c.is_whitespace()));
        if !signs.bytes().all(is_sign) {
            return Err(MrzError::Sign);
        }
        match signs.len() {
            90 => td1(&signs),
            72 => td2(&signs),
            88 => td3(&signs),
            n => Err(MrzError::Length(n)),
        }
    }

    /// The date of birth: the latest such day that is not after `today`. `None` where the day
    /// or the month is unknown.
    #[must_use]
    pub fn birth_date(&self, today: CivilDate) -> Option<CivilDate> {
        let year = two_digits(self.birth.reveal().get(..2)?)?;
        let century = today.year() / 100 * 100;
        [century + year, (century + year).checked_sub(100)?]
            .into_iter()
            .filter_map(|year| with_year(self.birth.reveal(), year))
            .find(|date| *date <= today)
    }

    /// The last day of validity. Chips are newer than the century, so its years are 2000 to
    /// 2099.
    #[must_use]
    pub fn expiry_date(&self) -> Option<CivilDate> {
        let year = two_digits(self.expiry.reveal().get(..2)?)?;
        with_year(self.expiry.reveal(), 2000 + year)
    }
}

fn with_year(yymmdd: &str, year: u16) -> Option<CivilDate> {
    let part = |range| two_digits(yymmdd.get(range)?).and_then(|n| u8::try_from(n).ok());
    CivilDate::new(year, part(2..4)?, part(4..6)?)
}

fn two_digits(text: &str) -> Option<u16> {
    (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn is_sign(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'<'
}

/// The check digit of a field (ICAO 9303-3, 4.9): weights 7, 3, 1, modulo 10. `None` for signs
/// that no machine-readable zone has.
#[must_use]
pub fn check_digit(field: &str) -> Option<char> {
    let mut sum = 0_u32;
    for (byte, weight) in field.bytes().zip([7, 3, 1].into_iter().cycle()) {
        let value = match byte {
            b'<' => 0,
            b'0'..=b'9' => u32::from(byte - b'0'),
            b'A'..=b'Z' => u32::from(byte - b'A') + 10,
            _ => return None,
        };
        sum += value * weight;
    }
    char::from_digit(sum % 10, 10)
}

fn td1(s: &str) -> Result<Mrz, MrzError> {
    let (number, optional) = long_number(&s[5..14], &s[14..15], &s[15..30])?;
    let second = optional + filled_off(&s[48..59]);
    let composite = Zeroizing::new([&s[5..30], &s[30..37], &s[38..45], &s[48..59]].concat());
    must_match(&composite, &s[59..60], MrzField::Composite)?;
    Parts {
        format: MrzFormat::Td1,
        code: &s[..2],
        issuer: &s[2..5],
        number,
        birth: &s[30..37],
        sex: &s[37..38],
        expiry: &s[38..45],
        nationality: &s[45..48],
        optional: second,
        name: &s[60..90],
    }
    .check()
}

fn td2(s: &str) -> Result<Mrz, MrzError> {
    let line = &s[36..];
    let (number, optional) = long_number(&line[..9], &line[9..10], &line[28..35])?;
    let composite = Zeroizing::new([&line[..10], &line[13..20], &line[21..35]].concat());
    must_match(&composite, &line[35..36], MrzField::Composite)?;
    Parts {
        format: MrzFormat::Td2,
        code: &s[..2],
        issuer: &s[2..5],
        number,
        birth: &line[13..20],
        sex: &line[20..21],
        expiry: &line[21..28],
        nationality: &line[10..13],
        optional,
        name: &s[5..36],
    }
    .check()
}

fn td3(s: &str) -> Result<Mrz, MrzError> {
    let line = &s[44..];
    must_match(&line[..9], &line[9..10], MrzField::Number)?;
    // An empty personal number may have '<' as its check digit (ICAO 9303-4, 4.2.2.2).
    let empty = line[28..42].bytes().all(|b| b == b'<');
    if !(empty && &line[42..43] == "<") {
        must_match(&line[28..42], &line[42..43], MrzField::Optional)?;
    }
    let composite = Zeroizing::new([&line[..10], &line[13..20], &line[21..43]].concat());
    must_match(&composite, &line[43..44], MrzField::Composite)?;
    Parts {
        format: MrzFormat::Td3,
        code: &s[..2],
        issuer: &s[2..5],
        number: filled_off(&line[..9]).to_owned(),
        birth: &line[13..20],
        sex: &line[20..21],
        expiry: &line[21..28],
        nationality: &line[10..13],
        optional: filled_off(&line[28..42]).to_owned(),
        name: &s[5..44],
    }
    .check()
}

/// A number of more than nine signs goes on in the optional data, where its check digit and a
/// filler follow; then the place of the check digit holds `<` (ICAO 9303-5, 4.2.4).
fn long_number(field: &str, check: &str, optional: &str) -> Result<(String, String), MrzError> {
    if check != "<" {
        must_match(field, check, MrzField::Number)?;
        return Ok((
            filled_off(field).to_owned(),
            filled_off(optional).to_owned(),
        ));
    }
    let (rest, others) = optional.split_once('<').unwrap_or((optional, ""));
    let malformed = MrzError::Malformed(MrzField::Number);
    let digit_at = rest.len().checked_sub(1).ok_or(malformed)?;
    let (rest, check) = rest.split_at(digit_at);
    let number = format!("{field}{rest}");
    must_match(&number, check, MrzField::Number)?;
    Ok((number, filled_off(others).to_owned()))
}

fn must_match(field: &str, check: &str, name: MrzField) -> Result<(), MrzError> {
    let expected = check_digit(field).ok_or(MrzError::Sign)?;
    if check.starts_with(expected) {
        Ok(())
    } else {
        Err(MrzError::CheckDigit(name))
    }
}

fn filled_off(field: &str) -> &str {
    field.trim_end_matches('<')
}

/// The fields as they stand, before they are looked at.
struct Parts<'a> {
    format: MrzFormat,
    code: &'a str,
    issuer: &'a str,
    number: String,
    /// With its check digit.
    birth: &'a str,
    sex: &'a str,
    /// With its check digit.
    expiry: &'a str,
    nationality: &'a str,
    optional: String,
    name: &'a str,
}

impl Parts<'_> {
    fn check(self) -> Result<Mrz, MrzError> {
        let number = Personal::new(self.number);
        let optional = Personal::new(self.optional);
        let (birth, digit) = self.birth.split_at(6);
        must_match(birth, digit, MrzField::Birth)?;
        let (expiry, digit) = self.expiry.split_at(6);
        must_match(expiry, digit, MrzField::Expiry)?;
        if number.reveal().is_empty() {
            return Err(MrzError::Malformed(MrzField::Number));
        }
        let (surname, given_names) = self.name.split_once("<<").unwrap_or((self.name, ""));
        if filled_off(surname).is_empty() {
            return Err(MrzError::Malformed(MrzField::Name));
        }
        Ok(Mrz {
            format: self.format,
            document_code: filled_off(self.code).to_owned(),
            issuer: letters(self.issuer, MrzField::Issuer)?,
            surname: words(surname),
            given_names: words(given_names),
            document_number: number,
            nationality: Personal::new(letters(self.nationality, MrzField::Nationality)?),
            birth: Personal::new(birth.to_owned()),
            sex: Personal::new(match self.sex {
                "M" => Sex::Male,
                "F" => Sex::Female,
                _ => Sex::NotStated,
            }),
            expiry: Personal::new(expiry.to_owned()),
            optional,
        })
    }
}

fn letters(field: &str, name: MrzField) -> Result<String, MrzError> {
    let code = filled_off(field);
    let good = !code.is_empty() && code.bytes().all(|b| b.is_ascii_uppercase());
    good.then(|| code.to_owned())
        .ok_or(MrzError::Malformed(name))
}

fn words(field: &str) -> Personal<String> {
    Personal::new(filled_off(field).trim_start_matches('<').replace('<', " "))
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use super::*;

    /// ICAO 9303-4, appendix B (passport).
    const TD3: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
                       L898902C36UTO7408122F1204159ZE184226B<<<<<10";
    /// ICAO 9303-5, appendix B (card).
    const TD1: &str = "I<UTOD231458907<<<<<<<<<<<<<<<\n\
                       7408122F1204159UTO<<<<<<<<<<<6\n\
                       ERIKSSON<<ANNA<MARIA<<<<<<<<<<";
    /// ICAO 9303-6, appendix B (small sheet).
    const TD2: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\n\
                       D231458907UTO7408122F1204159<<<<<<<6";

    fn today() -> CivilDate {
        CivilDate::new(2026, 11, 21).unwrap()
    }

    #[test]
    fn the_three_specimens_of_the_standard_are_read() {
        for (text, format, number) in [
            (TD1, MrzFormat::Td1, "D23145890"),
            (TD2, MrzFormat::Td2, "D23145890"),
            (TD3, MrzFormat::Td3, "L898902C3"),
        ] {
            let mrz = Mrz::parse(text).unwrap();
            assert_eq!(mrz.format, format);
            assert_eq!(mrz.document_number.reveal(), number);
            assert_eq!(mrz.surname.reveal(), "ERIKSSON");
            assert_eq!(mrz.given_names.reveal(), "ANNA MARIA");
            assert_eq!(
                (mrz.issuer.as_str(), mrz.nationality.reveal().as_str()),
                ("UTO", "UTO")
            );
            assert_eq!(mrz.birth_date(today()), CivilDate::new(1974, 8, 12));
            assert_eq!(mrz.expiry_date(), CivilDate::new(2012, 4, 15));
            assert_eq!(*mrz.sex.reveal(), Sex::Female);
        }
    }

    /// The TD1 and TD2 documents of ICAO 9303-11, D.2.
    #[test]
    fn a_number_that_overflows_into_the_optional_data_is_read_whole() {
        let td1 = "I<UTOD23145890<7349<<<<<<<<<<<\
                   3407127M9507122UTO<<<<<<<<<<<2\
                   STEVENSON<<PETER<JOHN<<<<<<<<<";
        assert_eq!(
            Mrz::parse(td1).unwrap().document_number.reveal(),
            "D23145890734"
        );
        let td2 = "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<\
                   D23145890<UTO3407127M95071227349<<<8";
        assert_eq!(
            Mrz::parse(td2).unwrap().document_number.reveal(),
            "D23145890734"
        );
    }

    /// What has a check digit, as positions in the whole zone (ICAO 9303-4, -5 and -6, 4.2.2 or 4.3):
    /// number, dates and optional data with theirs, and the digit over all of them. Document code,
    /// states, sex and names have none.
    #[test]
    fn one_wrong_sign_is_noticed_wherever_a_check_digit_watches() {
        const CHECKED: [(&str, &[RangeInclusive<usize>]); 3] = [
            (TD1, &[5..=29, 30..=36, 38..=44, 48..=59]),
            (TD2, &[36..=45, 49..=55, 57..=71]),
            (TD3, &[44..=53, 57..=63, 65..=87]),
        ];
        for (text, checked) in CHECKED {
            let signs: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            for at in checked.iter().cloned().flatten() {
                let mut changed = signs.clone().into_bytes();
                changed[at] = with_another_value(changed[at]);
                let changed = String::from_utf8(changed).unwrap();
                let refused = Mrz::parse(&changed);
                assert!(
                    matches!(refused, Err(MrzError::CheckDigit(_))),
                    "{at} of {}: {refused:?}",
                    signs.len()
                );
            }
        }
    }

    /// A sign of the same kind that counts one more or less (`9` and `0`: nine), which no weight of 7,
    /// 3 and 1 hides.
    fn with_another_value(sign: u8) -> u8 {
        match sign {
            b'<' => b'1',
            b'9' => b'0',
            b'Z' => b'Y',
            other => other + 1,
        }
    }

    #[test]
    fn other_texts_are_refused() {
        assert_eq!(Mrz::parse(""), Err(MrzError::Length(0)));
        assert_eq!(
            Mrz::parse(&"<".repeat(88)).err(),
            Some(MrzError::CheckDigit(MrzField::Number))
        );
        assert_eq!(Mrz::parse(&TD3.to_lowercase()), Err(MrzError::Sign));
        assert_eq!(Mrz::parse(&"护".repeat(30)), Err(MrzError::Sign));
        assert_eq!(Mrz::parse(&"9".repeat(101)), Err(MrzError::Length(101)));
        assert_eq!(check_digit("é"), None);
    }

    #[test]
    fn a_birth_in_this_century_or_the_last_is_told_by_today() {
        let born = |yymmdd: &str| {
            let mut mrz = Mrz::parse(TD3).unwrap();
            mrz.birth = Personal::new(yymmdd.to_owned());
            mrz.birth_date(today())
        };
        assert_eq!(born("261121"), CivilDate::new(2026, 11, 21));
        assert_eq!(born("261122"), CivilDate::new(1926, 11, 22));
        assert_eq!(born("74<<<<"), None);
    }
}
