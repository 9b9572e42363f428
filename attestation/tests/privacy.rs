//! What can be learnt about a visitor from everything that leaves the kiosk? The chain sees a root
//! and a size, the public sees hashes, a receipt and an auditor's copy show a pseudonym. Each attack
//! here has a control that succeeds, so that a test that finds nothing says something.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops where something is wrong; how far an attack got is worth reading"
)]

mod common;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Instant;

use attestation::chain::call_anchor;
use attestation::{Claims, PseudonymKey, Scope};
use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use common::{Kiosk, claims, name};
use sha2::{Digest, Sha256};

/// What the operator keeps secret.
const SECRET: [u8; 32] = [0x5C; 32];
const PROVIDER: &str = "housing-office";

/// Not real people: the sequence numbers are those of nobody in particular. The second one's number
/// is a passport's, of another length.
const RESIDENTS: [&str; 2] = ["110101199003071233", "E12345678"];

fn visit(kiosk: &mut Kiosk, number: &str, id: [u8; 16]) {
    let key = PseudonymKey::for_provider(&SECRET, &name(PROVIDER));
    let visit = Claims {
        id,
        subject: Some(key.pseudonym(number)),
        ..claims(0)
    };
    kiosk.commit(&visit);
}

fn random_id() -> [u8; 16] {
    let mut id = [0; 16];
    getrandom::fill(&mut id).unwrap();
    id
}

/// The call that a kiosk sends to the chain, as the outbox encodes it: selector, root, size.
fn anchored(kiosk: &Kiosk) -> Vec<u8> {
    let head = kiosk.log.head().unwrap().unwrap().checkpoint;
    call_anchor(&head.root, head.size)
}

/// The leaf hashes as they are published.
fn published(kiosk: &Kiosk) -> Vec<[u8; 32]> {
    let folder = kiosk.folder.path().join("published");
    let scope = Scope::Digests;
    kiosk
        .log
        .export_telling(&folder, scope, &mut |_, _| ())
        .unwrap();
    let size = kiosk.log.size().unwrap();
    let tile = fs::read(folder.join(format!("tile/0/000.p/{size}"))).unwrap();
    tile.as_chunks::<32>().0.to_vec()
}

/// How often each bit of the hashes is set, at worst: in standard deviations from one half.
fn worst_bias(hashes: &[[u8; 32]]) -> f64 {
    let (count, mut worst) = (hashes.len() as f64, 0.0_f64);
    for bit in 0..256 {
        let set = hashes
            .iter()
            .filter(|hash| hash[bit / 8] >> (bit % 8) & 1 == 1);
        let off = (set.count() as f64 - count / 2.0).abs() / (count.sqrt() / 2.0);
        worst = worst.max(off);
    }
    worst
}

#[test]
fn chain_and_tiles_show_the_same_of_every_resident() {
    const VISITS: usize = 200;
    let logs = RESIDENTS.map(|number| {
        let mut kiosk = Kiosk::new();
        for _ in 0..VISITS {
            visit(&mut kiosk, number, random_id());
        }
        kiosk
    });
    let [one, other] = &logs;
    // On the chain: same length, and all but the root is the same.
    let (a, b) = (anchored(one), anchored(other));
    assert_eq!((a.len(), b.len()), (68, 68));
    assert_eq!((&a[..4], &a[36..]), (&b[..4], &b[36..]));
    assert_ne!(a[4..36], b[4..36]);
    // In the tiles: as many hashes of the same length, none twice, and neither resident's are
    // biased in any bit. (Six deviations: once in two million runs by chance.)
    let hashes = logs.each_ref().map(published);
    assert_eq!(hashes[0].len(), hashes[1].len());
    let all: HashSet<_> = hashes.iter().flatten().collect();
    assert_eq!(
        all.len(),
        2 * VISITS,
        "the same person never makes the same hash twice"
    );
    for hashes in &hashes {
        assert!(worst_bias(hashes) < 6.0, "{}", worst_bias(hashes));
    }
    assert!(
        worst_bias(&[[0xA5; 32]; VISITS]) > 6.0,
        "the control is found"
    );
    // In the auditors' copy: entries of the same outcome have one length, whatever the document.
    let lengths: HashSet<usize> = logs.iter().flat_map(entry_lengths).collect();
    assert_eq!(lengths.len(), 1, "{lengths:?}");
}

fn entry_lengths(kiosk: &Kiosk) -> Vec<usize> {
    let entry = |index| kiosk.log.attestation(index).unwrap().unwrap();
    let size = kiosk.log.size().unwrap();
    (0..size)
        .map(|at| entry(at).receipt().attestation().len())
        .collect()
}

/// Were it not for the random identifier, one person's visits would be equal hashes, and this test
/// would be able to see it.
#[test]
fn without_the_random_identifier_the_same_visitor_would_show() {
    let first_hash = |number, id| {
        let mut kiosk = Kiosk::new();
        visit(&mut kiosk, number, id);
        published(&kiosk)[0]
    };
    let [one, other] = RESIDENTS;
    assert_eq!(first_hash(one, [7; 16]), first_hash(one, [7; 16]));
    assert_ne!(first_hash(one, [7; 16]), first_hash(other, [7; 16]));
    assert_ne!(first_hash(one, random_id()), first_hash(one, random_id()));
}

/// Everything that somebody outside can get hold of, and more: the auditors' copy with every entry,
/// a visitor's receipt, the anchor, and all public keys.
fn everything_outside(kiosk: &Kiosk) -> Vec<Vec<u8>> {
    let folder = kiosk.folder.path().join("everything");
    kiosk.log.export(&folder).unwrap();
    let mut files = vec![anchored(kiosk)];
    collect(&folder, &mut files);
    let receipt = kiosk.log.attestation(0).unwrap().unwrap();
    files.push(receipt.receipt().to_cbor());
    files.push(receipt.receipt().encode().into_bytes());
    files.push(kiosk.operator_public().to_pem().into_bytes());
    files
}

fn collect(folder: &Path, files: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(fs::read(path).unwrap());
        }
    }
}

/// Every valid number of GB 11643 for people born in one district in one quarter: all days, all
/// sequence numbers, with the check digit (ISO 7064 MOD 11-2).
fn numbers_of(region: &str, year: u32) -> impl Iterator<Item = String> {
    const DAYS: [u32; 3] = [31, 28, 31];
    let days = (1..)
        .zip(DAYS)
        .flat_map(|(month, days)| (1..=days).map(move |day| (month, day)));
    days.flat_map(move |(month, day)| {
        (1..=999).map(move |sequence| {
            let number = format!("{region}{year}{month:02}{day:02}{sequence:03}");
            let check = check_digit(&number);
            number + &check
        })
    })
}

fn check_digit(number: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = number.bytes().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = digits
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum as usize % 11].to_owned()
}

/// Who of all these people appears in what is outside: by their number as it is, by its digests,
/// and by the pseudonym under any key that the attacker has.
fn found(outside: &[Vec<u8>], keys: &[[u8; 32]]) -> Vec<String> {
    let seen = values_in(outside);
    let keys = keys
        .iter()
        .map(|key| PseudonymKey::for_provider(key, &name(PROVIDER)));
    let keys: Vec<_> = keys.collect();
    let appears = |number: &String| {
        let digest = Sha256::digest(number);
        seen.contains(&number.as_bytes()[..16])
            || seen.contains(&digest[..16])
            || seen.contains(&Sha256::digest(digest)[..16])
            || keys
                .iter()
                .any(|key| seen.contains(&key.pseudonym(number).0[..]))
    };
    numbers_of("110101", 1990).filter(appears).collect()
}

/// Every value of 16 bytes that stands anywhere: as it is, in hexadecimal, or in base64 (which is
/// how the pseudonym stands in an attestation).
fn values_in(outside: &[Vec<u8>]) -> HashSet<Vec<u8>> {
    let mut values = HashSet::new();
    for file in outside {
        values.extend(file.windows(16).map(<[u8]>::to_vec));
        for text in file
            .windows(22)
            .filter_map(|text| std::str::from_utf8(text).ok())
        {
            values.extend(Base64UrlUnpadded::decode_vec(text));
            values.extend(Base64Unpadded::decode_vec(text));
        }
        for text in file
            .windows(32)
            .filter_map(|text| std::str::from_utf8(text).ok())
        {
            let byte = |at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
            values.extend((0..32).step_by(2).map(byte).collect::<Option<Vec<_>>>());
        }
    }
    values
}

#[test]
fn trying_every_number_of_a_district_and_quarter_finds_nobody() {
    let mut kiosk = Kiosk::new();
    let [visitor, _] = RESIDENTS;
    assert!(numbers_of("110101", 1990).any(|number| number == visitor));
    for _ in 0..3 {
        visit(&mut kiosk, visitor, random_id());
    }
    let outside = everything_outside(&kiosk);
    // Every public value that could be taken for a key: what is not secret must not be one.
    let head = kiosk.log.head().unwrap().unwrap().checkpoint;
    let public: [[u8; 32]; 6] = [
        [0; 32],
        *kiosk.device.public().as_bytes(),
        head.root,
        Sha256::digest(PROVIDER).into(),
        Sha256::digest(&head.origin).into(),
        Sha256::digest(kiosk.operator_public().to_pem()).into(),
    ];
    let begun = Instant::now();
    assert_eq!(found(&outside, &public), [] as [String; 0]);
    let tried = numbers_of("110101", 1990).count() * public.len();
    let each = begun.elapsed() / tried as u32;
    println!("{tried} pseudonyms tried, {each:?} each, on one core");
    // The control: with the operator's secret, the same attack finds the visitor and nobody else.
    assert_eq!(found(&outside, &[SECRET]), [visitor]);
}
