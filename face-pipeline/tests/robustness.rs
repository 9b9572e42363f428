//! What a camera may send in the worst case: any bytes in any shape, dark, bright and mirrored
//! pictures, and people who come and go. Nothing panics, and the same frames say the same to the bit.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

mod common;

use std::cell::RefCell;
use std::time::Duration;

use common::{FORMATS, FRAME, pipeline, pipeline_with, portrait, view, watch_living};
use face_pipeline::{Capture, ImageView, PixelFormat, Rejection, Settings, Step};
use image::{Rgb, RgbImage, imageops};
use proptest::prelude::*;

#[test]
fn any_bytes_in_any_shape_give_the_same_answer_twice() {
    let pipelines = [0_u16, 90, 180, 270].map(|degrees| {
        RefCell::new(pipeline_with(Settings {
            rotation: degrees.try_into().expect("a right angle"),
            ..Settings::default()
        }))
    });
    let person = portrait("person_b_1");
    let shape = (1_usize..400, 1_usize..400, 0_usize..9);
    let format = prop::sample::select(FORMATS.to_vec());
    let strategy = (shape, format, 0_usize..4, any::<bool>(), any::<Vec<u8>>());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(40));
    let passed = runner.run(
        &strategy,
        |((width, height, gap), format, rotation, with_face, bytes)| {
            let (width, height) = (width.next_multiple_of(2), height.next_multiple_of(2));
            let stride = width * format.bytes_per_pixel() + gap;
            let mut data = vec![128; stride * format.rows(height)];
            if with_face {
                lay(&mut data, &person, (width, height, stride), format);
            }
            let changes =
                bytes
                    .iter()
                    .cycle()
                    .take(if bytes.is_empty() { 0 } else { data.len() / 5 });
            data.iter_mut()
                .rev()
                .zip(changes)
                .for_each(|(v, c)| *v ^= c);
            let image =
                ImageView::new(&data, width, height, stride, format).expect("consistent geometry");
            let mut pipeline = pipelines[rotation].borrow_mut();
            let mut look = || -> Vec<Step> {
                let reference = pipeline.reference(view(&person)).expect("a photo");
                let mut capture = Capture::new(reference);
                let times = [0, 100, 200].map(Duration::from_millis);
                let steps = times.map(|at| pipeline.observe(&mut capture, image, at));
                steps.map(|step| step.expect("a step")).into()
            };
            prop_assert_eq!(format!("{:?}", look()), format!("{:?}", look()));
            Ok(())
        },
    );
    passed.expect("no image brings it down");
}

/// The person's luminance as the first plane of an image.
fn lay(
    data: &mut [u8],
    person: &RgbImage,
    (width, height, stride): (usize, usize, usize),
    format: PixelFormat,
) {
    let size = (width as u32, height as u32);
    let small = imageops::resize(person, size.0, size.1, imageops::FilterType::Triangle);
    let bytes = format.bytes_per_pixel();
    for (x, y, pixel) in small.enumerate_pixels() {
        let at = y as usize * stride + x as usize * bytes;
        let values = if format == PixelFormat::Yuyv {
            1
        } else {
            bytes
        };
        data[at..at + values].fill(pixel.0[1]);
    }
}

#[test]
fn pictures_too_dark_or_too_bright_to_see_are_refused_for_that() {
    let mut pipeline = pipeline();
    let good = common::frame(&portrait("person_b_2"), 460, 0);
    for strength in [0.0, 0.01, 0.05, 0.15, 3.5, 8.0, 50.0] {
        let frame = RgbImage::from_fn(FRAME.0, FRAME.1, |x, y| {
            let shown = |v: u8| (f32::from(v) * strength).min(255.0) as u8;
            Rgb(good.get_pixel(x, y).0.map(shown))
        });
        let reference = pipeline.reference(view(&good)).expect("a photo");
        let step = pipeline
            .observe(&mut Capture::new(reference), view(&frame), Duration::ZERO)
            .expect("a step");
        let wrong = if strength < 1.0 {
            Rejection::TooDark
        } else {
            Rejection::TooBright
        };
        let expected = [Some(Rejection::NoFace), Some(wrong)];
        assert!(expected.contains(&step.rejection), "{strength}: {step:?}");
    }
}

#[test]
fn a_mirrored_picture_shows_the_same_person() {
    let mut pipeline = pipeline();
    let card = portrait("person_b_1");
    let mirrored = imageops::flip_horizontal(&portrait("person_b_2"));
    let mut capture = Capture::new(pipeline.reference(view(&card)).expect("a photo"));

    watch_living(&mut pipeline, &mut capture, &mirrored);

    let evidence = capture.evidence().expect("a decision");
    assert!(evidence.comparison.is_accepted(), "{evidence:?}");
}

#[test]
fn somebody_far_behind_disturbs_nobody_and_somebody_beside_is_one_too_many() {
    let mut pipeline = pipeline();
    let card = portrait("person_b_1");
    let mut beside = |height: u32| {
        let mut frame = common::frame(&portrait("person_b_2"), 420, -140);
        let other = portrait("impostor_1");
        let width = other.width() * height / other.height();
        let other = imageops::resize(&other, width, height, imageops::FilterType::Triangle);
        imageops::replace(&mut frame, &other, 620 - i64::from(width), 60);
        let reference = pipeline.reference(view(&card)).expect("a photo");
        let mut capture = Capture::new(reference);
        let step = pipeline.observe(&mut capture, view(&frame), Duration::ZERO);
        step.expect("a step").rejection
    };
    assert_eq!(beside(150), None);
    assert_eq!(beside(400), Some(Rejection::SeveralFaces));
}

#[test]
fn who_cannot_show_their_mouth_closed_is_taken_as_they_are_after_a_while() {
    let mut pipeline = pipeline_with(Settings {
        quality: face_pipeline::QualityLimits {
            features: face_pipeline::FeatureLimits {
                max_mouth_open: 0.0, // nobody keeps it
                ..Default::default()
            },
            ..Default::default()
        },
        ..Settings::default()
    });
    let card = portrait("person_b_1");
    let frame = common::frame(&portrait("person_b_2"), 460, 0);
    let mut capture = Capture::new(pipeline.reference(view(&card)).expect("a photo"));
    let mut refused_until = Duration::ZERO;
    for number in 0..80 {
        let at = Duration::from_millis(number * 100);
        let step = pipeline
            .observe(&mut capture, view(&frame), at)
            .expect("a step");
        if step.rejection == Some(Rejection::MouthOpen) {
            refused_until = at;
        }
    }
    assert_eq!(refused_until, Duration::from_millis(2900));
    assert!(
        capture
            .evidence()
            .expect("a decision")
            .comparison
            .is_accepted()
    );
}
