//! The GA 467 codec against the published byte sequences, and against everything a line can do
//! to them.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use hal::card::ga467::{Command, Decoded, Decoder, MAX_LEN, PREAMBLE, Sw3, encode, parse_contents};
use proptest::prelude::*;

const FOUND: &[u8] = b"\xAA\xAA\xAA\x96\x69\x00\x08\x00\x00\x9F\x00\x00\x00\x00\x97";
const SELECTED: &[u8] =
    b"\xAA\xAA\xAA\x96\x69\x00\x0C\x00\x00\x90\x00\x00\x00\x00\x00\x00\x00\x00\x9C";

/// What the decoder makes of some bytes: statuses and data of all frames, and all else.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    frames: Vec<(Sw3, Vec<u8>)>,
    bad_checksums: usize,
    bad_lengths: Vec<usize>,
}

impl Seen {
    fn note(&mut self, decoded: Decoded) {
        match decoded {
            Decoded::Frame(r) => self.frames.push((r.sw3(), r.data().to_vec())),
            Decoded::BadChecksum => self.bad_checksums += 1,
            Decoded::BadLength(len) => self.bad_lengths.push(len),
        }
    }
}

fn decode(chunks: &[&[u8]]) -> Seen {
    let mut seen = Seen::default();
    let mut decoder = Decoder::new();
    for chunk in chunks {
        decoder.feed(chunk, |d| seen.note(d));
    }
    decoder.finish(|d| seen.note(d));
    seen
}

#[test]
fn the_published_answers_are_understood() {
    assert_eq!(decode(&[FOUND]).frames, [(Sw3::Found, vec![0; 4])]);
    assert_eq!(decode(&[SELECTED]).frames, [(Sw3::Ok, vec![0; 8])]);
}

#[test]
fn the_contents_of_a_card_are_1295_bytes_with_the_published_header() {
    let data = [&[1, 0, 4, 0][..], &[0; 1280]].concat();
    let frame = encode(&[&[0, 0, 0x90], &data]).unwrap();
    assert_eq!(frame.len(), 1295);
    assert_eq!(frame[..7], *b"\xAA\xAA\xAA\x96\x69\x05\x08");
    let seen = decode(&[&frame]);
    assert_eq!(seen.frames, [(Sw3::Ok, data)]);
}

#[test]
fn a_wrong_checksum_hides_nothing_that_follows() {
    let mut damaged = FOUND.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    let seen = decode(&[&damaged, SELECTED]);
    assert_eq!(seen.frames, [(Sw3::Ok, vec![0; 8])]);
    assert_eq!(seen.bad_checksums, 1);
}

#[test]
fn an_impossible_length_is_named_and_hides_nothing_that_follows() {
    for len in [0_u16, 3, 2315, 0xFFFF] {
        let header = [&PREAMBLE[..], &len.to_be_bytes()].concat();
        let seen = decode(&[&header, FOUND]);
        assert_eq!(seen.frames, [(Sw3::Found, vec![0; 4])], "{len}");
        assert_eq!(seen.bad_lengths, [usize::from(len)]);
    }
}

#[test]
fn a_frame_that_broke_off_hides_the_next_one_only_until_the_time_out() {
    let begun = &encode(&[&[0, 0, 0x90], &[7; 1284]]).unwrap()[..400];
    let seen = decode(&[begun, FOUND]);
    assert_eq!(seen.frames, [(Sw3::Found, vec![0; 4])]);
}

#[test]
fn a_frame_that_broke_off_with_nothing_behind_it_is_nothing() {
    // Once panicked: giving up on the frame left nothing to give up on.
    let whole = encode(&[&[0, 0, 0x90], &[7; 1284]]).unwrap();
    for cut in [0, 1, 5, 6, 7, 8, 400, whole.len() - 1] {
        assert_eq!(decode(&[&whole[..cut]]), Seen::default(), "{cut}");
    }
}

#[test]
fn a_preamble_with_extra_leading_bytes_is_still_one() {
    assert_eq!(decode(&[b"\xAA\xAA", FOUND]).frames.len(), 1);
}

#[test]
fn no_frame_longer_than_the_protocol_has_is_ever_made() {
    assert!(encode(&[&vec![0; MAX_LEN - 1]]).is_some());
    assert!(encode(&[&vec![0; MAX_LEN]]).is_none());
}

fn frame() -> impl Strategy<Value = Vec<u8>> {
    let status = prop::sample::select(vec![0x90_u8, 0x9F, 0x80, 0x41, 0x66]);
    let data = prop::collection::vec(any::<u8>(), 0..1400);
    (status, data).prop_map(|(s, d)| encode(&[&[0, 0, s], &d]).unwrap())
}

/// Noise, some of it made of the bytes that frames begin with.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![
        3 => any::<u8>(),
        1 => prop::sample::select(vec![0xAA_u8, 0x96, 0x69, 0x00, 0x05]),
    ];
    prop::collection::vec(bytes, 0..80)
}

fn whole(frame: &[u8]) -> (Sw3, Vec<u8>) {
    (Sw3::from(frame[9]), frame[10..frame.len() - 1].to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn however_the_bytes_are_split_the_frames_are_the_same(
        frames in prop::collection::vec(frame(), 1..4),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let line = frames.concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|c| c.index(line.len())).collect();
        cuts.extend([0, line.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &line[w[0]..w[1]]).collect();
        let seen = decode(&chunks);
        prop_assert_eq!(seen.frames, frames.iter().map(|f| whole(f)).collect::<Vec<_>>());
        prop_assert_eq!(seen.bad_checksums, 0);
    }

    #[test]
    fn garbage_between_frames_changes_no_frame(
        parts in prop::collection::vec((garbage(), frame()), 1..4),
    ) {
        let line: Vec<u8> = parts.iter().flat_map(|(g, f)| [&g[..], f].concat()).collect();
        let seen = decode(&[&line]);
        let expected: Vec<_> = parts.iter().map(|(_, f)| whole(f)).collect();
        // One noise in 2^40 begins like a frame; what it can hide is tested above, by name.
        prop_assert_eq!(seen.frames, expected);
    }

    #[test]
    fn a_frame_cut_anywhere_never_hides_the_one_after_it(
        first in frame(), cut in any::<prop::sample::Index>(), second in frame(),
    ) {
        let cut = cut.index(first.len());
        let seen = decode(&[&first[..cut], &second]);
        let nothing_behind = decode(&[&first[..cut]]);
        prop_assert!(nothing_behind.frames.is_empty());
        // Behind a cut frame a checksum can be right by chance (1 in 256): then there is a frame
        // too many or another one, but never a panic and never nothing at all.
        prop_assert!(!seen.frames.is_empty());
        if seen.frames.len() == 1 && seen.bad_checksums <= 1 {
            prop_assume!(seen.frames[0].1.len() == whole(&second).1.len());
            prop_assert_eq!(&seen.frames[0], &whole(&second));
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..4000)) {
        let mut decoder = Decoder::new();
        decoder.feed(&bytes, |_| ());
        prop_assert!(decoder.progress().is_none_or(|(have, need)| have < need));
        decoder.finish(|_| ());
        let _ = parse_contents(&bytes);
    }

    #[test]
    fn arbitrary_contents_of_the_right_length_never_panic(
        text in prop::collection::vec(any::<u8>(), 256),
        photo in prop::collection::vec(any::<u8>(), 1024),
        readable in any::<bool>(),
    ) {
        let mut data = [&[1, 0, 4, 0][..], &text, &photo].concat();
        if readable {
            // Printable ASCII reaches further into the checks.
            data[4..260].chunks_exact_mut(2).for_each(|u| u.copy_from_slice(&[b' ' + u[0] % 95, 0]));
        }
        let _ = parse_contents(&data);
    }
}

#[test]
fn a_late_answer_is_not_taken_for_another_command() {
    let answer = |bytes: &[u8]| {
        let mut found = None;
        Decoder::new().feed(bytes, |d| {
            if let Decoded::Frame(response) = d {
                found = Some(response);
            }
        });
        found.unwrap()
    };
    let fits = |bytes: &[u8]| -> Vec<Command> {
        let response = answer(bytes);
        Command::ALL
            .into_iter()
            .filter(|c| c.fits(&response))
            .collect()
    };
    assert_eq!(fits(FOUND), [Command::Find]);
    assert_eq!(fits(SELECTED), [Command::Select]);
    let contents = encode(&[&[0, 0, 0x90], &[0; 1284]]).unwrap();
    assert_eq!(fits(&contents), [Command::ReadTextPhoto]);
    let no_card = encode(&[&[0, 0, 0x80]]).unwrap();
    assert_eq!(fits(&no_card), Command::ALL);
}

#[test]
fn every_command_is_found_again_by_its_code() {
    for command in Command::ALL {
        assert_eq!(Command::from_code(command.code()), Some(command));
    }
    assert_eq!(Command::from_code([0, 0]), None);
}
