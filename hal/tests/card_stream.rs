//! Whole cards on a line: however their bytes are split and whatever lies between them, the same
//! cards come out; cut off at any byte, none does, and the next one is not lost.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test
#![cfg(feature = "sim")]

use hal::card::CardRecord;
use hal::card::ga467::{Decoded, Decoder, encode, parse_contents, parse_with_fingerprints};
use hal::sim::card::SimCard;
use proptest::prelude::*;
use proptest::sample::Index;

/// What tells cards apart, from everywhere in the record.
type Essence = (String, String, Option<String>, String, Vec<u8>);

fn essence(record: &CardRecord) -> Essence {
    (
        record.name.reveal().clone(),
        record.number.reveal().as_str().to_owned(),
        record.address.as_ref().map(|a| a.reveal().clone()),
        record.issuer.reveal().clone(),
        record.photo.reveal().to_vec(),
    )
}

fn contents(card: &SimCard, fingerprints: Option<usize>) -> Vec<u8> {
    let mut photo = card.photo.clone();
    photo.resize(1024, 0);
    let (lengths, prints) = match fingerprints {
        None => (vec![1, 0, 4, 0], vec![]),
        Some(len) => {
            let [high, low] = u16::try_from(len).unwrap().to_be_bytes();
            (vec![1, 0, 4, 0, high, low], vec![0xAA; len])
        }
    };
    [&lengths[..], &card.text(), &photo, &prints].concat()
}

fn parse(data: &[u8]) -> Option<CardRecord> {
    match data.len() {
        1284 => parse_contents(data).ok(),
        _ => parse_with_fingerprints(data).ok(),
    }
}

fn cards_in(chunks: &[&[u8]]) -> Vec<Essence> {
    let (mut decoder, mut seen) = (Decoder::new(), Vec::new());
    let mut note = |decoded| {
        if let Decoded::Frame(answer) = decoded {
            seen.extend(parse(answer.data()).as_ref().map(essence));
        }
    };
    for chunk in chunks {
        decoder.feed(chunk, &mut note);
    }
    decoder.finish(&mut note);
    seen
}

fn some_card() -> impl Strategy<Value = (SimCard, Option<usize>)> {
    let kind = prop::sample::select(vec![
        SimCard::example(),
        SimCard::example_foreigner(),
        SimCard::example_hk_macao_taiwan(),
    ]);
    let prints = prop::sample::select(vec![None, Some(0), Some(512), Some(1024)]);
    // Photos are where bytes that look like a frame's beginning would be.
    let photo = prop::collection::vec(
        prop_oneof![3 => any::<u8>(), 2 => prop::sample::select(vec![0xAA, 0x96, 0x69, 0])],
        1021,
    );
    (kind, "[一-龥]{2,4}", photo, prints).prop_map(|(mut card, name, photo, prints)| {
        card.name = name;
        card.photo = [b"WLf", &photo[..]].concat();
        (card, prints)
    })
}

/// Noise as lines have it, often with the bytes that frames begin with.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![
        3 => any::<u8>(),
        1 => prop::sample::select(vec![0xAA_u8, 0x96, 0x69, 0x00, 0x05]),
    ];
    prop::collection::vec(bytes, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_split_and_any_garbage_between_frames_yield_the_same_cards(
        parts in prop::collection::vec((garbage(), some_card()), 1..4),
        cuts in prop::collection::vec(any::<Index>(), 0..20),
        bytewise in any::<bool>(),
    ) {
        let frames: Vec<Vec<u8>> = parts
            .iter()
            .map(|(_, (card, prints))| encode(&[&[0, 0, 0x90], &contents(card, *prints)]).unwrap())
            .collect();
        let expected: Vec<Essence> = parts
            .iter()
            .map(|(_, (card, prints))| essence(&parse(&contents(card, *prints)).unwrap()))
            .collect();
        let line: Vec<u8> = parts
            .iter()
            .zip(&frames)
            .flat_map(|((garbage, _), frame)| [&garbage[..], frame].concat())
            .collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|c| c.index(line.len())).collect();
        cuts.extend([0, line.len()]);
        if bytewise {
            cuts = (0..=line.len()).collect();
        }
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &line[w[0]..w[1]]).collect();
        prop_assert_eq!(cards_in(&chunks), expected);
    }
}

#[test]
fn a_card_cut_off_at_any_byte_is_none_and_the_next_answer_is_read_whole() {
    let mut card = SimCard::example();
    card.photo = [b"WLf", &[0x5A; 1021][..]].concat();
    let data = contents(&card, None);
    let frame = encode(&[&[0, 0, 0x90], &data]).unwrap();
    let expected = [essence(&parse(&data).unwrap())];
    for cut in 0..frame.len() {
        let mut decoder = Decoder::new();
        let mut found = 0;
        decoder.feed(&frame[..cut], |_| found += 1);
        // The time-out: whatever had begun is over.
        decoder.finish(|decoded| found += usize::from(matches!(decoded, Decoded::Frame(_))));
        assert_eq!(found, 0, "after {cut} bytes");
        let mut again = Vec::new();
        decoder.feed(&frame, |decoded| {
            if let Decoded::Frame(answer) = decoded {
                again.push(essence(&parse(answer.data()).unwrap()));
            }
        });
        assert_eq!(again, expected, "after {cut} bytes");
    }
}
