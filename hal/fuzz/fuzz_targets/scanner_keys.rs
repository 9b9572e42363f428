//! Any events of the kernel's input device from a document scanner that types. Only signs of a zone come
//! of them, at most one of each; and when its shift keys are up and it has paused, the next page that is
//! typed is read whole.
#![no_main]

use std::time::Duration;

use hal::card::mrz_scanner::{Decoder, EVENT_BYTES, Keys, Scan};
use libfuzzer_sys::fuzz_target;

/// ICAO 9303-4, appendix B.
const ZONE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\r\
    L898902C36UTO7408122F1204159ZE184226B<<<<<10\r";
/// Longer than the decoder waits for the rest of a zone.
const PAUSE: Duration = Duration::from_secs(1);
/// linux/input-event-codes.h.
const EV_KEY: u16 = 1;
const LEFT_SHIFT: u16 = 42;
const RIGHT_SHIFT: u16 = 54;
const COMMA: u16 = 51;
const ENTER: u16 = 28;

/// `struct input_event`, as the kernel fills it; the time is of no use here.
fn event(kind: u16, code: u16, value: i32) -> [u8; EVENT_BYTES] {
    let mut event = [0; EVENT_BYTES];
    event[16..18].copy_from_slice(&kind.to_ne_bytes());
    event[18..20].copy_from_slice(&code.to_ne_bytes());
    event[20..].copy_from_slice(&value.to_ne_bytes());
    event
}

/// The key of a US keyboard that has this sign on it, by the rows as they lie on the desk.
fn key(sign: char) -> u16 {
    let rows = [
        (2, "1234567890"),
        (16, "QWERTYUIOP"),
        (30, "ASDFGHJKL"),
        (44, "ZXCVBNM"),
    ];
    let found = rows
        .iter()
        .find_map(|(first, row)| Some(first + row.find(sign)? as u16));
    found.unwrap_or(if sign == '<' { COMMA } else { ENTER })
}

fuzz_target!(|bytes: &[u8]| {
    let (mut keys, mut decoder) = (Keys::default(), Decoder::default());
    // Eight bytes an event: those behind the time.
    let (tails, _) = bytes.as_chunks::<8>();
    for tail in tails {
        let mut event = [0; EVENT_BYTES];
        event[16..].copy_from_slice(tail);
        if let Some(sign) = keys.press(&event) {
            assert!(
                b"<?\r+-".contains(&sign) || sign.is_ascii_digit() || sign.is_ascii_uppercase()
            );
            decoder.feed(&[sign], Duration::ZERO, |_| ());
        }
    }

    for shift in [LEFT_SHIFT, RIGHT_SHIFT] {
        assert_eq!(keys.press(&event(EV_KEY, shift, 0)), None);
    }
    decoder.rest(PAUSE, |_| ());
    let mut scans = Vec::new();
    for sign in ZONE.chars() {
        let shift = sign == '<';
        let presses = [
            shift.then(|| event(EV_KEY, LEFT_SHIFT, 1)),
            Some(event(EV_KEY, key(sign), 1)),
            Some(event(EV_KEY, key(sign), 0)),
            shift.then(|| event(EV_KEY, LEFT_SHIFT, 0)),
        ];
        let typed: Vec<u8> = presses
            .iter()
            .flatten()
            .filter_map(|e| keys.press(e))
            .collect();
        assert_eq!(typed, [sign as u8]);
        decoder.feed(&typed, PAUSE * 2, |scan| scans.push(scan));
    }
    assert!(matches!(scans[..], [Scan::Key(_)]));
    assert!(decoder.is_empty());
});
