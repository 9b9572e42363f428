//! A simulated document scanner: a pseudo-terminal on which the lines of a machine-readable zone come
//! when a page is laid on it, as a scanner in serial mode sends them.

use std::io;
use std::path::{Path, PathBuf};

use super::card::wire::Wire;
use super::plug::Place;

/// A scanner. Dropping it is pulling its plug.
pub struct ScannerSimulator {
    place: Place,
    wire: Wire,
}

impl ScannerSimulator {
    /// Plugs the scanner in, under a name that is known beforehand if there is one.
    ///
    /// # Errors
    /// If there is no pseudo-terminal to be had, or the link cannot be made.
    pub fn start(link: Option<PathBuf>) -> io::Result<Self> {
        let (wire, path) = Wire::terminal()?;
        Ok(Self {
            place: Place::new(path, link)?,
            wire,
        })
    }

    /// The device node that a driver opens.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// A page with these lines is laid on it.
    ///
    /// # Errors
    /// If the pseudo-terminal fails.
    pub fn scan(&self, lines: &[String]) -> io::Result<()> {
        let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        self.wire.write(text.as_bytes())
    }

    /// The same page lies crooked: one digit is taken for another.
    ///
    /// # Errors
    /// If the pseudo-terminal fails.
    pub fn misread(&self, lines: &[String]) -> io::Result<()> {
        let mut wrong = lines.to_vec();
        // The lines of TD3 and TD2 that matter come last, those of TD1 come before the name.
        let at = if wrong.len() == 3 { 1 } else { wrong.len() - 1 };
        if let Some(digit) = wrong[at].rfind(|sign: char| sign.is_ascii_digit()) {
            let other = if wrong[at][digit..].starts_with('0') {
                "1"
            } else {
                "0"
            };
            wrong[at].replace_range(digit..=digit, other);
        }
        self.scan(&wrong)
    }
}
