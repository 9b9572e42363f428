//! `[screen]`: the resident's screen.

use kiosk_ui::Language;
use serde::Deserialize;

/// The resident's screen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Screen {
    /// Language for the next resident.
    pub language: LanguageTag,
    /// Whether the window fills the screen.
    pub fullscreen: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            language: LanguageTag::Zh,
            fullscreen: true,
        }
    }
}

/// A language by its BCP 47 tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LanguageTag {
    /// Simplified Chinese.
    Zh,
    /// English.
    En,
}

impl From<LanguageTag> for Language {
    fn from(tag: LanguageTag) -> Self {
        match tag {
            LanguageTag::Zh => Self::Chinese,
            LanguageTag::En => Self::English,
        }
    }
}
