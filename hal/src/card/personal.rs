//! The wrapper around everything a card says about a person.

use std::fmt;

use zeroize::Zeroize;

/// A value about a person: zeroed when dropped, shown by no formatter, looked at only by
/// whoever asks for it by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Personal<T: Zeroize>(T);

impl<T: Zeroize> Personal<T> {
    /// Takes a value into care.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Shows the value. Every call is a place to review for leaks.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Personal<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_formatter_shows_the_value() {
        let name = Personal::new(String::from("张三"));
        assert_eq!(format!("{name:?} {name:#?}"), "[personal] [personal]");
    }
}
