//! A resident shares a name but not an address, ties the proof to a phone, and shows it elsewhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::wallet::{self, Holder, HolderSecret, KeyBinding, WalletToken};
use attestation::{CardField, OperatorPublicKey};
use stories::Run;

/// The secret half of the demo phone's key: RFC 8037, appendix A.1, as PKCS#8.
const PHONE_SECRET: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

#[test]
fn a_shared_name_is_in_the_proof_on_the_screen_and_nowhere_else() {
    let run = stories::play("wallet");
    run.ends("verified", "all_factors_accepted");
    run.showed(&[
        "fields",
        "fields-shared",
        "receipt-verified",
        "wallet-choose",
        "wallet-scan",
        "wallet-code-1",
        "attract",
    ]);
    run.receipt_holds();
    run.names_nobody();

    let proof = proof_on_screen(&run);
    let token = WalletToken::decode(&proof).unwrap();
    let verified = token.verify(&operator(&run), None, Some(now())).unwrap();
    assert_eq!(verified.claims().service.as_str(), "residence-certificate");
    let fields: Vec<_> = verified
        .fields()
        .iter()
        .map(|d| (d.field(), d.value()))
        .collect();
    assert_eq!(
        fields,
        [(CardField::Name, "张示例")],
        "the address was not agreed to"
    );
    assert_eq!(verified.disclosable(), 1);
    assert_eq!(verified.holder(), Holder::Bound);
    leaves_no_trace(&run, &proof);
}

#[test]
fn only_the_phone_that_brought_its_key_can_prove_that_the_proof_is_its_own() {
    let run = stories::play("wallet");
    let proof = proof_on_screen(&run);
    let (nonce, audience) = ("once-4711", "https://bank.example.org");
    let asked = KeyBinding::just_now(nonce, audience);
    let verify = |text: &str| {
        let token = WalletToken::decode(text).unwrap();
        token.verify(&operator(&run), Some(&asked), Some(now()))
    };
    assert!(verify(&proof).is_err(), "a copy proves nothing");
    let phone = HolderSecret::from_pem(PHONE_SECRET).unwrap();
    let shown = wallet::bind(&proof, &phone, nonce, audience, now()).unwrap();
    assert_eq!(verify(&shown).unwrap().holder(), Holder::Present);
}

#[test]
fn some_other_code_before_the_camera_is_no_key_and_the_receipt_stays() {
    let run = stories::play("wallet-no-key");
    run.ends("verified", "all_factors_accepted");
    run.showed(&[
        "wallet-choose",
        "wallet-scan",
        "wallet-scan-other",
        "wallet-trouble",
        "attract",
    ]);
    assert!(!run.events().contains(&"wallet.issued".to_owned()));
    run.receipt_holds();
    run.names_nobody();
}

/// The SD-JWT as a phone puts it together from the codes on the saved screens.
fn proof_on_screen(run: &Run) -> String {
    let names = run.screens();
    let shown = names.iter().filter(|name| name.contains("wallet-code"));
    let mut parts: Vec<String> = shown.map(|name| code_in(run, name)).collect();
    if !parts[0].starts_with("KVW1:") {
        assert_eq!(parts.len(), 1, "one code is the proof itself");
        return parts.remove(0);
    }
    parts.sort(); // KVW1:<number>/<count>:<mark>:<part>
    let fields: Vec<Vec<&str>> = parts
        .iter()
        .map(|part| part.splitn(4, ':').collect())
        .collect();
    for (at, part) in fields.iter().enumerate() {
        assert_eq!(part[1], format!("{}/{}", at + 1, fields.len()));
        assert_eq!(part[2], fields[0][2], "parts of one proof");
    }
    fields.iter().map(|part| part[3]).collect()
}

fn code_in(run: &Run, name: &str) -> String {
    let picture = image::open(run.folder().join(name)).unwrap().into_luma8();
    let grey = |x: usize, y: usize| picture.get_pixel(x as u32, y as u32).0[0];
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1, "one code in {name}");
    grids[0].decode().unwrap().1
}

fn operator(run: &Run) -> OperatorPublicKey {
    let pem = fs::read_to_string(run.folder().join("operator.pub")).unwrap();
    OperatorPublicKey::parse(&pem).unwrap()
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// The name is in memory and on the screen only: neither the proof nor its disclosures, in which
/// the name is encoded, are in any file or in what the kiosk said.
fn leaves_no_trace(run: &Run, proof: &str) {
    let (signed, disclosures) = proof.split_once('~').unwrap();
    let pieces = disclosures.split('~').chain([signed]);
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        assert!(!run.left(piece.as_bytes()), "{piece} is on the disk");
        assert!(!run.said().contains(piece));
    }
}
