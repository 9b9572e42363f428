//! Image files as the pipeline wants them.

use std::path::{Path, PathBuf};

use face_pipeline::{ImageError, ImageView, PixelFormat};
use image::RgbImage;
use zeroize::Zeroizing;

/// A decoded image, zeroed when dropped.
pub struct Photo {
    pixels: Zeroizing<Vec<u8>>,
    width: usize,
    height: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error("cannot open image {path}", path = path.display())]
    Open {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot decode image {path}", path = path.display())]
    Decode {
        path: PathBuf,
        source: image::ImageError,
    },
    #[error("cannot encode a chip photo: {0}")]
    Encode(String),
    #[error("cannot decode the chip photo just encoded")]
    ChipDecode(#[source] image::ImageError),
    #[error("cannot list {path}", path = path.display())]
    List {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("no images (jpg, png, webp) in {path} or the folders in it", path = path.display())]
    NoImages { path: PathBuf },
}

impl Photo {
    pub fn open(path: &Path) -> Result<Self, PhotoError> {
        let bytes = std::fs::read(path).map_err(|source| PhotoError::Open {
            path: path.into(),
            source,
        })?;
        let decoded = image::load_from_memory(&bytes).map_err(|source| PhotoError::Decode {
            path: path.into(),
            source,
        })?;
        Ok(Self::new(decoded.into_rgb8()))
    }

    pub fn new(image: RgbImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        Self {
            pixels: Zeroizing::new(image.into_raw()),
            width,
            height,
        }
    }

    pub fn view(&self) -> Result<ImageView<'_>, ImageError> {
        ImageView::packed(&self.pixels, self.width, self.height, PixelFormat::Rgb8)
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.height
    }

    /// Red, green, blue, without gaps.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    pub fn rgb(&self) -> Option<RgbImage> {
        RgbImage::from_raw(self.width as u32, self.height as u32, self.pixels.to_vec())
    }
}

/// Images of one person.
pub struct Person {
    pub name: String,
    pub images: Vec<PathBuf>,
}

/// People and their images below a folder, in the order of their names: one for each folder that holds
/// images, called by its path from `root`. Images in `root` itself are of one person without a name.
pub fn people(root: &Path) -> Result<Vec<Person>, PhotoError> {
    let mut people = Vec::new();
    let mut folders = vec![(String::new(), root.to_owned())];
    while let Some((name, folder)) = folders.pop() {
        let (inside, files): (Vec<_>, Vec<_>) =
            list(&folder)?.into_iter().partition(|path| path.is_dir());
        let images: Vec<_> = files.into_iter().filter(|path| is_image(path)).collect();
        let below = inside.into_iter().rev().map(|path| {
            let last = path.file_name().unwrap_or_default().to_string_lossy();
            let name = [name.as_str(), &last].join("/");
            (name.trim_start_matches('/').to_owned(), path)
        });
        folders.extend(below);
        if !images.is_empty() {
            people.push(Person { name, images });
        }
    }
    if people.is_empty() {
        return Err(PhotoError::NoImages { path: root.into() });
    }
    Ok(people)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, PhotoError> {
    let failed = |source| PhotoError::List {
        path: folder.into(),
        source,
    };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    paths.sort();
    Ok(paths)
}

fn is_image(path: &Path) -> bool {
    path.extension().is_some_and(|e| {
        ["jpg", "jpeg", "png", "webp"]
            .iter()
            .any(|known| e.eq_ignore_ascii_case(known))
    })
}

/// The occasion of an image called OCCASION_n, and its number n.
pub fn occasion(path: &Path) -> (String, u64) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let (occasion, number) = stem.rsplit_once('_').unwrap_or(("", &stem));
    (occasion.to_owned(), number.parse().unwrap_or(0))
}
