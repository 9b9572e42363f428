//! A wallet proof (SD-JWT VC, RFC 9901) as QR codes that a phone reads from the screen.
//!
//! A proof of up to [`SINGLE_BYTES`] is one code with the SD-JWT itself and nothing else. A longer
//! one is split into parts, shown in turn, as few and as equal as possible:
//!
//! ```text
//! KVW1:<number>/<count>:<mark>:<part>
//! ```
//!
//! `number` counts from 1; `count` is the same in all; `mark` is the first 8 hexadecimal digits of
//! SHA-256 over the whole SD-JWT, so that parts of two proofs are never put together. The SD-JWT is
//! the parts in the order of their numbers; a reader checks the mark and then the signature.

use attestation::wallet::CardField;
use kiosk_ui::Confidential;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What a code of version 25 holds at error correction level L in byte mode (ISO/IEC 18004, table 7):
/// 117 × 117 modules, which a phone reads from the screen at arm's length.
const SINGLE_BYTES: usize = 1_273;

/// How a part begins.
const PREFIX: &str = "KVW1";

/// What a part needs besides its share: prefix, two numbers of up to two digits, mark, separators.
const FRAME_BYTES: usize = PREFIX.len() + 2 + 2 + 8 + 4;

/// The texts of the codes for a proof, at least one.
pub fn split(proof: &str) -> Vec<Confidential> {
    let keep = |text: String| Confidential::new(Zeroizing::new(text));
    if proof.len() <= SINGLE_BYTES {
        return vec![keep(proof.to_owned())];
    }
    let count = proof.len().div_ceil(SINGLE_BYTES - FRAME_BYTES);
    let share = proof.len().div_ceil(count);
    let digest = Sha256::digest(proof);
    let mark: String = digest[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    // An SD-JWT is ASCII: every place in it is the border of a letter.
    let parts = proof.as_bytes().chunks(share).enumerate();
    parts
        .map(|(at, part)| {
            let mut text = String::with_capacity(share + FRAME_BYTES);
            text.push_str(&format!("{PREFIX}:{}/{count}:{mark}:", at + 1));
            text.extend(part.iter().map(|&letter| char::from(letter)));
            keep(text)
        })
        .collect()
}

/// The field as the screen names it.
pub fn field_on_screen(field: CardField) -> kiosk_ui::CardField {
    use kiosk_ui::CardField as Shown;
    match field {
        CardField::Name => Shown::Name,
        CardField::DocumentNumber => Shown::DocumentNumber,
        CardField::BirthDate => Shown::BirthDate,
        CardField::Sex => Shown::Sex,
        CardField::Ethnicity => Shown::Ethnicity,
        CardField::Address => Shown::Address,
        CardField::ValidUntil => Shown::ValidUntil,
    }
}

/// The field as the proof names it.
pub fn field_in_proof(field: kiosk_ui::CardField) -> CardField {
    use kiosk_ui::CardField as Shown;
    match field {
        Shown::Name => CardField::Name,
        Shown::DocumentNumber => CardField::DocumentNumber,
        Shown::BirthDate => CardField::BirthDate,
        Shown::Sex => CardField::Sex,
        Shown::Ethnicity => CardField::Ethnicity,
        Shown::Address => CardField::Address,
        Shown::ValidUntil => CardField::ValidUntil,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(bytes: usize) -> String {
        (0..bytes)
            .map(|at| char::from(b'A' + (at % 26) as u8))
            .collect()
    }

    #[test]
    fn what_fits_one_code_is_the_proof_itself() {
        let codes = split(&proof(SINGLE_BYTES));
        assert_eq!(codes.len(), 1);
        assert_eq!(codes[0].reveal(), proof(SINGLE_BYTES));
    }

    #[test]
    fn parts_fit_their_codes_and_give_the_proof_again() {
        for bytes in [SINGLE_BYTES + 1, 2_400, 2_513, 5_000, 40_000] {
            let proof = proof(bytes);
            let mut whole = String::new();
            let codes = split(&proof);
            let mark = format!("{:02x}", Sha256::digest(&proof)[0]);
            for (at, code) in codes.iter().enumerate() {
                assert!(code.reveal().len() <= SINGLE_BYTES);
                let start = format!("KVW1:{}/{}:{mark}", at + 1, codes.len());
                assert!(code.reveal().starts_with(&start), "{start}");
                whole.push_str(code.reveal().splitn(4, ':').nth(3).unwrap());
            }
            assert_eq!(whole, proof);
        }
    }

    #[test]
    fn the_names_of_fields_survive_the_way_to_the_screen_and_back() {
        for field in CardField::ALL {
            assert_eq!(field_in_proof(field_on_screen(*field)), *field);
        }
    }
}
