//! A number that only grows, to tell an older copy of a database from the newest one.

use std::path::PathBuf;

use super::guarded::{self, Form};
use super::{KeyError, Kind};

/// A decimal number of at most 64 bits and a line feed.
const FORM: Form = Form {
    len: 2..=21,
    wanted: "a number",
};

/// A number that only grows.
pub struct Counter(Inner);

enum Inner {
    /// In a file: whoever can put back an old database can put back this file too, so it only
    /// detects that the database alone was put back.
    File(PathBuf),
    #[cfg(feature = "tpm")]
    Tpm(super::tpm::NvCounter),
}

impl Counter {
    pub(super) fn in_file(path: PathBuf) -> Self {
        Self(Inner::File(path))
    }

    #[cfg(feature = "tpm")]
    pub(super) fn in_tpm(counter: super::tpm::NvCounter) -> Self {
        Self(Inner::Tpm(counter))
    }

    /// Who keeps it.
    pub fn kind(&self) -> Kind {
        match &self.0 {
            Inner::File(_) => Kind::File,
            #[cfg(feature = "tpm")]
            Inner::Tpm(_) => Kind::Tpm,
        }
    }

    /// Where it stands.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self) -> Result<u64, KeyError> {
        match &self.0 {
            Inner::File(path) => read(path),
            #[cfg(feature = "tpm")]
            Inner::Tpm(counter) => counter.read(),
        }
    }

    /// Lets it grow to a value, durably; a value that it has reached already changes nothing.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn advance_to(&mut self, value: u64) -> Result<(), KeyError> {
        match &self.0 {
            Inner::File(path) if read(path)? < value => guarded::replace(path, &text(value)),
            Inner::File(_) => Ok(()),
            #[cfg(feature = "tpm")]
            Inner::Tpm(counter) => counter.advance_to(value),
        }
    }
}

/// Makes a counter in a file, standing at 0, where there is none yet.
pub(super) fn establish(path: &std::path::Path) -> Result<(), KeyError> {
    match guarded::create(path, &text(0)) {
        Ok(()) | Err(KeyError::AlreadyThere(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn read(path: &std::path::Path) -> Result<u64, KeyError> {
    let bytes = guarded::read(path, &FORM).map_err(|error| match error {
        KeyError::NotFound(path) => KeyError::CounterGone(path),
        other => other,
    })?;
    let number = std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| text.strip_suffix('\n')?.parse().ok());
    number.ok_or_else(|| KeyError::NotAKey {
        path: path.to_owned(),
        wanted: FORM.wanted,
    })
}

fn text(value: u64) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}
