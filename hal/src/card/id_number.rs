//! Numbers of identity cards. An [`IdNumber`] exists only if its check digit is right (18-digit
//! numbers, GB 11643-1999: ISO 7064 MOD 11-2) or its shape is (15-character numbers of the
//! foreigners' cards of 2017).

use zeroize::Zeroize;

use super::{CardFault, Field};

/// A checked number.
#[derive(Clone, PartialEq, Eq, Zeroize)]
pub struct IdNumber(String);

impl IdNumber {
    /// Checks an 18-digit number.
    ///
    /// # Errors
    /// [`CardFault::BadField`] for a wrong shape, [`CardFault::BadCheckDigit`] for a wrong check
    /// digit.
    pub fn resident(text: &str) -> Result<Self, CardFault> {
        let malformed = CardFault::BadField(Field::Number);
        let (digits, check) = text.as_bytes().split_at_checked(17).ok_or(malformed)?;
        let &[check] = check else {
            return Err(malformed);
        };
        if !digits.iter().all(u8::is_ascii_digit) || !matches!(check, b'0'..=b'9' | b'X') {
            return Err(malformed);
        }
        if check_digit(digits) != check {
            return Err(CardFault::BadCheckDigit);
        }
        Ok(Self(text.to_owned()))
    }

    /// Checks the shape of a 15-character number: a country in three letters, twelve digits.
    ///
    /// # Errors
    /// [`CardFault::BadField`].
    pub fn foreigner(text: &str) -> Result<Self, CardFault> {
        let well_formed = text.len() == 15
            && text.bytes().take(3).all(|b| b.is_ascii_uppercase())
            && text.bytes().skip(3).all(|b| b.is_ascii_digit());
        if !well_formed {
            return Err(CardFault::BadField(Field::Number));
        }
        Ok(Self(text.to_owned()))
    }

    /// The number as it is printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[personal]")
    }
}

/// The check digit after 17 digits, ISO 7064 MOD 11-2; ten is written `X`.
#[must_use]
pub(crate) fn check_digit(digits: &[u8]) -> u8 {
    let sum = digits
        .iter()
        .fold(0u32, |sum, digit| (sum + u32::from(digit - b'0')) * 2 % 11);
    match (12 - sum) % 11 {
        10 => b'X',
        // Below ten here, so the conversion is exact.
        value => b'0' + value as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_examples_of_the_standard_hold() {
        // GB 11643-1999, annex; the second one ends in ten.
        for number in ["11010519491231002X", "440524188001010014"] {
            assert!(IdNumber::resident(number).is_ok(), "{number}");
        }
    }

    #[test]
    fn each_wrong_digit_is_found() {
        let good = "11010519491231002X";
        for at in 0..17 {
            for digit in '0'..='9' {
                let mut number: Vec<char> = good.chars().collect();
                if number[at] == digit {
                    continue;
                }
                number[at] = digit;
                let number: String = number.into_iter().collect();
                assert_eq!(
                    IdNumber::resident(&number),
                    Err(CardFault::BadCheckDigit),
                    "{number}"
                );
            }
        }
    }

    #[test]
    fn other_shapes_are_malformed_and_never_panic() {
        for text in [
            "",
            "1",
            "11010519491231002",
            "11010519491231002x",
            "1101051949123100２X",
        ] {
            assert_eq!(
                IdNumber::resident(text),
                Err(CardFault::BadField(Field::Number))
            );
        }
        assert!(IdNumber::foreigner("FRA110100010101").is_ok());
        assert!(IdNumber::foreigner("fra110100010101").is_err());
    }

    #[test]
    fn a_number_is_not_shown() {
        let number = IdNumber::resident("11010519491231002X").unwrap();
        assert_eq!(format!("{number:?}"), "[personal]");
    }
}
