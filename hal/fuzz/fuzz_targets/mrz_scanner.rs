//! Any bytes from a document scanner, in pieces of any size. What is read is the same however the
//! bytes come; after a pause nothing of anybody is kept, and the next document is read whole.
#![no_main]

use std::time::Duration;

use hal::card::mrz_scanner::{Decoder, Scan};
use libfuzzer_sys::fuzz_target;

/// ICAO 9303-4, appendix B.
const ZONE: &[u8] = b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\r\
    L898902C36UTO7408122F1204159ZE184226B<<<<<10\r";
/// Longer than the decoder waits for the rest of a zone.
const PAUSE: Duration = Duration::from_secs(1);

fn scan<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Decoder, Vec<Scan>) {
    let (mut decoder, mut seen) = (Decoder::default(), Vec::new());
    for piece in pieces {
        decoder.feed(piece, Duration::ZERO, |scan| seen.push(scan));
    }
    decoder.rest(PAUSE, |scan| seen.push(scan));
    (decoder, seen)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let (_, whole) = scan([bytes]);
    let (mut decoder, in_pieces) = scan(bytes.chunks(usize::from(piece).max(1)));
    assert_eq!(in_pieces, whole);
    assert!(whole.len() <= bytes.len() / 72, "a zone has no fewer signs");

    assert!(decoder.is_empty());
    let mut behind = Vec::new();
    decoder.feed(ZONE, PAUSE * 2, |scan| behind.push(scan));
    assert!(matches!(behind[..], [Scan::Key(_)]));
    assert!(decoder.is_empty());
});
