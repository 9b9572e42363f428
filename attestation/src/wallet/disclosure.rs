//! Card fields that the resident agreed to share, each behind a salt of its own (RFC 9901 §4.2):
//! what is signed and logged is the digest; the field itself stands only in the disclosure, which
//! the resident takes away and shows or withholds. Salt and value are wiped from memory on drop.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{base64url, json};
#[cfg(feature = "log")]
use crate::claims::MAX_DISCLOSABLE;

/// The randomness before each field: 128 bits (RFC 9901 §9.3).
#[cfg(feature = "log")]
const SALT_BYTES: usize = 16;

/// The longest field of a card is an address of 35 characters, each of at most 3 bytes in UTF-8; a
/// passport's name takes 39 bytes. Twice that is enough for every document to come.
const MAX_VALUE_BYTES: usize = 256;

/// A field of an identity document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CardField {
    /// The name of the holder.
    Name,
    /// The number of the document (of the person, on a resident's card).
    DocumentNumber,
    /// The day of birth, `YYYY-MM-DD`.
    BirthDate,
    /// The sex, as the document writes it.
    Sex,
    /// The ethnicity, as the document writes it.
    Ethnicity,
    /// The address, as the document writes it.
    Address,
    /// The last day on which the document is in force, `YYYY-MM-DD`, or what it writes instead.
    ValidUntil,
}

impl CardField {
    /// Every field.
    pub const ALL: &[Self] = &[
        Self::Name,
        Self::DocumentNumber,
        Self::BirthDate,
        Self::Sex,
        Self::Ethnicity,
        Self::Address,
        Self::ValidUntil,
    ];

    /// The stable name: that of the claim in a wallet.
    #[must_use]
    pub const fn as_code(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::DocumentNumber => "document_number",
            Self::BirthDate => "birth_date",
            Self::Sex => "sex",
            Self::Ethnicity => "ethnicity",
            Self::Address => "address",
            Self::ValidUntil => "valid_until",
        }
    }

    /// The field with this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.as_code() == code)
    }
}

/// Whether a value of a field can be shared at all: it says something, in no more than 256 bytes and
/// without control characters.
#[must_use]
pub fn is_shareable(value: &str) -> bool {
    (1..=MAX_VALUE_BYTES).contains(&value.len()) && !value.chars().any(char::is_control)
}

/// One field behind its salt, as the base64url text that travels and is hashed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Disclosure {
    #[zeroize(skip)]
    field: CardField,
    value: String,
    text: String,
}

impl Disclosure {
    #[cfg(feature = "log")]
    fn new(field: CardField, value: &str, salt: &[u8]) -> Result<Self, DisclosureError> {
        if !is_shareable(value) {
            return Err(DisclosureError::Value { field });
        }
        let salt = Zeroizing::new(base64url::encode(salt));
        let json = to_json(&salt, field.as_code(), value);
        Ok(Self {
            field,
            value: value.to_owned(),
            text: base64url::encode(json.as_bytes()),
        })
    }

    /// Reads the text of a disclosure of a card field.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let json = Zeroizing::new(base64url::decode(text)?);
        let [_salt, name, value] = <[_; 3]>::try_from(array(&json)?).ok()?;
        let value = Zeroizing::new(value);
        if !is_shareable(&value) {
            return None;
        }
        Some(Self {
            field: CardField::from_code(&name)?,
            value: value.to_string(),
            text: text.to_owned(),
        })
    }

    /// The field.
    #[must_use]
    pub const fn field(&self) -> CardField {
        self.field
    }

    /// What the document says there.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The text that travels (base64url of `[salt, name, value]`).
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// SHA-256 over the text: what the kiosk signs.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }
}

impl fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Disclosure({}, …)", self.field.as_code())
    }
}

/// An array of texts.
fn array(json: &[u8]) -> Option<Vec<String>> {
    let serde_json::Value::Array(items) = json::value(json)? else {
        return None;
    };
    let text = |item| match item {
        serde_json::Value::String(text) => Some(text),
        _ => None,
    };
    items.into_iter().map(text).collect()
}

/// `["salt", "name", "value"]` (RFC 8259). Room for everything is made beforehand, with every
/// character of the value escaped: a text that grows would leave copies behind.
#[cfg(feature = "log")]
fn to_json(salt: &str, name: &str, value: &str) -> Zeroizing<String> {
    let room = salt.len() + name.len() + 2 * value.len() + r#"["", "", ""]"#.len();
    let mut json = Zeroizing::new(String::with_capacity(room));
    for part in [r#"[""#, salt, r#"", ""#, name, r#"", ""#] {
        json.push_str(part);
    }
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            json.push('\\');
        }
        json.push(character);
    }
    json.push_str(r#""]"#);
    json
}

/// All that a resident agreed to share in one verification; each field at most once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Disclosures(Vec<Disclosure>);

impl Disclosures {
    /// Nothing is shared.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Puts each field behind a new salt.
    ///
    /// # Errors
    /// When a field stands twice, is empty, too long or holds control characters, or the system
    /// has no randomness to give.
    #[cfg(feature = "log")]
    pub fn new(
        fields: impl IntoIterator<Item = (CardField, Zeroizing<String>)>,
    ) -> Result<Self, DisclosureError> {
        let mut disclosures = Self::none();
        for (field, value) in fields {
            let mut salt = Zeroizing::new([0; SALT_BYTES]);
            getrandom::fill(&mut *salt).map_err(|_| DisclosureError::NoRandomness)?;
            disclosures.add(Disclosure::new(field, &value, &*salt)?)?;
        }
        Ok(disclosures)
    }

    #[cfg(feature = "log")]
    fn add(&mut self, disclosure: Disclosure) -> Result<(), DisclosureError> {
        let field = disclosure.field;
        if self.0.iter().any(|other| other.field == field) {
            return Err(DisclosureError::Repeated { field });
        }
        if self.0.len() == MAX_DISCLOSABLE {
            return Err(DisclosureError::TooMany);
        }
        self.0.push(disclosure);
        Ok(())
    }

    /// What goes into the claims: the digests in ascending order, which tells nothing about the
    /// fields.
    #[must_use]
    pub fn digests(&self) -> Vec<[u8; 32]> {
        let mut digests: Vec<_> = self.0.iter().map(Disclosure::digest).collect();
        digests.sort_unstable();
        digests
    }

    /// Each field that is shared.
    pub fn iter(&self) -> impl Iterator<Item = &Disclosure> {
        self.0.iter()
    }

    /// Whether nothing is shared.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Disclosures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

/// Why fields cannot be made disclosable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    /// A value that no document holds.
    #[error(
        "cannot share the field {}: it is empty, longer than {MAX_VALUE_BYTES} bytes, or holds \
         control characters; leave it out", field.as_code()
    )]
    Value {
        /// The field.
        field: CardField,
    },
    /// The same field again.
    #[error("cannot share the field {} twice; give each field once", field.as_code())]
    Repeated {
        /// The field.
        field: CardField,
    },
    /// More fields than an attestation holds.
    #[error("cannot share so many fields in one attestation; leave some out")]
    TooMany,
    /// No randomness.
    #[error("cannot share card fields: the system gives no randomness for their salts")]
    NoRandomness,
}

#[cfg(all(test, feature = "log"))]
mod tests {
    use super::*;

    fn text(value: &str) -> Zeroizing<String> {
        Zeroizing::new(value.to_owned())
    }

    /// RFC 9901 §4.2.1: the disclosure of the family name, byte for byte.
    #[test]
    fn a_disclosure_is_written_and_hashed_as_in_rfc_9901() {
        let salt = base64url::decode("_26bc4LT-ac6q2KI6cBW5es").unwrap();
        let written = Disclosure::new(CardField::Name, "Möbius", &salt).unwrap();
        let json = base64url::decode(written.as_text()).unwrap();
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r#"["_26bc4LT-ac6q2KI6cBW5es", "name", "Möbius"]"#
        );
        // RFC 9901 §4.2.3.
        let digest = Sha256::digest(
            b"WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
        );
        assert_eq!(
            base64url::encode(&digest),
            "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
        );
    }

    #[test]
    fn a_disclosure_survives_its_text_whatever_the_value() {
        for value in ["张三", r#"a"b\c"#, "A<B", "O'Neil", "𠮷"] {
            let made = Disclosures::new([(CardField::Address, text(value))]).unwrap();
            let made = made.iter().next().unwrap();
            let read = Disclosure::decode(made.as_text()).unwrap();
            assert_eq!(read, *made);
            assert_eq!((read.field(), read.value()), (CardField::Address, value));
        }
    }

    #[test]
    fn every_disclosure_has_a_salt_of_its_own() {
        let make = || Disclosures::new([(CardField::Sex, text("女"))]).unwrap();
        assert_ne!(make().digests(), make().digests());
    }

    #[test]
    fn the_digests_are_in_ascending_order_and_say_nothing_about_the_fields() {
        let all = CardField::ALL.iter().map(|field| (*field, text("geheim")));
        let made = Disclosures::new(all).unwrap();
        assert_eq!(made.iter().count(), CardField::ALL.len());
        assert!(made.digests().is_sorted());
        assert!(!format!("{made:?}").contains("geheim"));
    }

    #[test]
    fn values_that_no_document_holds_are_refused() {
        let make = |value: &str| Disclosures::new([(CardField::Name, text(value))]);
        for wrong in ["", "a\nb", "\u{1b}[2J", &"x".repeat(MAX_VALUE_BYTES + 1)] {
            let field = CardField::Name;
            assert_eq!(make(wrong), Err(DisclosureError::Value { field }));
        }
        let twice = [(CardField::Name, text("a")), (CardField::Name, text("b"))];
        let field = CardField::Name;
        assert_eq!(
            Disclosures::new(twice),
            Err(DisclosureError::Repeated { field })
        );
    }

    #[test]
    fn what_is_no_disclosure_of_a_card_field_is_not_read_as_one() {
        for json in [
            r#"["salt", "name"]"#,
            r#"["salt", "name", "a", "b"]"#,
            r#"["salt", "iss", "a"]"#,
            r#"["salt", "name", 5]"#,
            r#"[5, "name", "a"]"#,
            r#"["salt", "name", ""]"#,
            r#"["salt", "name", "a\u0007"]"#,
            r#"{"name": "a"}"#,
            "",
        ] {
            let text = base64url::encode(json.as_bytes());
            assert_eq!(Disclosure::decode(&text), None, "{json}");
        }
    }
}
