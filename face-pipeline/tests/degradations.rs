//! Each quality component moves steadily in its direction as an image gets worse, and in the end the
//! frame is refused for the reason that a person can act on.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

mod common;

use common::{FRAME, portrait, worsens};
use face_pipeline::Rejection;
use image::{Rgb, RgbImage, imageops};

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
        |a| a.quality.inter_eye_distance_px,
        false,
        Rejection::TooFar,
        &steps,
    );
}

#[test]
fn nearer_the_face_fills_the_frame() {
    let person = portrait("person_b_2");
    let steps = series(&[400, 460, 520, 640, 800], |height| close(&person, height));
    worsens(|a| a.quality.face_share, true, Rejection::TooClose, &steps);
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
    worsens(|a| a.quality.off_centre, true, Rejection::OffCentre, &steps);
}

#[test]
fn less_light_is_under_exposure() {
    let steps = series(&[1.0, 0.7, 0.45, 0.2], |factor| {
        changed(|_, _, v| v * factor)
    });
    worsens(|a| a.quality.luminance, false, Rejection::TooDark, &steps);
    let steps = series(&[0.7, 0.4, 0.3, 0.15], |factor| {
        changed(|_, _, v| v * factor)
    });
    worsens(
        |a| a.quality.under_exposed,
        true,
        Rejection::TooDark,
        &steps,
    );
}

#[test]
fn more_light_is_over_exposure() {
    let steps = series(&[1.0, 1.4, 1.8, 3.5], |factor| {
        changed(|_, _, v| v * factor)
    });
    worsens(
        |a| a.quality.over_exposed,
        true,
        Rejection::TooBright,
        &steps,
    );
}

#[test]
fn a_flat_picture_has_no_dynamic_range() {
    let steps = series(&[1.0, 0.5, 0.2, 0.06], |contrast| {
        changed(|_, _, v| 128.0 + (v - 128.0) * contrast)
    });
    worsens(
        |a| a.quality.dynamic_range_bits,
        false,
        Rejection::Blurred,
        &steps,
    );
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
    worsens(|a| a.quality.uniformity, false, Rejection::TooDark, &steps);
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
    worsens(|a| a.quality.backlight, true, Rejection::TooDark, &steps);
}

#[test]
fn out_of_focus_is_not_sharp() {
    let steps = series(&[0.3, 1.0, 2.0, 6.0], |sigma| {
        imageops::blur(&good(), sigma)
    });
    worsens(|a| a.quality.sharpness, false, Rejection::Blurred, &steps);
}
