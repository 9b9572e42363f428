//! Bytes of any size, stride and format through the whole pipeline: an image view refuses what is no
//! image, and whatever it accepts is looked at without a panic and twice with the same result.
//!
//! Needs `make setup`: the networks are the real ones. They are built once.

#![no_main]

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use face_pipeline::{ImageView, Networks, Pipeline, PixelFormat, Presentation, Settings};
use libfuzzer_sys::fuzz_target;

static PIPELINE: OnceLock<Mutex<Pipeline>> = OnceLock::new();

fn pipeline() -> &'static Mutex<Pipeline> {
    PIPELINE.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let networks = Networks::load(
            &root.join("models/manifest.toml"),
            &root.join(".setup/models"),
            &root.join(".setup/lib/libonnxruntime.so.1.31.1"),
            1,
        )
        .expect("networks as fetched by `make setup`");
        Mutex::new(Pipeline::new(networks, Settings::default()).expect("settings"))
    })
}

fuzz_target!(|data: &[u8]| {
    let [width, height, gap, kind, pixels @ ..] = data else {
        return;
    };
    let format = match kind % 5 {
        0 => PixelFormat::Yuyv,
        1 => PixelFormat::Rgb8,
        2 => PixelFormat::Bgr8,
        3 => PixelFormat::Grey8,
        _ => PixelFormat::Nv12,
    };
    let (width, height) = (usize::from(*width), usize::from(*height));
    let stride = (width * format.bytes_per_pixel() + usize::from(*gap)).saturating_sub(128);
    let Ok(view) = ImageView::new(pixels, width, height, stride, format) else {
        return;
    };
    let mut pipeline = pipeline().lock().unwrap_or_else(PoisonError::into_inner);
    let mut look = || {
        let faces = pipeline.find(view).expect("an image to be looked at");
        let mut presentation = Presentation::default();
        for _ in 0..2 {
            pipeline
                .present(&mut presentation, view)
                .expect("an image to be looked at");
        }
        let reference = pipeline.reference(view).is_ok();
        (format!("{faces:?}"), presentation.cues(), reference)
    };
    assert_eq!(look(), look());
});
