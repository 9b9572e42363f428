//! The same portrait before cameras that speak YUYV, NV12 and MJPEG: bytes as they lie in a driver's
//! buffer go through `hal`'s decoder and the face pipeline as the kiosk puts them together, and it makes
//! no difference to the verdict which camera was bought.

#![allow(clippy::expect_used, reason = "a test may fail loudly")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use face_pipeline::{Band, Capture, Evidence, ImageView, Networks, Pipeline, Settings};
use hal::camera::{Coding, Delivery, FramePool, PixelFormat};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, Rgb, RgbImage};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
/// Quality of the JPEGs; webcams send 70 to 110 kB of 640×480.
const QUALITY: u8 = 88;
/// Largest difference of the fused similarity between codings: a tenth of the way from "doubtful" to
/// "strong" in `models/manifest.toml`. Measured: 0.003.
const SIMILARITY_BOUND: f32 = 0.012;
/// The same of liveness. Measured: 0.0005.
const LIVENESS_BOUND: f32 = 0.01;

const CODINGS: [Coding; 3] = [
    Coding::Raw(PixelFormat::Yuyv),
    Coding::Raw(PixelFormat::Nv12),
    Coding::Mjpeg,
];

#[test]
fn the_verdict_does_not_depend_on_the_cameras_coding() {
    let mut pipeline = pipeline();
    for (card, person, same) in [
        ("person_b_1", "person_b_2", true),
        ("person_a_1", "person_a_2", true),
        ("person_b_1", "impostor_1", false),
    ] {
        let seen = CODINGS.map(|coding| capture(&mut pipeline, card, person, coding));
        for (coding, evidence) in CODINGS.iter().zip(&seen) {
            let told = format!("{person} as {coding:?}: {evidence:?}, {:?}", seen[0]);
            assert_eq!(evidence.comparison != Band::Refused, same, "{told}");
            assert_eq!(evidence.comparison, seen[0].comparison, "{told}");
            assert_eq!(evidence.liveness, seen[0].liveness, "{told}");
            assert_eq!(evidence.frames, seen[0].frames, "{told}");
            let [one, first] = [evidence.scores, seen[0].scores];
            let apart = (one.similarity - first.similarity).abs();
            assert!(apart <= SIMILARITY_BOUND, "{apart}: {told}");
            let apart = (one.liveness - first.liveness).abs();
            assert!(apart <= LIVENESS_BOUND, "{apart}: {told}");
        }
    }
}

/// A whole capture of a person who holds still, ten frames a second.
fn capture(pipeline: &mut Pipeline, card: &str, person: &str, coding: Coding) -> Evidence {
    let (card, person) = (portrait(card), portrait(person));
    let card = picture(card.as_raw(), &card, face_pipeline::PixelFormat::Rgb8);
    let mut capture = Capture::new(pipeline.reference(card).expect("a good photo"));
    let camera = Delivery::new(coding, WIDTH, HEIGHT, 0, false).expect("a usual size");
    let pool = FramePool::new();
    let sent = send(&frame(&person), coding);
    for number in 0..30 {
        let (data, layout) = camera.picture(&sent, &pool).expect("a whole picture");
        let format = match layout.format {
            PixelFormat::Yuyv => face_pipeline::PixelFormat::Yuyv,
            PixelFormat::Nv12 => face_pipeline::PixelFormat::Nv12,
            PixelFormat::Rgb8 => face_pipeline::PixelFormat::Rgb8,
            PixelFormat::Grey8 => face_pipeline::PixelFormat::Grey8,
        };
        let (width, height) = (layout.width as usize, layout.height as usize);
        let view = ImageView::new(&data, width, height, layout.stride, format).expect("an image");
        let at = Duration::from_secs(1) * number / 10;
        let step = pipeline.observe(&mut capture, view, at).expect("a frame");
        if let Some(evidence) = step.evidence {
            return evidence;
        }
    }
    capture.evidence().expect("a decision within three seconds")
}

fn portrait(name: &str) -> RgbImage {
    let path = setup().join(format!("portraits/{name}.jpg"));
    image::open(path).expect("run `make setup`").into_rgb8()
}

fn frame(portrait: &RgbImage) -> RgbImage {
    let width = portrait.width() * 460 / portrait.height();
    let shown = imageops::resize(portrait, width, 460, FilterType::Triangle);
    let mut frame = RgbImage::from_pixel(WIDTH, HEIGHT, Rgb([120, 118, 115]));
    let left = i64::from((WIDTH - width) / 2);
    imageops::replace(&mut frame, &shown, left, 20);
    frame
}

fn picture<'a>(data: &'a [u8], of: &RgbImage, format: face_pipeline::PixelFormat) -> ImageView<'a> {
    ImageView::packed(data, of.width() as usize, of.height() as usize, format).expect("an image")
}

/// What the driver's buffer would hold.
fn send(frame: &RgbImage, coding: Coding) -> Vec<u8> {
    match coding {
        Coding::Raw(PixelFormat::Nv12) => nv12(frame),
        Coding::Raw(_) => yuyv(frame),
        Coding::Mjpeg => jpeg(frame),
    }
}

fn jpeg(frame: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode(frame.as_raw(), WIDTH, HEIGHT, ExtendedColorType::Rgb8)
        .expect("a picture");
    bytes
}

/// Two pixels share their colour.
fn yuyv(frame: &RgbImage) -> Vec<u8> {
    let two = |two: &[u8]| {
        let [a, b] = [0, 3].map(|at| bt601([two[at], two[at + 1], two[at + 2]]));
        [a[0], a[1].midpoint(b[1]), b[0], a[2].midpoint(b[2])].map(byte)
    };
    frame.as_raw().chunks_exact(6).flat_map(two).collect()
}

/// All brightness, then the colours that four pixels share.
fn nv12(frame: &RgbImage) -> Vec<u8> {
    let at = |x: u32, y: u32| bt601(frame.get_pixel(x, y).0);
    let rows = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    let mut bytes: Vec<u8> = rows.map(|(x, y)| byte(at(x, y)[0])).collect();
    for (x, y) in (0..HEIGHT / 2).flat_map(|y| (0..WIDTH / 2).map(move |x| (2 * x, 2 * y))) {
        let four = [at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)];
        bytes.extend([1, 2].map(|c| byte(four.iter().map(|pixel| pixel[c]).sum::<f32>() / 4.0)));
    }
    bytes
}

fn byte(value: f32) -> u8 {
    value.round() as u8
}

/// Brightness, blue and red difference of ITU-R BT.601, limited range.
fn bt601([r, g, b]: [u8; 3]) -> [f32; 3] {
    let [r, g, b] = [r, g, b].map(|v| f32::from(v) / 255.0);
    [
        16.0 + 65.481 * r + 128.553 * g + 24.966 * b,
        128.0 - 37.797 * r - 74.203 * g + 112.0 * b,
        128.0 + 112.0 * r - 93.786 * g - 18.214 * b,
    ]
}

fn pipeline() -> Pipeline {
    let (manifest, setup) = (root().join("models/manifest.toml"), setup());
    let runtime = setup.join("lib/libonnxruntime.so.1.31.1");
    let networks = Networks::load(&manifest, &setup.join("models"), &runtime, 1)
        .expect("networks: run `make setup`");
    Pipeline::new(networks, Settings::default()).expect("consistent settings")
}

fn setup() -> PathBuf {
    root().join(".setup")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
