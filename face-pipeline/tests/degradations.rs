//! Each quality component moves steadily in its direction as an image gets worse, and in the end the
//! frame is refused for the reason that a person can act on.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

mod common;

use common::{FRAME, pipeline, portrait, view};
use face_pipeline::{Finding, Pipeline, Quality, Rejection};
use image::{Rgb, RgbImage, imageops};

/// A component, and what it is after a degradation of each strength.
type Component = fn(&Quality) -> f32;

/// Makes a good frame worse step by step: the component falls (or, with `rises`, rises) at each, and
/// the last one is refused.
fn worsens(component: Component, rises: bool, refused: Rejection, steps: &[RgbImage]) {
    let mut pipeline = pipeline();
    let found: Vec<Finding> = steps
        .iter()
        .map(|step| main_face(&mut pipeline, step))
        .collect();
    assert_eq!(found[0].rejection, None, "{:?}", found[0].quality);
    let values: Vec<f32> = found.iter().map(|f| component(&f.quality)).collect();
    let steady = values.windows(2).all(|pair| {
        if rises {
            pair[1] > pair[0]
        } else {
            pair[1] < pair[0]
        }
    });
    assert!(steady, "{values:?}");
    let last = found.last().expect("steps");
    assert_eq!(
        last.rejection,
        Some(refused),
        "{values:?} {:?}",
        last.quality
    );
}

fn main_face(pipeline: &mut Pipeline, frame: &RgbImage) -> Finding {
    *pipeline
        .find(view(frame))
        .expect("no failure")
        .first()
        .expect("a face")
}

fn good() -> RgbImage {
    common::frame(&portrait("person_b_2"), 460, 0)
}

/// The good frame, each pixel changed by its place and value.
fn changed(change: impl Fn(u32, u32, f32) -> f32) -> RgbImage {
    let frame = good();
    RgbImage::from_fn(FRAME.0, FRAME.1, |x, y| {
        Rgb(frame
            .get_pixel(x, y)
            .0
            .map(|v| change(x, y, f32::from(v)).clamp(0.0, 255.0) as u8))
    })
}

fn series<T: Copy>(strengths: &[T], frame: impl Fn(T) -> RgbImage) -> Vec<RgbImage> {
    strengths.iter().map(|s| frame(*s)).collect()
}

#[test]
fn further_away_the_eyes_come_closer_together() {
    let person = portrait("person_b_2");
    let steps = series(&[460, 380, 300, 220], |height| {
        common::frame(&person, height, 0)
    });
    worsens(
        |q| q.inter_eye_distance_px,
        false,
        Rejection::TooFar,
        &steps,
    );
}

#[test]
fn nearer_the_face_fills_the_frame() {
    let person = portrait("person_b_2");
    let steps = series(&[400, 460, 520, 640, 800], |height| close(&person, height));
    worsens(|q| q.face_share, true, Rejection::TooClose, &steps);
}

/// The portrait, however tall, its head kept in the frame.
fn close(person: &RgbImage, height: u32) -> RgbImage {
    let width = person.width() * height / person.height();
    let shown = imageops::resize(person, width, height, imageops::FilterType::Triangle);
    let mut frame = RgbImage::from_pixel(FRAME.0, FRAME.1, Rgb([120, 118, 115]));
    let (x, y) = (i64::from(FRAME.0 / 2) - i64::from(width / 2), 20);
    imageops::replace(&mut frame, &shown, x, y - (i64::from(height) - 400) / 3);
    frame
}

#[test]
fn aside_the_face_leaves_the_middle() {
    let person = portrait("person_b_2");
    let steps = series(&[0, 60, 120, 180], |aside| {
        common::frame(&person, 460, aside)
    });
    worsens(|q| q.off_centre, true, Rejection::OffCentre, &steps);
}

#[test]
fn less_light_is_under_exposure() {
    let steps = series(&[1.0, 0.7, 0.45, 0.2], |factor| {
        changed(|_, _, v| v * factor)
    });
    worsens(|q| q.luminance, false, Rejection::TooDark, &steps);
    let steps = series(&[0.7, 0.4, 0.3, 0.15], |factor| {
        changed(|_, _, v| v * factor)
    });
    worsens(|q| q.under_exposed, true, Rejection::TooDark, &steps);
}

#[test]
fn more_light_is_over_exposure() {
    let steps = series(&[1.0, 1.4, 1.8, 3.5], |factor| {
        changed(|_, _, v| v * factor)
    });
    worsens(|q| q.over_exposed, true, Rejection::TooBright, &steps);
}

#[test]
fn a_flat_picture_has_no_dynamic_range() {
    let steps = series(&[1.0, 0.5, 0.2, 0.06], |contrast| {
        changed(|_, _, v| 128.0 + (v - 128.0) * contrast)
    });
    worsens(|q| q.dynamic_range_bits, false, Rejection::Blurred, &steps);
}

#[test]
fn light_from_one_side_makes_the_halves_unlike() {
    let steps = series(&[0.0, 0.3, 0.6, 0.9], |shadow| {
        let middle = FRAME.0 as f32 / 2.0;
        changed(|x, _, v| {
            let into = ((x as f32 - middle) / 40.0).clamp(-0.5, 0.5) + 0.5;
            (v + 30.0) * (1.0 - shadow * into)
        })
    });
    worsens(|q| q.uniformity, false, Rejection::TooDark, &steps);
}

#[test]
fn light_from_behind_is_backlight() {
    const HEIGHT: u32 = 330;
    let person = portrait("person_b_2");
    let shown = person.width() * HEIGHT / person.height();
    let behind = |x: u32, y: u32| x.abs_diff(FRAME.0 / 2) > shown / 2 || y < FRAME.1 - HEIGHT;
    let steps = series(&[0.0, 40.0, 80.0, 137.0], |brighter| {
        let mut frame = common::frame(&person, HEIGHT, 0);
        for (x, y, pixel) in frame.enumerate_pixels_mut() {
            let change = |v: f32| if behind(x, y) { v + brighter } else { v * 0.45 };
            *pixel = Rgb(pixel
                .0
                .map(|v| change(f32::from(v)).clamp(0.0, 255.0) as u8));
        }
        frame
    });
    worsens(|q| q.backlight, true, Rejection::TooDark, &steps);
}

#[test]
fn out_of_focus_is_not_sharp() {
    let steps = series(&[0.3, 1.0, 2.0, 6.0], |sigma| {
        imageops::blur(&good(), sigma)
    });
    worsens(|q| q.sharpness, false, Rejection::Blurred, &steps);
}
