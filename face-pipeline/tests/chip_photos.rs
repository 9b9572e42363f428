//! The photo of a card is assessed, too: one as a chip holds it serves as reference, one that is too
//! poor is refused for its reason, and none of these is taken for a photo without a face.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

mod common;

use common::{pipeline, portrait, view};
use face_pipeline::{Pipeline, ReferenceError, Rejection};
use image::{Rgb, RgbImage, imageops};

/// Head and shoulders as large as in a chip, the eyes a little above the middle.
fn chip(pipeline: &mut Pipeline, photo: &RgbImage) -> RgbImage {
    let face = pipeline.find(view(photo)).expect("no failure")[0].face;
    let [right, left, ..] = face.landmarks;
    let width = face.inter_eye_distance() * 3.7;
    let height = width * 126.0 / 102.0;
    let x = ((right.x + left.x - width) / 2.0).max(0.0);
    let y = ((right.y + left.y) / 2.0 - 0.45 * height).max(0.0);
    let [x, y, width, height] = [x, y, width, height].map(|v| v as u32);
    let head = imageops::crop_imm(photo, x, y, width, height).to_image();
    imageops::resize(&head, 102, 126, imageops::FilterType::Triangle)
}

fn lit(photo: &RgbImage, change: impl Fn(f32) -> f32) -> RgbImage {
    RgbImage::from_fn(photo.width(), photo.height(), |x, y| {
        let values = photo.get_pixel(x, y).0;
        Rgb(values.map(|v| change(f32::from(v)).clamp(0.0, 255.0) as u8))
    })
}

#[test]
fn chip_photos_of_all_portraits_serve_as_references() {
    let mut pipeline = pipeline();
    for name in ["person_a_1", "person_b_1", "person_b_2", "impostor_1"] {
        let photo = chip(&mut pipeline, &portrait(name));
        let reference = pipeline.reference(view(&photo)).expect(name);
        assert!(reference.quality().inter_eye_distance_px > 20.0, "{name}");
    }
}

#[test]
fn a_chip_photo_too_poor_to_compare_says_why() {
    let mut pipeline = pipeline();
    let photo = chip(&mut pipeline, &portrait("person_b_1"));
    let poor = [
        (imageops::thumbnail(&photo, 60, 74), Rejection::TooFar),
        (lit(&photo, |v| v * 0.12), Rejection::TooDark),
        (lit(&photo, |v| v * 0.1 + 228.0), Rejection::TooBright),
        (imageops::blur(&photo, 2.5), Rejection::Blurred),
    ];
    for (photo, expected) in poor {
        let refused = pipeline.reference(view(&photo)).expect_err("too poor");
        assert!(
            matches!(refused, ReferenceError::TooPoor(why) if why == expected),
            "{expected:?}: {refused}"
        );
    }
}
