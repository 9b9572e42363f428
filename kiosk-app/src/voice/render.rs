//! `kiosk voices`: makes the sound files of every prompt in every language from the screens' own
//! words, with espeak-ng (Debian package of that name), so that what is said is what is shown. A
//! recorded voice may take the place of any file: one channel of 16 bits, WAV.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use kiosk_ui::Language;

use super::prompts::ALL;

/// The voices: tag in file names, the espeak-ng voice, and the table of words. `cmn` is Mandarin.
const VOICES: [(&str, &str, &str); 2] = [
    ("zh", "cmn", include_str!("../../ui/words/zh.toml")),
    ("en", "en-gb", include_str!("../../ui/words/en.toml")),
];
/// Words a minute; the usual 175 is too fast in a hall.
const WORDS_A_MINUTE: &str = "150";

/// Voices cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// espeak-ng is not there.
    #[error("espeak-ng cannot be started: install it (apt-get install espeak-ng)")]
    NotThere(#[source] io::Error),
    /// It failed.
    #[error("espeak-ng could not make {file}: it ended with {status}")]
    Failed {
        /// The file.
        file: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// The folder.
    #[error("failed to write to the folder {folder}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// A defect, which a test keeps out.
    #[error("there are no words for {0}")]
    NoWords(&'static str),
}

/// Makes all sound files in `folder`; returns how many there are.
///
/// # Errors
/// [`RenderError`] if one cannot be made.
pub fn render(folder: &Path) -> Result<usize, RenderError> {
    let mut count = 0;
    for (language, voice, table) in VOICES {
        let folder_of_language = folder.join(language);
        fs::create_dir_all(&folder_of_language).map_err(|source| RenderError::Folder {
            folder: folder_of_language,
            source,
        })?;
        let table = words(table);
        for key in ALL {
            let text = table.get(*key).ok_or(RenderError::NoWords(key))?;
            speak(voice, text, &file(folder, language, key))?;
            count += 1;
        }
    }
    Ok(count)
}

fn speak(voice: &str, text: &str, file: &Path) -> Result<(), RenderError> {
    let status = Command::new("espeak-ng")
        .args(["-v", voice, "-s", WORDS_A_MINUTE, "-w"])
        .arg(file)
        .args(["--", text])
        .status()
        .map_err(RenderError::NotThere)?;
    if status.success() {
        return Ok(());
    }
    Err(RenderError::Failed {
        file: file.into(),
        status,
    })
}

/// Everything that can be said: language and key.
pub(super) fn everything() -> impl Iterator<Item = (&'static str, &'static str)> {
    let languages = VOICES.into_iter().map(|(language, ..)| language);
    languages.flat_map(|language| ALL.iter().map(move |key| (language, *key)))
}

/// The file of one prompt.
pub(super) fn file(folder: &Path, language: &str, key: &str) -> PathBuf {
    folder.join(language).join(format!("{key}.wav"))
}

/// The tag of a language in file names.
pub(super) fn tag(language: Language) -> &'static str {
    match language {
        Language::Chinese => "zh",
        Language::English => "en",
    }
}

fn words(table: &str) -> BTreeMap<String, String> {
    let sections: BTreeMap<String, BTreeMap<String, String>> =
        toml::from_str(table).unwrap_or_default();
    let words = sections.into_iter().flat_map(|(section, words)| {
        let words = words.into_iter();
        words.map(move |(key, word)| (format!("{section}.{key}"), word))
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_words_for_everything_that_is_said_in_every_language() {
        for (language, _, table) in VOICES {
            let table = words(table);
            for key in ALL {
                assert!(table.contains_key(*key), "{language}: {key}");
                assert!(!table[*key].contains("{}"), "{key} has a place for a value");
            }
        }
    }
}
