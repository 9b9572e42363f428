//! Images from outside: bytes and geometry have to agree, and no image, however odd, brings the
//! pipeline down.

mod common;

use std::cell::RefCell;
use std::time::Duration;

use common::{FORMATS, pipeline, portrait, view};
use face_pipeline::{Capture, ImageView, PixelFormat};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_view_is_made_exactly_when_its_rows_lie_inside_the_bytes(
        len in 0_usize..5000,
        width in 0_usize..80,
        height in 0_usize..80,
        stride in 0_usize..300,
        format in prop::sample::select(FORMATS.to_vec()),
    ) {
        let data = vec![0; len];
        let row = width * format.bytes_per_pixel();
        let fits = width > 0
            && height > 0
            && !(format == PixelFormat::Yuyv && width % 2 == 1)
            && !(format == PixelFormat::Nv12 && (width % 2 == 1 || height % 2 == 1))
            && stride >= row
            && len >= stride * (format.rows(height) - 1) + row;
        prop_assert_eq!(ImageView::new(&data, width, height, stride, format).is_ok(), fits);
    }

    #[test]
    fn absurd_sizes_are_refused_without_overflow(width: usize, height: usize, stride: usize) {
        let small = [0; 16];
        let result = ImageView::new(&small, width, height, stride, PixelFormat::Rgb8);
        prop_assert!(result.is_err() || width * height <= 16);
    }
}

#[test]
fn images_of_any_size_format_and_stride_pass_through() {
    let pipeline = RefCell::new(pipeline());
    let card = portrait("person_a_1");
    let strategy = (
        1_usize..90,
        1_usize..90,
        0_usize..9,
        prop::sample::select(FORMATS.to_vec()),
        any::<u64>(),
    );
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(60));
    let passed = runner.run(&strategy, |(width, height, gap, format, seed)| {
        let width = width.next_multiple_of(if format == PixelFormat::Yuyv { 2 } else { 1 });
        let (width, height) = match format {
            PixelFormat::Nv12 => (width.next_multiple_of(2), height.next_multiple_of(2)),
            _ => (width, height),
        };
        let stride = width * format.bytes_per_pixel() + gap;
        let data = noise(stride * format.rows(height), seed);
        let image =
            ImageView::new(&data, width, height, stride, format).expect("consistent geometry");
        let mut pipeline = pipeline.borrow_mut();
        let mut capture = Capture::new(pipeline.reference(view(&card)).expect("a photo"));
        pipeline
            .observe(&mut capture, image, Duration::ZERO)
            .expect("a step");
        let _ = pipeline.reference(image);
        pipeline.liveness(image).expect("no failure");
        pipeline.mesh(image).expect("no failure");
        Ok(())
    });
    passed.expect("no image brings it down");
}

#[test]
fn very_long_and_very_large_images_pass_through() {
    let mut pipeline = pipeline();
    for (width, height) in [(8192, 1), (1, 8192), (8192, 3), (4000, 3000)] {
        let data = vec![128; width * height];
        let image = ImageView::packed(&data, width, height, PixelFormat::Grey8)
            .expect("within the largest size");
        assert!(pipeline.find(image).expect("no failure").is_empty());
        assert!(pipeline.reference(image).is_err());
    }
}

#[test]
fn a_face_is_the_same_face_in_every_pixel_format_and_stride() {
    let mut pipeline = pipeline();
    let frame = common::frame(&portrait("person_b_1"), 460, 0);
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let expected = pipeline.find(view(&frame)).expect("no failure")[0].face;

    for (format, bytes) in [
        (PixelFormat::Bgr8, pixels(&frame, |[r, g, b]| vec![b, g, r])),
        (PixelFormat::Yuyv, yuyv(&frame)),
        (PixelFormat::Nv12, nv12(&frame)),
        (
            PixelFormat::Grey8,
            pixels(&frame, |[r, g, b]| vec![luminance(r, g, b)]),
        ),
    ] {
        for gap in [0, 7] {
            let row = width * format.bytes_per_pixel();
            let padded: Vec<u8> = bytes
                .chunks(row)
                .flat_map(|r| r.iter().copied().chain(vec![255; gap]))
                .collect();
            let image = ImageView::new(&padded, width, height, row + gap, format)
                .expect("consistent geometry");
            let face = pipeline.find(image).expect("no failure")[0].face;
            let shift = (face.bounds.x - expected.bounds.x)
                .abs()
                .max((face.bounds.y - expected.bounds.y).abs());
            assert!(shift < 6.0, "{format:?} with a gap of {gap}: {shift} px");
        }
    }
}

#[test]
fn a_camera_mounted_on_its_side_sees_the_same_face() {
    let frame = common::frame(&portrait("person_b_1"), 460, 0);
    let mut upright = pipeline();
    let expected = upright.find(view(&frame)).expect("no failure")[0].face;
    let card = portrait("person_b_2");
    for (degrees, mounted) in [
        (90, image::imageops::rotate270(&frame)),
        (180, image::imageops::rotate180(&frame)),
        (270, image::imageops::rotate90(&frame)),
    ] {
        let settings = face_pipeline::Settings {
            rotation: degrees.try_into().expect("a right angle"),
            ..Default::default()
        };
        let mut pipeline = common::pipeline_with(settings);
        let mut capture = Capture::new(pipeline.reference(view(&card)).expect("a photo"));

        let step = pipeline
            .observe(&mut capture, view(&mounted), Duration::ZERO)
            .expect("a step");

        assert_eq!(step.face, Some(expected), "{degrees} degrees");
        let mut shown = Vec::new();
        let size = pipeline.last_frame_rgb(&mut shown);
        assert_eq!(size, (frame.width() as usize, frame.height() as usize));
        assert_eq!(&shown, frame.as_raw(), "the preview stands upright");
    }
}

#[test]
fn faces_from_60_to_600_pixels_are_found_where_they_are() {
    let mut pipeline = pipeline();
    let person = portrait("person_b_1");
    let found = pipeline.find(view(&person)).expect("no failure")[0].face;
    for face_height in [60.0, 120.0, 300.0, 600.0] {
        let scale = face_height / found.bounds.height;
        let width = (person.width() as f32 * scale) as u32;
        let height = (person.height() as f32 * scale) as u32;
        let sized = image::imageops::resize(
            &person,
            width,
            height,
            image::imageops::FilterType::Triangle,
        );
        let mut frame = image::RgbImage::new(width.max(640), height.max(480));
        image::imageops::replace(&mut frame, &sized, 0, 0);
        let face = pipeline.find(view(&frame)).expect("no failure")[0].face;
        let error = (face.inter_eye_distance() / (found.inter_eye_distance() * scale) - 1.0).abs();
        assert!(error < 0.1, "{face_height} px: the eyes are {error} off");
    }
}

fn pixels(frame: &image::RgbImage, each: impl Fn([u8; 3]) -> Vec<u8>) -> Vec<u8> {
    frame.pixels().flat_map(|p| each(p.0)).collect()
}

fn luminance(r: u8, g: u8, b: u8) -> u8 {
    ((77 * u32::from(r) + 150 * u32::from(g) + 29 * u32::from(b)) >> 8) as u8
}

/// BT.601, limited range, as a webcam sends it.
fn yuyv(frame: &image::RgbImage) -> Vec<u8> {
    let convert = |[r, g, b]: [u8; 3]| {
        let [r, g, b] = [r, g, b].map(f32::from);
        let y = 16.0 + (65.481 * r + 128.553 * g + 24.966 * b) / 255.0;
        let u = 128.0 + (-37.797 * r - 74.203 * g + 112.0 * b) / 255.0;
        let v = 128.0 + (112.0 * r - 93.786 * g - 18.214 * b) / 255.0;
        [y as u8, u as u8, v as u8]
    };
    let pixels: Vec<_> = frame.pixels().map(|p| convert(p.0)).collect();
    pixels
        .chunks_exact(2)
        .flat_map(|p| [p[0][0], p[0][1], p[1][0], p[0][2]])
        .collect()
}

/// As YUYV, with the colour of every other row.
fn nv12(frame: &image::RgbImage) -> Vec<u8> {
    let packed = yuyv(frame);
    let row = frame.width() as usize * 2;
    let luminance = packed.chunks_exact(2).map(|pair| pair[0]);
    let colour = packed.chunks_exact(row).step_by(2);
    let colour = colour.flat_map(|row| row.chunks_exact(2).map(|pair| pair[1]));
    luminance.chain(colour).collect()
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}
