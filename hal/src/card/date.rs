//! Dates as cards write them: `YYYYMMDD` in the Gregorian calendar, and "long term" where a
//! validity has no end.

use zeroize::Zeroize;

/// A day that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize)]
pub struct CivilDate {
    year: u16,
    month: u8,
    day: u8,
}

impl CivilDate {
    /// A day, if it exists.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let exists = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day);
        exists.then_some(Self { year, month, day })
    }

    /// Reads `YYYYMMDD`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Self::new(
            text[..4].parse().ok()?,
            text[4..6].parse().ok()?,
            text[6..].parse().ok()?,
        )
    }

    /// The year.
    #[must_use]
    pub fn year(&self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(&self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub fn day(&self) -> u8 {
        self.day
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Until when a card is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Up to and including this day.
    Until(CivilDate),
    /// Without end (长期, for holders over 46).
    LongTerm,
}

impl Validity {
    /// Whether a card with this last day is still valid on `today`.
    #[must_use]
    pub fn covers(&self, today: CivilDate) -> bool {
        match self {
            Self::Until(last) => today <= *last,
            Self::LongTerm => true,
        }
    }
}

impl Zeroize for Validity {
    fn zeroize(&mut self) {
        if let Self::Until(date) = self {
            date.zeroize();
        }
        *self = Self::LongTerm;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_dates() {
        for good in ["20240229", "20000229", "19491001", "20261231"] {
            assert!(CivilDate::parse(good).is_some(), "{good}");
        }
        for bad in [
            "20230229",
            "19000229",
            "20240431",
            "20241301",
            "20240100",
            "2024022",
            "202402290",
            "2024 229",
            "２０２４",
            "00000101",
        ] {
            assert!(CivilDate::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_card_is_valid_on_its_last_day_and_not_on_the_next() {
        let day = |d| CivilDate::parse(d).unwrap();
        let validity = Validity::Until(day("20261130"));
        assert!(validity.covers(day("20261130")));
        assert!(!validity.covers(day("20261201")));
        assert!(Validity::LongTerm.covers(day("99991231")));
    }
}
