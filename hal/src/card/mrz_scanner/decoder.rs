//! What a document scanner sends for a machine-readable zone: its lines as text, each followed by
//! carriage return, line feed or both, by some scanners all in one line or without an end after the
//! last. Bytes and the time in, the key to the chip out (ICAO 9303-3 to -6). Noise, halves and
//! lines that do not belong together never come out: every check digit must be right.

use std::time::Duration;

use zeroize::{Zeroize, Zeroizing};

use crate::card::emrtd::access::{AccessKey, AccessKeyError};

/// Signs of the largest zone, TD1 (ICAO 9303-5, 4.2): nothing longer is kept.
const ZONE_MAX: usize = 90;
/// Silence after which the last line is over; a scanner sends a zone in one go, in 0.1 s at 9,600 baud.
const PAUSE: Duration = Duration::from_millis(500);
/// Length and number of lines of TD3, TD2 and TD1 (ICAO 9303-4, -6 and -5).
const FORMATS: [(usize, usize); 3] = [(44, 2), (36, 2), (30, 3)];

/// What was scanned.
#[derive(Debug, PartialEq, Eq)]
pub enum Scan {
    /// A zone that holds together.
    Key(AccessKey),
    /// As many signs as a zone has, misread.
    Unreadable(AccessKeyError),
}

/// Puts lines together.
pub struct Decoder {
    /// Whole lines that belong together so far, one behind the other.
    lines: Zeroizing<String>,
    /// Length of each of them.
    width: usize,
    line: Zeroizing<String>,
    /// Something in this line is no sign of a zone, or it is too long.
    spoiled: bool,
    last: Duration,
}

impl Default for Decoder {
    fn default() -> Self {
        // So that no copy stays where they grew.
        let room = || Zeroizing::new(String::with_capacity(ZONE_MAX));
        Self {
            lines: room(),
            width: 0,
            line: room(),
            spoiled: false,
            last: Duration::ZERO,
        }
    }
}

impl Decoder {
    /// Takes bytes that came at this time, counted from any start.
    pub fn feed(&mut self, bytes: &[u8], now: Duration, mut on_scan: impl FnMut(Scan)) {
        self.rest(now, &mut on_scan);
        self.last = now;
        for &byte in bytes {
            match byte {
                b'\r' | b'\n' => self.end_line(&mut on_scan),
                b'A'..=b'Z' | b'0'..=b'9' | b'<' if self.line.len() < ZONE_MAX => {
                    self.line.push(char::from(byte));
                    if self.ends_zone() {
                        self.end_line(&mut on_scan);
                    }
                }
                _ => self.spoiled = true,
            }
        }
    }

    /// Takes notice of the time: after a pause the last line is over and a half zone is forgotten.
    pub fn rest(&mut self, now: Duration, mut on_scan: impl FnMut(Scan)) {
        if now.saturating_sub(self.last) >= PAUSE {
            self.end_line(&mut on_scan);
            self.forget();
        }
    }

    /// Whether nobody's signs are kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.line.is_empty() && !self.spoiled
    }

    /// Whether with this line as it is the zone is there, so that no end has to come.
    fn ends_zone(&self) -> bool {
        let lines = (self.lines.len() + self.line.len()) / self.width.max(1);
        self.line.len() == self.width && FORMATS.contains(&(self.width, lines))
    }

    fn end_line(&mut self, on_scan: &mut impl FnMut(Scan)) {
        let (length, spoiled) = (self.line.len(), std::mem::take(&mut self.spoiled));
        if length == 0 && !spoiled {
            return; // the second of two line ends
        }
        if spoiled {
            return self.forget();
        }
        if length != self.width {
            self.lines.zeroize();
            self.width = length;
        }
        self.lines.push_str(&self.line);
        self.line.zeroize();
        let zone = |(width, count)| self.lines.len() == width * count;
        let alone = self.lines.len() == length;
        let whole = FORMATS.contains(&(self.width, self.lines.len() / length));
        if whole || alone && FORMATS.into_iter().any(zone) {
            let key = AccessKey::from_mrz(&self.lines);
            self.forget();
            on_scan(key.map_or_else(Scan::Unreadable, Scan::Key));
        } else if !FORMATS.iter().any(|(width, _)| *width == length) {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.lines.zeroize();
        self.line.zeroize();
        (self.width, self.spoiled) = (0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ICAO 9303-4, appendix B.
    const TD3: [&str; 2] = [
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    ];
    /// ICAO 9303-5, appendix B.
    const TD1: [&str; 3] = [
        "I<UTOD231458907<<<<<<<<<<<<<<<",
        "7408122F1204159UTO<<<<<<<<<<<6",
        "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    ];

    fn td3() -> Scan {
        Scan::Key(AccessKey::from_fields("L898902C3", "740812", "120415").unwrap())
    }

    /// What comes of these pieces, 10 ms apart, and of the pause after them.
    fn scans<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Scan> {
        let (mut decoder, mut all, mut now) = (Decoder::default(), Vec::new(), Duration::ZERO);
        for piece in pieces {
            now += Duration::from_millis(10);
            decoder.feed(piece, now, |scan| all.push(scan));
        }
        decoder.rest(now + PAUSE, |scan| all.push(scan));
        assert!(decoder.is_empty(), "nothing is kept after a pause");
        all
    }

    #[test]
    fn every_way_in_which_scanners_end_lines_is_understood() {
        for end in ["\r", "\n", "\r\n", "\r\r\n"] {
            let text = TD3.join(end) + end;
            assert_eq!(scans([text.as_bytes()]), [td3()], "{end:?}");
            assert_eq!(scans([text.trim().as_bytes()]), [td3()], "no last {end:?}");
            let text = TD1.join(end) + end;
            assert_eq!(scans([text.as_bytes()]).len(), 1, "{end:?}");
        }
        assert_eq!(scans([TD3.concat().as_bytes(), b"\r"]), [td3()]);
        assert_eq!(scans([TD3.concat().as_bytes()]), [td3()], "only a pause");
    }

    #[test]
    fn a_card_and_any_split_are_the_same() {
        let text = TD1.join("\r\n") + "\r\n";
        let whole = scans([text.as_bytes()]);
        let key = AccessKey::from_fields("D23145890", "740812", "120415").unwrap();
        assert_eq!(whole, [Scan::Key(key)]);
        assert_eq!(scans(text.as_bytes().chunks(1)), whole);
        assert_eq!(scans(text.as_bytes().chunks(7)), whole);
    }

    #[test]
    fn garbage_before_and_between_is_left_out() {
        let text = TD3.join("\r") + "\r";
        let noise = b"\x02NR\x00\xff\r\n123\r".as_slice();
        assert_eq!(
            scans([noise, text.as_bytes(), noise, text.as_bytes()]).len(),
            2
        );
        let long = [b'<'; 5_000];
        assert_eq!(scans([&long[..], b"\r", text.as_bytes()]), [td3()]);
    }

    #[test]
    fn a_misread_sign_is_told_and_the_next_scan_counts() {
        let text = TD3.join("\r") + "\r";
        let wrong = text.replace("7408122", "7408123");
        let found = scans([wrong.as_bytes(), text.as_bytes()]);
        assert!(
            matches!(found[..], [Scan::Unreadable(_), Scan::Key(_)]),
            "{found:?}"
        );
    }

    #[test]
    fn halves_of_two_documents_are_not_joined_across_a_pause() {
        let mut decoder = Decoder::default();
        let mut none = |scan| panic!("{scan:?}");
        decoder.feed(
            format!("{}\r", TD3[0]).as_bytes(),
            Duration::ZERO,
            &mut none,
        );
        decoder.feed(format!("{}\r", TD3[1]).as_bytes(), PAUSE, &mut none);
        decoder.rest(PAUSE * 2, none);
        assert!(decoder.is_empty());
    }
}
