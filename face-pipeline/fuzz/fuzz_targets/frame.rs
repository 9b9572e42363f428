//! Bytes of any size, stride, format and rotation through the whole pipeline: an image view refuses
//! what is no image, and whatever it accepts is observed without a panic, and twice with the same
//! result. Every other image is laid over a face, so that what comes after detection is reached, too.
//!
//! Needs `make setup`: networks and portrait are the real ones. They are loaded once.

#![no_main]

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use face_pipeline::{
    Capture, ImageView, Networks, Pipeline, PixelFormat, Presentation, Rotation, Settings,
};
use image::imageops::FilterType;
use libfuzzer_sys::fuzz_target;

struct Fixture {
    /// One per rotation.
    pipelines: [Pipeline; 4],
    portrait: image::RgbImage,
}

static FIXTURE: OnceLock<Mutex<Fixture>> = OnceLock::new();

fn fixture() -> &'static Mutex<Fixture> {
    FIXTURE.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let portrait = image::open(root.join(".setup/portraits/person_b_1.jpg"));
        Mutex::new(Fixture {
            pipelines: [0, 90, 180, 270].map(|degrees| pipeline(&root, degrees)),
            portrait: portrait.expect("a portrait").into_rgb8(),
        })
    })
}

fn pipeline(root: &PathBuf, degrees: u16) -> Pipeline {
    let networks = Networks::load(
        &root.join("models/manifest.toml"),
        &root.join(".setup/models"),
        &root.join(".setup/lib/libonnxruntime.so.1.31.1"),
        1,
    );
    let settings = Settings {
        rotation: Rotation::try_from(degrees).expect("a right angle"),
        ..Settings::default()
    };
    let networks = networks.expect("networks as fetched by `make setup`");
    Pipeline::new(networks, settings).expect("settings")
}

fuzz_target!(|data: &[u8]| {
    let [width, height, gap, kind, pixels @ ..] = data else {
        return;
    };
    let format = match kind & 7 {
        0 => PixelFormat::Yuyv,
        1 => PixelFormat::Rgb8,
        2 => PixelFormat::Bgr8,
        3 => PixelFormat::Grey8,
        _ => PixelFormat::Nv12,
    };
    let (rotation, over_face) = (usize::from(kind >> 3) & 3, kind & 32 != 0);
    let (width, height) = (usize::from(*width), usize::from(*height));
    let stride = (width * format.bytes_per_pixel() + usize::from(*gap)).saturating_sub(128);
    let mut fixture = fixture().lock().unwrap_or_else(PoisonError::into_inner);
    let Fixture { pipelines, portrait } = &mut *fixture;
    let laid = over_face.then(|| over(portrait, width, height, stride, format, pixels));
    let Ok(view) = ImageView::new(laid.as_deref().unwrap_or(pixels), width, height, stride, format)
    else {
        return;
    };
    let person = ImageView::packed(
        portrait.as_raw(),
        portrait.width() as usize,
        portrait.height() as usize,
        PixelFormat::Rgb8,
    )
    .expect("a decoded image");
    let pipeline = &mut pipelines[rotation];
    let mut look = || {
        let mut capture = Capture::new(pipeline.reference(person).expect("a reference"));
        let steps = [0, 100].map(|at| {
            let at = Duration::from_millis(at);
            pipeline.observe(&mut capture, view, at).expect("a step")
        });
        let mut presentation = Presentation::default();
        pipeline.present(&mut presentation, view).expect("a look");
        let assessment = pipeline.assess(view).expect("an assessment");
        let reference = pipeline.reference(view).map(drop).map_err(|e| e.to_string());
        format!("{steps:?} {assessment:?} {:?} {reference:?}", presentation.cues())
    };
    assert_eq!(look(), look());
});

/// The portrait's luminance in the shape of the image, changed by the bytes given.
fn over(
    portrait: &image::RgbImage,
    width: usize,
    height: usize,
    stride: usize,
    format: PixelFormat,
    change: &[u8],
) -> Vec<u8> {
    let (columns, rows) = (width.max(1) as u32, height.max(1) as u32);
    let small = image::imageops::resize(portrait, columns, rows, FilterType::Triangle);
    let bytes = format.bytes_per_pixel();
    let mut data = vec![128; stride * format.rows(height)];
    for (y, row) in data.chunks_mut(stride.max(1)).take(height).enumerate() {
        for (x, value) in row.iter_mut().enumerate().take(width * bytes) {
            let grey = small.get_pixel((x / bytes) as u32, y as u32).0[1];
            let colour = format == PixelFormat::Yuyv && x % 2 == 1;
            *value = if colour { 128 } else { grey };
        }
    }
    for (value, change) in data.iter_mut().zip(change) {
        *value ^= change;
    }
    data
}
