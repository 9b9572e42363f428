//! What a made picture shows: one image, or several one after the other, there and back. In: images in
//! a row and how many of them go by from frame to frame. Out: the image of a frame.

use std::path::{Path, PathBuf};

use image::RgbImage;

use crate::unreadable::Unreadable;

pub(super) struct Film<'a> {
    images: &'a [PathBuf],
    per_frame: f64,
    shown: Option<(&'a Path, RgbImage)>,
}

impl<'a> Film<'a> {
    pub(super) fn new(images: &'a [PathBuf], per_frame: f64) -> Self {
        Self {
            images,
            per_frame,
            shown: None,
        }
    }

    /// The image of a frame; none where it cannot be read.
    pub(super) fn at(&mut self, frame: u32, unreadable: &mut Unreadable) -> Option<&RgbImage> {
        let last = self.images.len() - 1;
        let place = (f64::from(frame) * self.per_frame).round() as usize % (2 * last).max(1);
        let path = self.images[place.min(2 * last - place)].as_path();
        if self.shown.as_ref().is_none_or(|(shown, _)| *shown != path) {
            let image = unreadable.look(path, |photo| Ok(photo.rgb().ok_or("not an image")?))?;
            self.shown = Some((path, image));
        }
        self.shown.as_ref().map(|(_, image)| image)
    }
}
