use proptest::prelude::*;

use super::*;

fn proof(bytes: usize) -> String {
    let letters = (0..bytes).map(|at| char::from(b'A' + (at * at % 23) as u8));
    letters.collect()
}

#[test]
fn what_fits_one_code_is_the_proof_itself() {
    let codes = split(&proof(SINGLE_BYTES));
    assert_eq!(codes.len(), 1);
    assert_eq!(*codes[0], proof(SINGLE_BYTES));
    assert!(!is_part(&codes[0]));
}

#[test]
fn parts_fit_their_codes() {
    for bytes in [SINGLE_BYTES + 1, 2_400, 2_513, 5_000, 40_000, MAX_BYTES] {
        let codes = split(&proof(bytes));
        assert!((2..=MAX_PARTS).contains(&codes.len()));
        for (at, code) in codes.iter().enumerate() {
            assert!(code.len() <= SINGLE_BYTES && is_part(code));
            let start = format!("KVW1:{}/{}:", at + 1, codes.len());
            assert!(code.starts_with(&start), "{start}");
        }
    }
}

#[test]
fn a_part_of_another_proof_is_refused_and_the_first_can_still_be_read() {
    let (one, other) = (split(&proof(2_000)), split(&proof(2_001)));
    let mut joiner = Joiner::new();
    assert_eq!(joiner.take(&one[0]), Ok(None));
    assert_eq!(joiner.take(&other[1]), Err(PartError::OtherProof));
    assert_eq!((joiner.read(), joiner.count()), (1, 2));
    assert_eq!(**joiner.take(&one[1]).unwrap().unwrap(), proof(2_000));
}

#[test]
fn a_damaged_share_is_noticed_and_everything_is_read_again() {
    let codes = split(&proof(2_000));
    let mut joiner = Joiner::new();
    joiner.take(&codes[0]).unwrap();
    let damaged = format!("{}!", &codes[1][..codes[1].len() - 1]);
    assert_eq!(joiner.take(&damaged), Err(PartError::NotTheProof));
    assert_eq!(joiner.count(), 0);
    joiner.take(&codes[0]).unwrap();
    assert!(joiner.take(&codes[1]).unwrap().is_some());
}

#[test]
fn what_is_no_part_is_refused() {
    let long = format!("KVW1:1/2:0123abcd:{}", proof(SINGLE_BYTES));
    let wrong = [
        "",
        "KVW1",
        "KVW1:",
        "KVW1:1/2:0123abcd",
        "KVW1:1/2:0123abcd:",
        "KVW1:0/2:0123abcd:x",
        "KVW1:3/2:0123abcd:x",
        "KVW1:1/1:0123abcd:x",
        "KVW1:1/99:0123abcd:x",
        "KVW1:01/2:0123abcd:x",
        "KVW1:+1/2:0123abcd:x",
        "KVW1:1/2:0123ABCD:x",
        "KVW1:1/2:0123abc:x",
        "KVW1:1/2:0123abcd:é",
        "KVW2:1/2:0123abcd:x",
        &long,
    ];
    for text in wrong {
        assert_eq!(
            Joiner::new().take(text),
            Err(PartError::Malformed),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn any_order_and_repetition_gives_the_proof(
        bytes in SINGLE_BYTES + 1..12_000,
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        last in any::<prop::sample::Index>(),
    ) {
        let proof = proof(bytes);
        let codes = split(&proof);
        let turn = last.index(codes.len());
        let all = (0..codes.len()).map(|at| (at + turn) % codes.len());
        let order = order.iter().map(|at| at.index(codes.len())).chain(all);
        let (mut joiner, mut whole) = (Joiner::new(), None);
        let mut seen = std::collections::HashSet::new();
        for at in order {
            seen.insert(at);
            whole = joiner.take(&codes[at]).unwrap();
            prop_assert_eq!(whole.is_some(), seen.len() == codes.len());
            prop_assert_eq!(joiner.read(), seen.len());
        }
        let whole = whole.unwrap();
        prop_assert_eq!(whole.as_str(), proof);
    }

    #[test]
    fn any_text_is_taken_or_refused(texts in prop::collection::vec("KVW1:[1-3]/[2-3]:aaaaaaa[ab]:.{0,8}|.*", 0..8)) {
        let mut joiner = Joiner::new();
        for text in texts {
            let _ = joiner.take(&text);
            prop_assert!(joiner.read() <= joiner.count() && joiner.count() <= MAX_PARTS);
        }
    }
}
