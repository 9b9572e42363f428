//! The name of a status list (Token Status List, `uri` and `sub`): by default one that follows
//! from site and kiosk, so that an office without a network knows which file it needs; or the
//! address at which the operator publishes it.

use std::fmt;

use crate::name::Name;

/// How the names begin that follow from site and kiosk.
const URN: &str = "urn:kiosk:status:";

/// So that a token stays small.
const MAX_CHARS: usize = 256;

/// The URI (RFC 3986) of a status list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusUri(String);

impl StatusUri {
    /// The name for a kiosk's list. No identifier holds a slash, so there is one for each kiosk.
    #[must_use]
    pub fn of(site: &Name, kiosk: &Name) -> Self {
        Self(format!("{URN}{site}/{kiosk}"))
    }

    /// Takes such a name, or an `https` address.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, NotAStatusUri> {
        let plain = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b);
        let known = ["https://", URN]
            .iter()
            .any(|start| text.len() > start.len() && text.starts_with(start));
        if known && text.len() <= MAX_CHARS && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAStatusUri)
        }
    }

    /// The URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StatusUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not the name or address of a status list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not the address of a status list; use an https URL of at most {MAX_CHARS} characters, \
     or {URN}SITE/KIOSK"
)]
pub struct NotAStatusUri;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_taken_and_nothing_else() {
        let name = |text| Name::new(text).unwrap();
        let uri = StatusUri::of(&name("hall-2"), &name("kiosk-07"));
        assert_eq!(uri.as_str(), "urn:kiosk:status:hall-2/kiosk-07");
        assert_eq!(StatusUri::parse(uri.as_str()), Ok(uri));
        assert!(StatusUri::parse("https://status.example.org/kiosk-07").is_ok());
        for wrong in [
            "",
            "https://",
            "http://a",
            "file:///a",
            "https://a b",
            "https://a#b",
            "urn:kiosk:status:",
        ] {
            assert_eq!(StatusUri::parse(wrong), Err(NotAStatusUri), "{wrong}");
        }
        assert!(StatusUri::parse(&format!("https://{}", "a".repeat(256))).is_err());
    }
}
