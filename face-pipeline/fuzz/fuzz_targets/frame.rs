//! Bytes of any size, stride, format and rotation through the whole pipeline: an image view refuses
//! what is no image, and whatever it accepts is observed without a panic, and twice with the same
//! result. Every other image is laid over a face, so that what comes after detection is reached, too.
//!
//! Needs `make setup`: networks and portrait are the real ones. They are loaded once.

#![no_main]

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use face_pipeline::{
    Capture, ImageView, Networks, Pipeline, PixelFormat, Presentation, Rotation, Settings,
};
use libfuzzer_sys::fuzz_target;
use zune_core::bytestream::ZCursor;
use zune_jpeg::JpegDecoder;

struct Fixture {
    /// One per rotation.
    pipelines: [Pipeline; 4],
    portrait: Portrait,
}

/// Red, green, blue, without gaps.
struct Portrait {
    rgb: Vec<u8>,
    width: usize,
    height: usize,
}

impl Portrait {
    fn open(path: &Path) -> Self {
        let bytes = std::fs::read(path).expect("a portrait as fetched by `make setup`");
        let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
        let rgb = decoder.decode().expect("a JPEG");
        let (width, height) = decoder.dimensions().expect("decoded");
        Self { rgb, width, height }
    }

    fn view(&self) -> ImageView<'_> {
        ImageView::packed(&self.rgb, self.width, self.height, PixelFormat::Rgb8)
            .expect("a decoded image")
    }

    /// The green of the pixel at a share of the width and the height.
    fn at(&self, (x, width): (usize, usize), (y, height): (usize, usize)) -> u8 {
        let (x, y) = (x * self.width / width, y * self.height / height);
        self.rgb[(y * self.width + x) * 3 + 1]
    }
}

static FIXTURE: OnceLock<Mutex<Fixture>> = OnceLock::new();

fn fixture() -> &'static Mutex<Fixture> {
    FIXTURE.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        Mutex::new(Fixture {
            pipelines: [0, 90, 180, 270].map(|degrees| pipeline(&root, degrees)),
            portrait: Portrait::open(&root.join(".setup/portraits/person_b_1.jpg")),
        })
    })
}

fn pipeline(root: &Path, degrees: u16) -> Pipeline {
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
    let Fixture {
        pipelines,
        portrait,
    } = &mut *fixture;
    let laid = over_face.then(|| over(portrait, width, height, stride, format, pixels));
    let Ok(view) = ImageView::new(
        laid.as_deref().unwrap_or(pixels),
        width,
        height,
        stride,
        format,
    ) else {
        return;
    };
    let pipeline = &mut pipelines[rotation];
    let mut look = || {
        let mut capture = Capture::new(pipeline.reference(portrait.view()).expect("a reference"));
        let steps = [0, 100].map(|at| {
            let at = Duration::from_millis(at);
            let step = pipeline.observe_pair(&mut capture, view, Some(view), at);
            step.expect("a step")
        });
        let mut presentation = Presentation::default();
        if let Some(look) = pipeline.look(view).expect("a look") {
            presentation.add(&look);
        }
        let assessment = pipeline.assess(view).expect("an assessment");
        let reference = pipeline
            .reference(view)
            .map(drop)
            .map_err(|e| e.to_string());
        format!(
            "{steps:?} {assessment:?} {:?} {reference:?}",
            presentation.cues()
        )
    };
    assert_eq!(look(), look());
});

/// The portrait's luminance in the shape of the image, changed by the bytes given.
fn over(
    portrait: &Portrait,
    width: usize,
    height: usize,
    stride: usize,
    format: PixelFormat,
    change: &[u8],
) -> Vec<u8> {
    let bytes = format.bytes_per_pixel();
    let mut data = vec![128; stride * format.rows(height)];
    for (y, row) in data.chunks_mut(stride.max(1)).take(height).enumerate() {
        for (x, value) in row.iter_mut().enumerate().take(width * bytes) {
            let grey = portrait.at((x / bytes, width), (y, height));
            let colour = format == PixelFormat::Yuyv && x % 2 == 1;
            *value = if colour { 128 } else { grey };
        }
    }
    for (value, change) in data.iter_mut().zip(change) {
        *value ^= change;
    }
    data
}
