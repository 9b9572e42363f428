//! What comes back from a receipt printer: however the bytes arrive, the same answers are read.
#![no_main]

use hal::printer::ReplyDecoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&cut, bytes)) = input.split_first() else {
        return;
    };
    let at_once = read(&[bytes]);
    let (head, rest) = bytes.split_at(usize::from(cut).min(bytes.len()));
    assert_eq!(read(&[head, rest]), at_once);
    assert!(at_once.len() <= bytes.len());
});

fn read(pieces: &[&[u8]]) -> Vec<String> {
    let mut decoder = ReplyDecoder::new();
    let mut answers = Vec::new();
    for piece in pieces {
        decoder.feed(piece, |reply| answers.push(format!("{reply:?}")));
    }
    answers
}
