//! A living person, a screen and a bystander before two cameras, of which one sees infrared light only:
//! what the second one shows beside the frames of the first, and what it counts.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot start fails"
)]

mod common;

use std::time::Duration;

use common::{FRAME, pipeline, pipeline_with, portrait, view};
use face_pipeline::{
    Band, Capture, Evidence, ImageView, Infrared, Pipeline, PixelFormat, Settings, Step,
};
use image::{GrayImage, ImageBuffer, Luma, RgbImage, imageops};

/// Luminance of what is lit by the camera's lamp, and of a switched-off screen.
const LIT: u8 = 70;
const GLASS: u8 = 9;

/// What the frame's own grey is beside itself, so far to the right: two lenses side by side.
fn beside(frame: &RgbImage, aside: i64) -> GrayImage {
    let mut seen = ImageBuffer::from_pixel(FRAME.0, FRAME.1, Luma([LIT]));
    imageops::replace(&mut seen, &imageops::grayscale(frame), aside, 0);
    seen
}

fn grey(image: &GrayImage) -> ImageView<'_> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    ImageView::packed(image.as_raw(), width, height, PixelFormat::Grey8).expect("an image")
}

/// Holds a portrait before both cameras, at ten frames a second, until a decision.
fn capture(
    pipeline: &mut Pipeline,
    companion: impl Fn(&RgbImage, u64) -> Option<GrayImage>,
) -> (Vec<Step>, Evidence) {
    let card = portrait("person_b_1");
    let person = portrait("person_b_2");
    let mut capture = Capture::new(pipeline.reference(view(&card)).expect("a photo"));
    let mut steps = Vec::new();
    for number in 0..200 {
        let frame = common::frame(&person, 460, 0);
        let companion = companion(&frame, number);
        let at = Duration::from_millis(100 * number);
        let step =
            pipeline.observe_pair(&mut capture, view(&frame), companion.as_ref().map(grey), at);
        steps.push(step.expect("a step"));
        if let Some(evidence) = capture.evidence() {
            return (steps, evidence);
        }
    }
    panic!("no decision: {:?}", steps.last());
}

#[test]
fn who_is_seen_in_infrared_light_too_is_accepted_as_before() {
    let mut pipeline = pipeline();
    let (alone, without) = capture(&mut pipeline, |_, _| None);
    let (pairs, with) = capture(&mut pipeline, |frame, _| Some(beside(frame, 60)));
    assert_eq!(without.infrared, Infrared::Unknown);
    assert_eq!(with.infrared, Infrared::Face);
    assert!(with.liveness.is_accepted(), "{with:?}");
    // A companion leaves no trace on what the visible frames say.
    let infrared = Infrared::Unknown;
    assert_eq!(Evidence { infrared, ..with }, without);
    let seen = |steps: Vec<Step>| -> Vec<_> {
        let each = steps.into_iter().map(|s| (s.rejection, s.face, s.progress));
        each.collect()
    };
    assert_eq!(seen(pairs), seen(alone));
}

#[test]
fn a_screen_that_is_dark_in_infrared_light_is_for_an_officer() {
    let mut pipeline = pipeline();
    let (_, evidence) = capture(&mut pipeline, |_, _| {
        let mut seen = GrayImage::from_pixel(FRAME.0, FRAME.1, Luma([LIT]));
        let glass = GrayImage::from_pixel(FRAME.0 - 80, FRAME.1 - 60, Luma([GLASS]));
        imageops::replace(&mut seen, &glass, 40, 30);
        Some(seen)
    });
    assert_eq!(evidence.infrared, Infrared::NoFace);
    assert_eq!(evidence.liveness, Band::Doubtful);
    assert!(evidence.comparison.is_accepted(), "it shows the holder");
}

#[test]
fn darkness_is_no_proof_either_way() {
    let mut pipeline = pipeline();
    let (_, evidence) = capture(&mut pipeline, |_, number| {
        Some(GrayImage::from_pixel(
            FRAME.0,
            FRAME.1,
            Luma([(number % 3) as u8]),
        ))
    });
    assert_eq!(evidence.infrared, Infrared::NoLight);
    assert_eq!(evidence.liveness, Band::Doubtful);
}

#[test]
fn a_lamp_that_flashes_with_every_second_picture_is_well() {
    let mut pipeline = pipeline();
    let (_, evidence) = capture(&mut pipeline, |frame, number| {
        Some(if number % 2 == 0 {
            GrayImage::new(FRAME.0, FRAME.1)
        } else {
            beside(frame, 0)
        })
    });
    assert_eq!(evidence.infrared, Infrared::Face);
    assert!(evidence.liveness.is_accepted(), "{evidence:?}");
}

/// The attacker beside the screen, or somebody far behind it, has a face in infrared light.
#[test]
fn somebody_elses_face_elsewhere_does_not_count() {
    let mut pipeline = pipeline();
    for (height, x, y) in [(240, 470, 200), (110, 280, 120)] {
        let other = portrait("impostor_1");
        let width = other.width() * height / other.height();
        let small = imageops::resize(&other, width, height, imageops::FilterType::Triangle);
        let small = imageops::grayscale(&small);
        let mut seen = GrayImage::from_pixel(FRAME.0, FRAME.1, Luma([LIT]));
        imageops::replace(&mut seen, &small, x, y);
        assert_eq!(pipeline.find(grey(&seen)).expect("no failure").len(), 1);
        let (_, evidence) = capture(&mut pipeline, |_, _| Some(seen.clone()));
        assert_eq!(
            evidence.infrared,
            Infrared::NoFace,
            "{height} px at {x}, {y}"
        );
        assert_eq!(evidence.liveness, Band::Doubtful);
    }
}

#[test]
fn both_cameras_are_mounted_alike_and_need_not_have_the_same_size() {
    let settings = Settings {
        rotation: 90.try_into().expect("a right angle"),
        ..Settings::default()
    };
    let mut pipeline = pipeline_with(settings);
    let card = portrait("person_b_1");
    let mut capture = Capture::new(pipeline.reference(view(&card)).expect("a photo"));
    let frame = common::frame(&portrait("person_b_2"), 460, 0);
    let mounted = imageops::rotate270(&frame);
    let small = imageops::resize(
        &imageops::rotate270(&beside(&frame, 40)),
        300,
        400,
        imageops::FilterType::Triangle,
    );
    let mut evidence = None;
    for number in 0..30 {
        let at = Duration::from_millis(100 * number);
        let step = pipeline
            .observe_pair(&mut capture, view(&mounted), Some(grey(&small)), at)
            .expect("a step");
        evidence = evidence.or(step.evidence);
    }
    assert_eq!(evidence.expect("a decision").infrared, Infrared::Face);
}
