//! Identifiers of kiosks, sites, services, officers and versions. They become parts of a signed
//! note's key name and are printed to terminals, so they are plain: no spaces, no control
//! characters, nothing that could be mistaken for a separator. (C2SP signed-note: a key name
//! has no Unicode spaces and no plus sign.)

use std::fmt;
use std::str::FromStr;

/// The longest identifier, so that a receipt always fits a QR code.
const MAX_CHARS: usize = 48;

/// 1 to 48 characters of `A-Z a-z 0-9 . _ : -`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// Checks and takes an identifier.
    ///
    /// # Errors
    /// When it is empty, too long, or holds another character.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
        match text.chars().find(|&c| !plain(c)) {
            _ if text.is_empty() => Err(NameError::Empty),
            _ if text.len() > MAX_CHARS => Err(NameError::TooLong),
            Some(character) => Err(NameError::Character { character }),
            None => Ok(Self(text)),
        }
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

/// Why a text is not an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is there.
    #[error("an identifier is empty; give 1 to {MAX_CHARS} characters")]
    Empty,
    /// Too many characters.
    #[error("an identifier is longer than {MAX_CHARS} characters; shorten it")]
    TooLong,
    /// A character that may not be used.
    #[error("an identifier holds {character:?}; only A-Z a-z 0-9 . _ : - may be used")]
    Character {
        /// The first such character.
        character: char,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_identifiers_are_taken_as_they_are() {
        for text in ["kiosk-07", "CN.5301:hall_2", "0.1.0", "a"] {
            assert_eq!(Name::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn separators_spaces_escapes_and_foreign_letters_are_refused() {
        for text in ["a/b", "a b", "a+b", "a\n", "\u{1b}[2J", "大厅", "a\u{a0}"] {
            assert!(
                matches!(Name::new(text), Err(NameError::Character { .. })),
                "{text:?}"
            );
        }
        assert_eq!(Name::new(""), Err(NameError::Empty));
        assert_eq!(Name::new("x".repeat(49)), Err(NameError::TooLong));
    }
}
