//! Somebody feeds a photograph of the card's holder into the camera's cable and moves it to and fro. No
//! network sees paper or a screen there; what gives it away is that a head would not move so.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::f32::consts::TAU;
use std::path::Path;

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

/// Pictures of one way there and back; the kiosk's simulated camera shows seven in a second.
const PICTURES: u16 = 22;
/// From the middle, pixels: half the distance between the eyes.
const ASIDE: f32 = 50.0;

#[test]
fn a_photograph_that_is_moved_is_not_taken_for_the_person() {
    let portraits = stories::workspace().join(".setup/portraits");
    let frames = tempfile::tempdir().unwrap();
    move_to_and_fro(&portraits.join("person_b_2.jpg"), frames.path());
    let card = portraits.join("person_b_1.jpg");
    let run = stories::play_with(
        "printed-photo",
        &[
            "--frames",
            frames.path().to_str().unwrap(),
            "--card-photo",
            card.to_str().unwrap(),
        ],
    );
    run.ends("referred", "doubtful_liveness"); // motion alone accuses nobody: an officer looks
    run.names_nobody();
}

fn move_to_and_fro(portrait: &Path, folder: &Path) {
    let photograph = image::open(portrait).unwrap().into_rgb8();
    let width = photograph.width() * 440 / photograph.height();
    let shown = imageops::resize(&photograph, width, 440, FilterType::Triangle);
    for number in 0..PICTURES {
        let mut frame = RgbImage::from_pixel(640, 480, Rgb([120, 118, 115]));
        let along = (TAU * f32::from(number) / f32::from(PICTURES)).sin();
        let left = i64::from((640 - width) / 2) + (ASIDE * along) as i64;
        imageops::replace(&mut frame, &shown, left, 40);
        frame.save(folder.join(format!("{number:02}.png"))).unwrap();
    }
}
