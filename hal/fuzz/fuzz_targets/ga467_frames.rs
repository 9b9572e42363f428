//! Any bytes on the reader's line, in pieces of any size. The frames are the same however the
//! bytes come; and whatever came before a pause, the answer behind it is found whole.
#![no_main]

use hal::card::ga467::{Decoded, Decoder, encode};
use libfuzzer_sys::fuzz_target;

/// What a decoder found, without the frames' contents being shown.
fn note(seen: &mut Vec<(u8, Vec<u8>)>, decoded: Decoded) {
    seen.push(match decoded {
        Decoded::Frame(response) => (response.sw3().byte(), response.data().to_vec()),
        Decoded::BadChecksum => (0, b"checksum".to_vec()),
        Decoded::BadLength(len) => (0, len.to_be_bytes().to_vec()),
    });
}

fn decode(chunks: &[&[u8]]) -> (Decoder, Vec<(u8, Vec<u8>)>) {
    let (mut decoder, mut seen) = (Decoder::new(), Vec::new());
    for chunk in chunks {
        decoder.feed(chunk, |d| note(&mut seen, d));
    }
    (decoder, seen)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let pieces: Vec<&[u8]> = bytes.chunks(usize::from(piece).max(1)).collect();
    let (mut decoder, in_pieces) = decode(&pieces);
    let (_, whole) = decode(&[bytes]);
    assert_eq!(in_pieces, whole);

    if let Some((have, need)) = decoder.progress() {
        assert!(have < need);
    }
    decoder.finish(|_| ());
    assert!(decoder.progress().is_none());

    let data = &bytes[..bytes.len().min(1292)];
    let answer = encode(&[&[0, 0, 0x90], data]).expect("no longer than the protocol's longest");
    let mut behind = Vec::new();
    decoder.feed(&answer, |d| note(&mut behind, d));
    assert_eq!(behind, [(0x90, data.to_vec())]);
});
