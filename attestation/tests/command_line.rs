//! The program as a clerk uses it: a screenshot or a text goes in; plain words and an exit code
//! come out.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use attestation::{Decision, OperatorKey, Reason};
use common::{Kiosk, claims};
use fast_qr::{ECL, QRBuilder};
use image::{GrayImage, ImageFormat, Luma};
use serde_json::Value;

/// The kiosk's screen.
const SCREEN_PX: (u32, u32) = (1080, 1920);
/// The side of the place for the code, with its white border.
const CODE_PX: u32 = 984;
/// White around the code (ISO/IEC 18004: 4 modules).
const QUIET_MODULES: u32 = 4;

struct Desk {
    kiosk: Kiosk,
}

impl Desk {
    /// A clerk has the operator's public key in a file.
    fn new(entries: u64) -> Self {
        let kiosk = Kiosk::with_entries(entries);
        let desk = Self { kiosk };
        desk.put("operator.pub", desk.kiosk.operator_public().to_pem());
        desk
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.kiosk.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn receipt(&mut self) -> String {
        let number = self.kiosk.log.size().unwrap();
        self.kiosk.commit(&claims(number)).receipt().encode()
    }

    fn receipt_of(&self, index: u64) -> String {
        let attestation = self.kiosk.log.attestation(index).unwrap();
        attestation.unwrap().receipt().encode()
    }

    fn verify(&self, receipt: &Path) -> Output {
        self.run(&["verify", "--operator", "operator.pub"], receipt)
    }

    fn run(&self, arguments: &[&str], receipt: &Path) -> Output {
        self.program()
            .args(arguments)
            .arg(receipt)
            .output()
            .unwrap()
    }

    fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_receipt"));
        program.current_dir(self.kiosk.folder.path());
        program
    }
}

fn told(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// The screen with the code in its middle.
fn screenshot(text: &str) -> GrayImage {
    let qr = QRBuilder::new(text).ecl(ECL::M).build().unwrap();
    let modules = qr.size as u32 + 2 * QUIET_MODULES;
    let module = CODE_PX / modules;
    let (left, top) = ((SCREEN_PX.0 - modules * module) / 2, 500);
    GrayImage::from_fn(SCREEN_PX.0, SCREEN_PX.1, |x, y| {
        let place = |at: u32, start| at.checked_sub(start).map(|d| d / module);
        match (place(x, left), place(y, top)) {
            (Some(x), Some(y)) if x < modules && y < modules => {
                let inner = QUIET_MODULES..modules - QUIET_MODULES;
                let dark = inner.contains(&x)
                    && inner.contains(&y)
                    && qr[(y - QUIET_MODULES) as usize][(x - QUIET_MODULES) as usize].value();
                Luma([if dark { 0 } else { 255 }])
            }
            _ => Luma([40]),
        }
    })
}

fn encoded(picture: &GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// In an old log a receipt proves a part of the log, and no head of it.
#[test]
fn what_is_said_about_the_log_is_true_of_a_part_of_it() {
    let mut desk = Desk::new(511);
    let text = desk.receipt();
    let told = |desk: &Desk, text: &str| {
        let receipt = desk.put("receipt.txt", text);
        String::from_utf8(desk.verify(&receipt).stdout).unwrap()
    };
    let in_part = told(&desk, &text);
    assert!(in_part.contains("proven among those from"), "{in_part}");
    assert!(!in_part.contains("head of"), "{in_part}");
    assert!(in_part.contains("+ this kiosk signed that part of its log\n"));
    let in_all = told(&desk, &desk.receipt_of(0));
    assert!(in_all.contains("+ this kiosk signed that head of its log\n"));
}

#[test]
fn a_screenshot_of_the_kiosk_is_found_genuine() {
    let mut desk = Desk::new(62);
    let picture = screenshot(&desk.receipt());
    for (name, format) in [
        ("screen.png", ImageFormat::Png),
        ("screen.jpg", ImageFormat::Jpeg),
    ] {
        // The name says nothing: content decides.
        let file = desk.put(&name.replace('.', "-"), encoded(&picture, format));
        let output = desk.verify(&file);
        let words = told(&output);
        assert_eq!(code(&output), 0, "{name}: {words}");
        for part in [
            "GENUINE RECEIPT: the person was VERIFIED\n",
            "verified",
            "kiosk-07",
            "hall-2",
            "2025-01-01T08:00:00Z, clock synchronised",
            "residence",
            "resident identity card, in force, read through the reader's security module",
            "accepted, strongly",
            "this kiosk signed exactly these statements",
        ] {
            assert!(words.contains(part), "{part:?} is not in: {words}");
        }
    }
}

#[test]
fn a_text_is_found_genuine_from_a_file_and_from_standard_input() {
    let mut desk = Desk::new(0);
    let text = format!("{}\n", desk.receipt());
    let file = desk.put("receipt.txt", &text);
    assert_eq!(code(&desk.verify(&file)), 0);

    let mut child = desk
        .program()
        .args(["verify", "--operator", "operator.pub", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(code(&output), 0);
    assert_eq!(found["holds"], true);
    assert_eq!(found["claims"]["decision"], "verified");
    assert_eq!(found["claims"]["factors"]["face"], "strong");
    assert_eq!(found["claims"]["issued_at"], "2025-01-01T08:00:00Z");
}

#[test]
fn a_link_to_a_receipt_is_found_genuine_as_text_and_as_code() {
    let mut desk = Desk::new(5);
    let committed = desk.kiosk.commit(&claims(5));
    let url = committed.receipt().to_url("https://check.example.org/r");
    let url = url.unwrap();
    let text = desk.put("link.txt", &url);
    assert_eq!(code(&desk.verify(&text)), 0);
    let picture = encoded(&screenshot(&url), ImageFormat::Png);
    let output = desk.verify(&desk.put("link.png", picture));
    assert_eq!(code(&output), 0, "{}", told(&output));
}

const REQUIRE: &[&str] = &[
    "verify",
    "--operator",
    "operator.pub",
    "--require",
    "verified",
];

/// The exit code alone must not let an impostor in where `--require verified` is given.
#[test]
fn a_decision_against_the_person_is_genuine_too_and_says_why() {
    let mut desk = Desk::new(0);
    for (number, decision, headline) in [
        (
            0,
            Decision::NotVerified(Reason::PresentationAttack),
            "GENUINE RECEIPT, but the person was NOT VERIFIED: a picture or mask was shown to the \
             camera\n",
        ),
        (
            1,
            Decision::Referred(Reason::KioskFault),
            "GENUINE RECEIPT: referred to an officer, not decided: the kiosk could not do its \
             part\n",
        ),
    ] {
        let mut other = claims(number);
        other.decision = decision;
        let text = desk.kiosk.commit(&other).receipt().encode();
        let file = desk.put("receipt.txt", text);
        let output = desk.verify(&file);
        assert_eq!(code(&output), 0);
        assert!(told(&output).starts_with(headline), "{}", told(&output));

        let output = desk.run(REQUIRE, &file);
        assert_eq!(code(&output), 1);
        assert!(told(&output).starts_with("NOT ACCEPTED: ") && told(&output).contains(headline));
        let output = desk.run(&[REQUIRE, &["--json"]].concat(), &file);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((code(&output), &found["holds"]), (1, &Value::Bool(true)));
        assert_eq!(found["requirement_met"], false);
    }
}

#[test]
fn a_required_decision_that_was_made_is_accepted_and_a_refusal_stays_one() {
    let mut desk = Desk::new(0);
    let mut text = desk.receipt();
    let output = desk.run(REQUIRE, &desk.put("receipt.txt", &text));
    assert_eq!(code(&output), 0, "{}", told(&output));
    assert!(told(&output).starts_with("GENUINE RECEIPT: the person was VERIFIED\n"));

    text.pop();
    let output = desk.run(REQUIRE, &desk.put("receipt.txt", &text));
    assert_eq!(code(&output), 1);
    assert!(told(&output).starts_with("REFUSED ("), "{}", told(&output));
}

#[test]
fn another_operators_receipt_is_refused_with_the_reason() {
    let mut desk = Desk::new(0);
    let text = desk.receipt();
    let file = desk.put("receipt.txt", text);
    let other = OperatorKey::generate().unwrap().public();
    desk.put("operator.pub", other.to_pem());
    let output = desk.verify(&file);
    assert_eq!(code(&output), 1);
    assert!(told(&output).starts_with("REFUSED (credential_signature)"));

    let output = desk.run(&["verify", "--operator", "operator.pub", "--json"], &file);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((code(&output), &found["holds"]), (1, &Value::Bool(false)));
    assert_eq!(found["code"], "credential_signature");
}

#[test]
fn a_changed_character_is_refused_in_a_text_and_in_a_code() {
    let mut desk = Desk::new(3);
    let mut text = desk.receipt().into_bytes();
    text[300] = if text[300] == b'0' { b'1' } else { b'0' };
    let text = String::from_utf8(text).unwrap();
    let files = [
        desk.put("receipt.txt", &text),
        desk.put("screen.png", encoded(&screenshot(&text), ImageFormat::Png)),
    ];
    for file in files {
        let output = desk.verify(&file);
        assert_eq!(code(&output), 1);
        assert!(told(&output).starts_with("REFUSED ("));
    }
}

#[test]
fn showing_is_not_checking() {
    let mut desk = Desk::new(0);
    let text = desk.receipt();
    let file = desk.put("receipt.txt", text);
    let output = desk.run(&["show"], &file);
    assert_eq!(code(&output), 0);
    assert!(told(&output).starts_with("NOT CHECKED"));
    assert!(!told(&output).contains("GENUINE"));
    let output = desk.run(&["show", "--json"], &file);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["checked"], false);
}

#[test]
fn what_cannot_be_read_says_what_to_do() {
    let desk = Desk::new(0);
    let picture = encoded(&GrayImage::new(200, 200), ImageFormat::Png);
    for (file, advice) in [
        (PathBuf::from("nothing-here"), "check that it is there"),
        (desk.put("empty.png", &picture), "take the picture again"),
        (desk.put("cut.png", &picture[..60]), "cannot be decoded"),
        (desk.put("bytes", [0xff; 100]), "neither a PNG or JPEG"),
        (
            desk.put("huge", vec![b'A'; (16 << 20) + 1]),
            "is larger than",
        ),
    ] {
        let output = desk.verify(&file);
        assert_eq!(code(&output), 2, "{file:?}");
        assert!(told(&output).contains(advice), "{}", told(&output));
    }
    let output = desk.run(&["verify", "--operator", "empty.png"], Path::new("x"));
    assert_eq!(code(&output), 2);
    assert!(told(&output).contains("ask the operator for the file operator.pub"));
    assert_eq!(code(&desk.program().output().unwrap()), 2);
}

/// A picture that says it is enormous must not be believed.
#[test]
fn a_picture_with_impossible_dimensions_is_refused_before_it_is_decoded() {
    let desk = Desk::new(0);
    let mut picture = encoded(&GrayImage::new(8, 8), ImageFormat::Png);
    picture[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let output = desk.verify(&desk.put("bomb.png", picture));
    assert_eq!(code(&output), 2);
    assert!(told(&output).contains("cannot be decoded"));
}

#[test]
fn a_receipt_of_a_log_of_a_few_hundred_usually_fits_93_modules() {
    let mut desk = Desk::new(300);
    let text = desk.receipt();
    let qr = QRBuilder::new(text.as_str()).ecl(ECL::M).build().unwrap();
    assert!(qr.size <= 93, "{} modules", qr.size);
    assert!(text.len() <= 909, "{} characters", text.len());
}
