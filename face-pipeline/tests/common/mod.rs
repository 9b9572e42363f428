//! What every test of the pipeline starts from: the real networks, the demonstration portraits,
//! and a simple camera that shows a portrait.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]
#![allow(
    dead_code,
    reason = "each test program uses its own part of the fixture"
)]

pub mod relief;

use std::path::PathBuf;
use std::time::Duration;

use face_pipeline::{
    Assessment, Capture, ImageView, Networks, Pipeline, PixelFormat, Rejection, Settings, Step,
};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

/// Every form in which a frame may come.
pub const FORMATS: [PixelFormat; 5] = [
    PixelFormat::Yuyv,
    PixelFormat::Nv12,
    PixelFormat::Rgb8,
    PixelFormat::Bgr8,
    PixelFormat::Grey8,
];

/// Where `make setup` put the networks and portraits.
pub fn setup_folder() -> PathBuf {
    let folder = workspace().join(".setup");
    assert!(
        folder.join("models").is_dir(),
        "{} is missing: run `make setup`",
        folder.display()
    );
    folder
}

pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub fn manifest() -> PathBuf {
    workspace().join("models/manifest.toml")
}

pub fn weights() -> PathBuf {
    setup_folder().join("models")
}

pub fn runtime() -> PathBuf {
    setup_folder().join("lib/libonnxruntime.so.1.31.1")
}

pub fn pipeline() -> Pipeline {
    pipeline_with(Settings::default())
}

pub fn pipeline_with(settings: Settings) -> Pipeline {
    pipeline_of(settings, 1)
}

/// With so many threads for each network.
pub fn pipeline_of(settings: Settings, threads: usize) -> Pipeline {
    let networks = Networks::load(&manifest(), &weights(), &runtime(), threads)
        .expect("networks as fetched by `make setup`");
    Pipeline::new(networks, settings).expect("consistent settings")
}

/// A demonstration portrait.
pub fn portrait(name: &str) -> RgbImage {
    let path = setup_folder().join("portraits").join(format!("{name}.jpg"));
    image::open(path)
        .expect("a portrait from `make setup`")
        .into_rgb8()
}

pub fn view(image: &RgbImage) -> ImageView<'_> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    ImageView::packed(image.as_raw(), width, height, PixelFormat::Rgb8).expect("a decoded image")
}

/// A camera of 640×480 pixels in front of which portraits are held still.
pub const FRAME: (u32, u32) = (640, 480);

/// The portrait as a frame, `height` pixels tall, `aside` pixels from the middle.
pub fn frame(portrait: &RgbImage, height: u32, aside: i64) -> RgbImage {
    let width = portrait.width() * height / portrait.height();
    let shown = imageops::resize(portrait, width, height, FilterType::Triangle);
    let mut frame = RgbImage::from_pixel(FRAME.0, FRAME.1, Rgb([120, 118, 115]));
    let x = i64::from(FRAME.0 / 2) - i64::from(width / 2) + aside;
    let y = i64::from(FRAME.1) - i64::from(height);
    imageops::replace(&mut frame, &shown, x, y);
    frame
}

/// Shows one portrait after the other, each for some frames at 30 per second, until a decision.
pub fn watch(
    pipeline: &mut Pipeline,
    capture: &mut Capture,
    shown: &[(&RgbImage, u64)],
) -> Vec<Step> {
    let mut steps = Vec::new();
    for (portrait, frames) in shown {
        for _ in 0..*frames {
            let at = Duration::from_millis(steps.len() as u64 * 1000 / 30);
            let aside = (steps.len() % 5) as i64;
            let frame = frame(portrait, 460, aside);
            steps.push(
                pipeline
                    .observe(capture, view(&frame), at)
                    .expect("a frame"),
            );
            if capture.evidence().is_some() {
                return steps;
            }
        }
    }
    steps
}

/// Points of the mesh: between the eyes, and the sides of the face.
const NOSE_BRIDGE: usize = 6;
const SIDES: [usize; 2] = [234, 454];
/// How far a living person turns the head to either side, degrees, and how long there and back.
const TURN: f32 = 8.0;
const PERIOD_S: f32 = 2.0;

/// Half width and half height of what turns, in widths of the face: the head, and not the room.
const HEAD: [f32; 2] = [0.72, 0.95];

/// Shows a living person, whose head turns to and fro before a room that stays, at 30 frames per second,
/// until a decision.
pub fn watch_living(pipeline: &mut Pipeline, capture: &mut Capture, portrait: &RgbImage) {
    let still = frame(portrait, 460, 0);
    let mesh = pipeline.mesh(view(&still)).expect("no failure");
    let points = &mesh.expect("a face").points;
    let [x, y, _] = points[NOSE_BRIDGE];
    let [right, left] = SIDES.map(|side| points[side][0]);
    let wide = left - right;
    let relief = relief::Relief::new(&still, points);
    let is_head = |u: u32, v: u32| {
        let off = [(u as f32 - x) / HEAD[0], (v as f32 - y) / HEAD[1]];
        off[0].hypot(off[1]) <= wide
    };
    for number in 0..60 {
        let seconds = number as f32 / 30.0;
        let along = (std::f32::consts::TAU * seconds / PERIOD_S).sin();
        let turned = relief.turned([x, y, wide / 2.0], [TURN * along, 0.0]);
        let frame = RgbImage::from_fn(FRAME.0, FRAME.1, |u, v| {
            let shown = if is_head(u, v) { &turned } else { &still };
            *shown.get_pixel(u, v)
        });
        let at = Duration::from_secs_f32(seconds);
        pipeline
            .observe(capture, view(&frame), at)
            .expect("a frame");
        if capture.evidence().is_some() {
            return;
        }
    }
}

/// A component, and what it is after a degradation of each strength.
pub type Component = fn(&Assessment) -> f32;

/// Makes a good frame worse step by step: the component falls (or, with `rises`, rises) at each, and
/// the last one is refused.
pub fn worsens(component: Component, rises: bool, refused: Rejection, steps: &[RgbImage]) {
    let mut pipeline = pipeline();
    let mut assess = |step| pipeline.assess(view(step)).expect("no failure");
    let found: Vec<Assessment> = steps
        .iter()
        .map(|step| assess(step).expect("a face"))
        .collect();
    assert_eq!(found[0].rejection, None, "{:?}", found[0]);
    let values: Vec<f32> = found.iter().map(component).collect();
    let steady = values.windows(2).all(|pair| {
        if rises {
            pair[1] > pair[0]
        } else {
            pair[1] < pair[0]
        }
    });
    assert!(steady, "{values:?}");
    let last = found.last().expect("steps");
    assert_eq!(last.rejection, Some(refused), "{values:?} {last:?}");
}
