//! The program as a bank's desk uses it, on every form of a receipt that people bring, and as an
//! operator uses it who takes back one verification.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod common;

use std::path::PathBuf;
use std::process::{Command, Output};

use attestation::wallet::{self, HolderSecret};
use attestation::{CardField, Claims, Disclosures, TrustDraft};
use common::{Kiosk, NOW, claims};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use fast_qr::{ECL, QRBuilder};
use serde_json::Value;
use zeroize::Zeroizing;

/// A desk with the receipt of one verification in every form, and what its operator publishes.
struct Desk {
    kiosk: Kiosk,
}

impl Desk {
    fn new() -> Self {
        let mut kiosk = Kiosk::with_entries(2);
        let fields = [
            (CardField::Name, "张三"),
            (CardField::BirthDate, "1990-05-01"),
        ];
        let fields = fields.map(|(field, value)| (field, Zeroizing::new(value.to_owned())));
        let disclosures = Disclosures::new(fields).unwrap();
        let claims = Claims {
            disclosable: disclosures.digests(),
            ..claims(2)
        };
        let committed = kiosk.commit(&claims);
        let desk = Self { kiosk };
        let (device, credential) = (&desk.kiosk.device, &desk.kiosk.credential);
        let holder = SigningKey::from_bytes(&[7; 32]);
        let key = HolderSecret::Ed25519(holder.clone()).public();
        let token = wallet::issue(&committed, device, credential, &disclosures, Some(&key));
        desk.put("wallet.txt", token.unwrap());
        desk.put("holder.key", holder.to_pkcs8_pem(LineEnding::LF).unwrap());
        desk.put("full.txt", committed.receipt().encode());
        desk.put("operator.pub", desk.kiosk.operator_public().to_pem());
        desk.put("kiosk-07.credential", credential.to_cose());
        desk.kiosk
            .operator
            .save(&desk.path("operator.key"))
            .unwrap();
        let mut draft = TrustDraft::first(&desk.kiosk.operator);
        draft.vouch(credential).unwrap();
        desk.put("trust.list", draft.issue(NOW, NOW + 60).unwrap().encode());
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.kiosk.folder.path().join(name)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    fn run(&self, arguments: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_receipt"))
            .current_dir(self.kiosk.folder.path())
            .args(arguments.split(' '))
            .output()
            .unwrap()
    }

    /// Runs it, expects an exit code, and gives what was said.
    fn says(&self, code: i32, arguments: &str) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {said}");
        said
    }

    fn verify(&self, code: i32, arguments: &str) -> String {
        self.says(code, &format!("verify --operator operator.pub {arguments}"))
    }

    fn verify_json(&self, code: i32, arguments: &str) -> Value {
        serde_json::from_str(&self.verify(code, &format!("--json {arguments}"))).unwrap()
    }

    fn keep(&self, name: &str, arguments: &str) {
        self.put(name, self.says(0, arguments));
    }
}

fn has(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
}

#[test]
fn a_plain_receipt_needs_the_list_or_the_credential_and_says_what_it_does_not_prove() {
    let desk = Desk::new();
    desk.keep("plain.txt", "plain full.txt");
    let said = desk.verify(2, "plain.txt");
    has(&said, &["give --trust LIST, or --credential FILE"]);
    let said = desk.verify(0, "--trust trust.list plain.txt");
    has(
        &said,
        &[
            "GENUINE RECEIPT: the person was VERIFIED\n",
            "Key status  in use",
            "NOT PROVEN: a plain receipt does not prove that this stands in the kiosk's log",
        ],
    );
    let found = desk.verify_json(0, "--credential kiosk-07.credential plain.txt");
    assert_eq!(found["form"], "plain");
    assert_eq!(
        found["checks"],
        serde_json::json!(["operator_vouches", "credential_in_time", "kiosk_signed"])
    );
    let refused = desk.verify_json(1, "--trust trust.list --require-fresh plain.txt");
    assert_eq!(refused["code"], "status_not_fresh");
    let again = desk.says(2, "plain plain.txt");
    has(&again, &["only a full receipt can be made plain"]);
    has(
        &desk.says(0, "show plain.txt"),
        &["NOT CHECKED", "kiosk-07"],
    );
}

#[test]
fn a_wallet_shows_one_field_and_proves_its_holder() {
    let desk = Desk::new();
    let all = desk.verify(0, "wallet.txt");
    has(
        &all,
        &[
            "Field       name: 张三\n",
            "Field       birth_date: 1990-05-01\n",
            "Not shown   0 of 2 fields to share\n",
            "no proof was asked for: this may be a copy",
            "NOT PROVEN: the wallet form names its place",
        ],
    );
    let ask = "--nonce once-4711 --audience bank";
    let refused = desk.verify_json(1, &format!("{ask} wallet.txt"));
    assert_eq!(refused["code"], "key_binding_missing");

    let present = format!("present --show birth_date --holder-key holder.key {ask} wallet.txt");
    desk.keep("shown.txt", &present);
    let found = desk.verify_json(0, &format!("{ask} shown.txt"));
    assert_eq!(found["form"], "wallet");
    assert_eq!(found["holder"], "present");
    assert_eq!(
        found["fields"],
        serde_json::json!({ "birth_date": "1990-05-01" })
    );
    let refused = desk.verify_json(1, "--nonce other --audience bank shown.txt");
    assert_eq!(refused["code"], "key_binding_nonce");
    // Only a wallet can prove who shows it.
    let refused = desk.verify_json(1, &format!("{ask} full.txt"));
    assert_eq!(refused["code"], "key_binding_missing");
    let said = desk.says(2, "present --show address wallet.txt");
    has(&said, &["the resident did not share it"]);
}

#[test]
fn one_verification_is_taken_back_and_no_other() {
    let desk = Desk::new();
    let issued = desk.says(
        0,
        "status issue --operator-key operator.key --kiosk kiosk-07 --site hall-2 status.jwt",
    );
    has(
        &issued,
        &["urn:kiosk:status:hall-2/kiosk-07", "Entries     100000"],
    );
    for form in ["full.txt", "wallet.txt"] {
        let said = desk.verify(0, &format!("--status status.jwt --require-fresh {form}"));
        has(&said, &["Status      valid", " old\n"]);
    }
    desk.says(
        0,
        "status issue --operator-key operator.key --previous status.jwt --invalidate 2 status.jwt",
    );
    for form in ["full.txt", "wallet.txt"] {
        let refused = desk.verify_json(1, &format!("--status status.jwt {form}"));
        assert_eq!(refused["code"], "status_invalid");
    }
    let shown = desk.says(0, "status show --operator operator.pub --json status.jwt");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["exceptions"][0]["index"], 2);
    assert_eq!(shown["exceptions"][0]["status"], "invalid");

    // What no list can answer is not answered.
    desk.keep("plain.txt", "plain full.txt");
    let refused = desk.verify_json(1, "--trust trust.list --status status.jwt plain.txt");
    assert_eq!(refused["code"], "status_needs_log");
    let never_back = "status issue --operator-key operator.key --previous status.jwt \
                      --reinstate 2 status.jwt";
    has(
        &desk.says(2, never_back),
        &["invalid and cannot become valid"],
    );
    let forgotten = "status issue --operator-key operator.key --kiosk kiosk-07 --site hall-2 \
                     status.jwt";
    has(&desk.says(2, forgotten), &["give it with --previous too"]);
    has(
        &desk.verify(2, "--status trust.list full.txt"),
        &["status_list_malformed"],
    );
}

#[test]
fn lists_say_how_old_they_are_and_that_a_newer_one_is_due() {
    let desk = Desk::new();
    let said = desk.verify(0, "--trust trust.list full.txt");
    has(
        &said,
        &[
            "Trust list  number 1, of 2025-01-01T08:00:00Z, ",
            "days old",
        ],
    );
    has(
        &said,
        &["WARNING     the trust list is out of date: a newer one was due"],
    );
    has(
        &said,
        &["Status      not looked at: no status list was given"],
    );
    let found = desk.verify_json(0, "--trust trust.list full.txt");
    assert_eq!(found["trust"]["overdue"], true);
    assert_eq!(found["checks"].as_array().unwrap().len(), 6);
    assert_eq!(found["log"]["index"], 2);
}

/// The names of checks are none of the codes of refusals.
#[test]
fn a_check_that_held_is_not_named_like_a_refusal() {
    let desk = Desk::new();
    let found = desk.verify_json(0, "full.txt");
    let expected = [
        "operator_vouches",
        "credential_in_time",
        "kiosk_signed",
        "proof_leads_to_log",
        "kiosk_signed_log",
    ];
    assert_eq!(found["checks"], serde_json::json!(expected));
}

#[test]
fn a_picture_of_a_wallets_code_is_read_too() {
    let desk = Desk::new();
    desk.keep("name.txt", "present --show name wallet.txt");
    desk.keep("plain.txt", "plain full.txt");
    for (text, verify) in [("name.txt", ""), ("plain.txt", "--trust trust.list ")] {
        let content = std::fs::read_to_string(desk.path(text)).unwrap();
        let qr = QRBuilder::new(content.trim()).ecl(ECL::L).build().unwrap();
        desk.put("code.png", picture(&qr));
        has(&desk.verify(0, &format!("{verify}code.png")), &["GENUINE"]);
    }
}

#[test]
fn a_wallet_proof_in_several_codes_is_joined_from_pictures_and_texts_in_any_order() {
    let desk = Desk::new();
    let proof = std::fs::read_to_string(desk.path("wallet.txt")).unwrap();
    let parts = wallet::parts::split(&proof);
    let [first, second] = parts.as_slice() else {
        panic!("{} parts", parts.len());
    };
    let qr = QRBuilder::new(first.as_str()).ecl(ECL::L).build().unwrap();
    desk.put("first.png", picture(&qr));
    desk.put("second.txt", second);
    let whole = desk.verify(0, "wallet.txt");
    for files in ["first.png second.txt", "second.txt first.png second.txt"] {
        assert_eq!(desk.verify(0, files), whole);
        has(&desk.says(0, &format!("show {files}")), &["NOT CHECKED"]);
    }
    let missing = desk.verify(2, "first.png");
    has(&missing, &["1 of 2 parts of the wallet proof"]);
    let other = wallet::parts::split(&proof.replace('~', "~~"));
    desk.put("other.txt", &other[1]);
    let said = desk.verify(2, "first.png other.txt");
    has(&said, &["cannot join other.txt (part_of_other_proof)"]);
    let said = desk.verify(2, "first.png full.txt");
    has(&said, &["full.txt is no part of a wallet proof"]);
}

/// Six pixels a module, with the white border of ISO/IEC 18004.
fn picture(qr: &fast_qr::QRCode) -> Vec<u8> {
    let (module, border) = (6, 4);
    let side = (qr.size as u32 + 2 * border) * module;
    let picture = image::GrayImage::from_fn(side, side, |x, y| {
        let at = |pixel: u32| (pixel / module).checked_sub(border).map(|at| at as usize);
        let inside = at(x)
            .zip(at(y))
            .filter(|(x, y)| *x < qr.size && *y < qr.size);
        let dark = inside.is_some_and(|(x, y)| qr[y][x].value());
        image::Luma([if dark { 0 } else { 255 }])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}
