//! The networks for presentation attacks look at a face at several crop scales: what passes at one of
//! them only does not pass.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

mod common;

use std::fs;
use std::time::Duration;

use common::{FRAME, manifest, portrait, runtime, view, weights};
use face_pipeline::{Capture, Error, Networks, Pipeline, Settings};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

/// As in the manifest.
const SCALES: &str = "[2.7, 1.8]";
const FUSION: &str = "\n[liveness.fusion]\n";

#[test]
fn a_picture_counts_as_what_it_is_at_the_scale_at_which_it_looks_worst() {
    let picture = before_a_bright_wall(&portrait("person_b_2"));
    let [wide, near, both, turned_round] = ["[2.7]", "[1.8]", SCALES, "[1.8, 2.7]"].map(|scales| {
        let mut pipeline = pipeline(scales).expect("networks at these scales");
        let image = of_image(&mut pipeline, &picture);
        [image, of_capture(&mut pipeline, &picture)]
    });
    for (of, wide) in wide.into_iter().enumerate() {
        assert!(
            wide < near[of] - 0.05,
            "the scales differ: {wide}, {near:?}"
        );
        assert_eq!([both[of], turned_round[of]], [wide; 2]);
    }
}

#[test]
fn networks_that_look_together_have_as_many_scales() {
    let entry = |text: &str| {
        let from = text.find("[[presentation_attack]]").expect("an entry");
        let to = text.find("[landmarks]").expect("the entry after it");
        text[from..to].to_owned()
    };
    let text = fs::read_to_string(manifest()).expect("the manifest");
    let one = entry(&text);
    let other = one.replace(SCALES, "[4.0]");
    assert_ne!(one, other);
    let error = load(&text.replace(&one, &format!("{one}{other}"))).expect_err("to be refused");
    let is_manifest = matches!(error, Error::ManifestContent { .. });
    assert!(
        is_manifest && error.to_string().contains("crop_scales"),
        "{error}"
    );
    let other = one.replace(SCALES, "[4.0, 2.0]");
    load(&text.replace(&one, &format!("{one}{other}"))).expect("two networks, two scales each");
}

/// A portrait whose surroundings are no room, which only a wide crop shows.
fn before_a_bright_wall(portrait: &RgbImage) -> RgbImage {
    const HEIGHT: u32 = 320;
    let width = portrait.width() * HEIGHT / portrait.height();
    let shown = imageops::resize(portrait, width, HEIGHT, FilterType::Triangle);
    let mut wall = RgbImage::from_pixel(FRAME.0, FRAME.1, Rgb([230; 3]));
    let [x, y] = [FRAME.0 - width, FRAME.1 - HEIGHT].map(|margin| i64::from(margin / 2));
    imageops::replace(&mut wall, &shown, x, y);
    wall
}

/// The networks alone, at these scales.
fn pipeline(scales: &str) -> Result<Pipeline, Error> {
    let text = fs::read_to_string(manifest()).expect("the manifest");
    assert!(text.contains(SCALES), "other scales in the manifest");
    let (above, from) = text.split_once(FUSION).expect("the table");
    let (_, below) = from.split_once("[[package]]").expect("the table after it");
    load(&format!("{above}\n[[package]]{below}").replace(SCALES, scales))
}

fn load(manifest: &str) -> Result<Pipeline, Error> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("manifest.toml");
    fs::write(&path, manifest).expect("a writable folder");
    let networks = Networks::load(&path, &weights(), &runtime(), 1)?;
    Pipeline::new(networks, Settings::default())
}

fn of_image(pipeline: &mut Pipeline, picture: &RgbImage) -> f32 {
    let found = pipeline.liveness(view(picture)).expect("no failure");
    found.expect("a face").0
}

/// Of a picture that is held still until it is decided about.
fn of_capture(pipeline: &mut Pipeline, picture: &RgbImage) -> f32 {
    let reference = pipeline.reference(view(picture));
    let mut capture = Capture::new(reference.expect("a face to compare with"));
    for number in 0..30 {
        let at = Duration::from_millis(number * 100);
        let step = pipeline.observe(&mut capture, view(picture), at);
        assert_eq!(step.expect("a frame").rejection, None);
    }
    capture.evidence().expect("a decision").scores.liveness
}
