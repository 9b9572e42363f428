//! A card whose photo is in the vendor's coding (WLT), as on every real card, and an integrator's
//! decoder for it in its locked-in process: what it decodes is compared with the person; one that
//! crashes or comes to no end refers the resident to an officer, and the kiosk goes on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use hal::sim::card::encode_photo;
use stories::Run;
use tempfile::TempDir;

/// The holder of the demo's card.
const PORTRAIT: &str = ".setup/portraits/person_b_1.jpg";
/// Bytes of the field, and of the header that a WebP file begins with.
const FIELD: usize = 1024;
const WEBP_HEADER: usize = 12;

#[test]
fn the_holder_of_a_card_with_a_coded_photo_is_verified() {
    let desk = Desk::with_photo(0);
    let run = desk.visit(&["--wlt-plugin", desk.decoder.to_str().unwrap()]);
    run.ends("verified", "all_factors_accepted");
    run.names_nobody();
    assert_eq!(run.receipt_holds()["decision"], "verified");
}

#[test]
fn a_decoder_that_crashes_or_hangs_refers_the_resident_and_the_kiosk_goes_on() {
    for act in [b'c', b'h'] {
        let desk = Desk::with_photo(act);
        let run = desk.visit(&["--wlt-plugin", desk.decoder.to_str().unwrap()]);
        run.ends("referred", "photo_undecodable");
        run.showed(&["card-reading", "receipt-referred", "attract"]);
        assert_eq!(run.receipt_holds()["decision"], "referred");
    }
}

#[test]
fn without_a_decoder_the_resident_is_referred() {
    let run = Desk::with_photo(0).visit(&[]);
    run.ends("referred", "photo_undecodable");
}

/// A coded photo, and the decoder in a folder of its own, which everybody may read: its process is
/// nobody's where the kiosk is root's.
struct Desk {
    _folder: TempDir,
    photo: PathBuf,
    decoder: PathBuf,
}

impl Desk {
    /// The byte behind the mark says what the decoder does with it (`tests/wlt-test-decoder`).
    fn with_photo(act: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let photo = folder.path().join("photo.wlt");
        fs::write(&photo, coded(act)).unwrap();
        let decoder = folder.path().join("libwlt.so");
        fs::copy(stories::built("libwlt_test_decoder.so"), &decoder).unwrap();
        Self {
            _folder: folder,
            photo,
            decoder,
        }
    }

    fn visit(&self, arguments: &[&str]) -> Run {
        let photo = ["--photo-field", self.photo.to_str().unwrap()];
        stories::play_with("genuine", &[&photo, arguments].concat())
    }
}

/// The portrait in the tests' own coding.
fn coded(act: u8) -> Vec<u8> {
    let portrait = stories::workspace().join(Path::new(PORTRAIT));
    let webp = encode_photo(&portrait, None).unwrap();
    let mut field = vec![b'W', b'L', b'f', act];
    field.extend(&webp[WEBP_HEADER..]);
    assert!(field.len() <= FIELD);
    field.resize(FIELD, 0);
    field
}
