//! The tamper record: who finds the case open destroys the keys and writes it down here; a
//! technician who has looked into it signs off. `tamper.jsonl` in the state folder holds every
//! incident and every sign-off, one JSON object a line, and its last line says how it stands.
//! What is not understood counts as an open case. A file that this user or this disk does not let be read
//! says nothing: the kiosk does not start, and nothing is destroyed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use attestation::Name;
use serde::{Deserialize, Serialize};

use super::files::refused;
use super::{ProvisionError, StateFolder};
use crate::clock::WallTime;

const FILE: &str = "tamper.jsonl";
/// Nobody opens a case so often that an honest record is larger.
const MAX_BYTES: u64 = 1 << 20;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    unix_ms: u64,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum What {
    /// The case was open.
    CaseOpened,
    /// A technician has looked into it.
    SignedOff { by: String },
}

impl StateFolder {
    /// Whether the case was opened and no technician has signed that off.
    ///
    /// # Errors
    /// [`ProvisionError::TamperRecord`] where nobody can say.
    pub fn is_tampered(&self) -> Result<bool, ProvisionError> {
        match self.read_tamper_record() {
            Ok(None) => Ok(false),
            Ok(Some(text)) => Ok(!ends_signed_off(&text)),
            // It was read, and no kiosk writes such a thing.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidData | ErrorKind::FileTooLarge
                ) =>
            {
                Ok(true)
            }
            Err(source) => Err(ProvisionError::TamperRecord {
                path: self.tamper_record(),
                source,
            }),
        }
    }

    /// The case is open: written down first, so that a power cut cannot hide it, then every key is
    /// destroyed. Each is done even if the other fails. Can be repeated.
    pub fn case_opened(&self) -> Result<(), ProvisionError> {
        let noted = match self.is_tampered() {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => self.note(What::CaseOpened),
        };
        let wiped = self.wipe();
        wiped.and(noted)
    }

    /// A technician has looked into it and closed the case. The keys are destroyed once more: a kiosk
    /// whose keys survived is not signed off.
    pub fn sign_off(&self, by: &Name) -> Result<(), ProvisionError> {
        if !self.is_tampered()? {
            return Err(ProvisionError::NotTampered);
        }
        self.wipe()?;
        self.note(What::SignedOff { by: by.to_string() })
    }

    fn tamper_record(&self) -> PathBuf {
        self.path.join(FILE)
    }

    fn read_tamper_record(&self) -> io::Result<Option<String>> {
        let path = self.tamper_record();
        match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
            Ok(found) if found.len() > MAX_BYTES => return Err(ErrorKind::FileTooLarge.into()),
            Ok(_) => {}
        }
        fs::read_to_string(path).map(Some)
    }

    /// Appends a line durably. It begins with a line break, so that a line that an earlier power cut
    /// left incomplete spoils no other.
    fn note(&self, what: What) -> Result<(), ProvisionError> {
        let path = self.tamper_record();
        let entry = Entry {
            unix_ms: WallTime::now().unix_milliseconds(),
            what,
        };
        let append = || {
            let mut line = vec![b'\n'];
            serde_json::to_writer(&mut line, &entry)?;
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.write_all(&line)?;
            file.sync_all()?;
            File::open(&self.path)?.sync_all()
        };
        append().map_err(|source| refused("write", &path, source))
    }
}

fn ends_signed_off(text: &str) -> bool {
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    let entry = last.and_then(|line| serde_json::from_str::<Entry>(line).ok());
    matches!(
        entry,
        Some(Entry {
            what: What::SignedOff { .. },
            ..
        })
    )
}

#[cfg(test)]
mod tests {
    use hal::key::{Choice, Settings};

    use super::*;

    fn folder(path: &std::path::Path) -> StateFolder {
        StateFolder {
            path: path.into(),
            keys: Settings {
                choice: Choice::File,
                ..Settings::default()
            },
        }
    }

    #[test]
    fn an_opened_case_takes_the_keys_and_only_a_technician_opens_the_way_to_new_ones() {
        let place = tempfile::tempdir().unwrap();
        let state = folder(place.path());
        let technician = Name::new("badge-17").unwrap();
        let old = state.provision().unwrap();
        assert!(matches!(
            state.sign_off(&technician),
            Err(ProvisionError::NotTampered)
        ));

        state.case_opened().unwrap();
        assert!(state.is_tampered().unwrap() && !place.path().join("keys.sealed").exists());
        assert!(matches!(state.provision(), Err(ProvisionError::Tampered)));
        state.case_opened().unwrap();
        let lines = fs::read_to_string(place.path().join(FILE)).unwrap();
        assert_eq!(lines.trim().lines().count(), 1, "one incident, noted once");

        state.sign_off(&technician).unwrap();
        assert!(!state.is_tampered().unwrap());
        assert_ne!(
            state.provision().unwrap(),
            old,
            "a new key, not the old one"
        );

        state.case_opened().unwrap();
        assert!(state.is_tampered().unwrap(), "and so again the next time");
    }

    #[test]
    fn a_record_that_is_not_understood_counts_as_an_open_case() {
        let place = tempfile::tempdir().unwrap();
        let state = folder(place.path());
        let path = place.path().join(FILE);
        let signed = "\n{\"unix_ms\":1,\"what\":\"signed_off\",\"by\":\"badge-17\"}";
        for (text, tampered) in [
            (signed.to_owned(), false),
            (
                format!("\n{{\"unix_ms\":1,\"what\":\"case_opened\"}}{signed}"),
                false,
            ),
            (
                format!("{signed}\n{{\"unix_ms\":2,\"what\":\"case_op"),
                true,
            ),
            (
                format!("{signed}\n{{\"unix_ms\":2,\"what\":\"case_opened\"}}\n"),
                true,
            ),
            (String::new(), true),
            ("nonsense".to_owned(), true),
        ] {
            fs::write(&path, &text).unwrap();
            assert_eq!(state.is_tampered().unwrap(), tampered, "{text}");
        }
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(state.is_tampered().unwrap());
    }

    /// Somebody else's file, or a disk that fails: a folder in its place cannot be read by root either.
    #[test]
    fn a_record_that_cannot_be_read_opens_no_keys_and_destroys_none() {
        let place = tempfile::tempdir().unwrap();
        let state = folder(place.path());
        state.provision().unwrap();
        let path = place.path().join(FILE);
        fs::create_dir(&path).unwrap();
        let refused = state.provision().unwrap_err();
        assert!(matches!(refused, ProvisionError::TamperRecord { .. }));
        let words = refused.to_string();
        assert!(words.contains("nothing was destroyed"), "{words}");
        assert!(state.sign_off(&Name::new("badge-17").unwrap()).is_err());
        assert!(place.path().join("keys.sealed").exists());
        fs::remove_dir(&path).unwrap();
        state.provision().unwrap();
    }
}
