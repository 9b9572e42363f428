//! A camera that shows photographs from a folder, one after the other and again from the start: for
//! replaying recorded frames, such as those of research data, through the whole kiosk.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use image::{
    RgbImage,
    imageops::{self, FilterType},
};

use super::device::{Clock, Pace};
use crate::camera::{Camera, CameraError, Frame, FrameLayout, FramePool, PixelFormat};

/// Frames for which one photograph stays: recorded frames are a good tenth of a second apart.
const FRAMES_PER_SLIDE: u64 = 4;

/// The photographs of a folder, in the order of their names.
pub struct Slides(Vec<Slide>);

struct Slide {
    rgb: Vec<u8>,
    width: u32,
    height: u32,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum SlidesError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read photographs from {path}")]
    Read {
        /// Folder or file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A file is no photograph.
    #[error("{path} is not a JPEG or PNG picture")]
    Picture {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: image::ImageError,
    },
    /// There are none.
    #[error("there is no photograph in {path}")]
    None {
        /// Folder.
        path: PathBuf,
    },
}

impl Slides {
    /// Reads all photographs of a folder.
    ///
    /// # Errors
    /// [`SlidesError`].
    pub fn load(folder: &Path) -> Result<Arc<Self>, SlidesError> {
        let mut paths = fs::read_dir(folder)
            .and_then(|entries| {
                entries
                    .map(|entry| Ok(entry?.path()))
                    .collect::<Result<Vec<_>, _>>()
            })
            .map_err(|source| SlidesError::Read {
                path: folder.into(),
                source,
            })?;
        paths.sort();
        let slides: Vec<Slide> = paths
            .iter()
            .map(|path| slide(path))
            .collect::<Result<_, _>>()?;
        if slides.is_empty() {
            return Err(SlidesError::None {
                path: folder.into(),
            });
        }
        Ok(Arc::new(Self(slides)))
    }

    /// All of them in one size, RGB; what has another shape is squeezed.
    pub(super) fn scaled(&self, width: u32, height: u32) -> Vec<Vec<u8>> {
        let scaled = self.0.iter().filter_map(|slide| {
            let picture = RgbImage::from_raw(slide.width, slide.height, slide.rgb.clone())?;
            let scaled = imageops::resize(&picture, width, height, FilterType::Triangle);
            Some(scaled.into_raw())
        });
        scaled.collect()
    }
}

fn slide(path: &Path) -> Result<Slide, SlidesError> {
    let rgb = image::open(path)
        .map_err(|source| SlidesError::Picture {
            path: path.into(),
            source,
        })?
        .into_rgb8();
    let (width, height) = rgb.dimensions();
    Ok(Slide {
        rgb: rgb.into_raw(),
        width,
        height,
    })
}

/// The opened camera.
pub struct SlideCamera {
    slides: Arc<Slides>,
    clock: Arc<dyn Clock>,
    pool: FramePool,
    pace: Pace,
}

impl SlideCamera {
    /// A camera before which these photographs are shown, at the pace of this clock.
    #[must_use]
    pub fn new(slides: Arc<Slides>, clock: Arc<dyn Clock>) -> Self {
        Self {
            slides,
            clock,
            pool: FramePool::new(),
            pace: Pace::default(),
        }
    }
}

impl Camera for SlideCamera {
    fn next_frame(&mut self, timeout: Duration) -> Result<Frame, CameraError> {
        let (sequence, due) = self.pace.wait(&*self.clock, timeout)?;
        let Slides(slides) = &*self.slides;
        let place = usize::try_from(sequence / FRAMES_PER_SLIDE).unwrap_or(0) % slides.len();
        let Slide { rgb, width, height } = &slides[place];
        let mut data = self.pool.take(rgb.len());
        data.copy_from_slice(rgb);
        // No camera gives the same picture twice; one that does counts as frozen.
        data[..3].fill(if sequence % 2 == 0 { 0 } else { 16 });
        Frame::new(
            data,
            FrameLayout::packed(*width, *height, PixelFormat::Rgb8),
            due,
            sequence,
        )
    }

    fn describe(&self) -> String {
        format!("simulated camera, {} photographs", self.slides.0.len())
    }
}
