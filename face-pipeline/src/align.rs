//! Alignment: a face is turned, scaled and shifted so that its five landmarks lie where ArcFace
//! ("ArcFace: Additive Angular Margin Loss", 2019) expects them.

use crate::detect::Face;
use crate::error::Error;
use crate::geometry::{Point, Similarity};
use crate::pixels::Picture;

/// Landmarks of the ArcFace crop of 112×112 pixels, in the order of [`Face::landmarks`].
const TEMPLATE: [Point; 5] = [
    Point::new(38.2946, 51.6963),
    Point::new(73.5318, 51.5014),
    Point::new(56.0252, 71.7366),
    Point::new(41.5493, 92.3655),
    Point::new(70.7299, 92.2041),
];
const TEMPLATE_SIDE_PX: usize = 112;

/// A face in ArcFace's place; made only by [`AlignedFace::align`].
#[derive(Default)]
pub(crate) struct AlignedFace {
    picture: Picture,
    /// What it was made of: quality and recognisers ask for the same crop one after the other.
    of: Option<Origin>,
}

/// Edition of the picture, landmarks, side.
type Origin = (u64, [Point; 5], usize);

impl AlignedFace {
    /// Aligns `face` into this buffer. False when the landmarks span no area.
    pub(crate) fn align(
        &mut self,
        picture: &Picture,
        face: &Face,
        side: usize,
    ) -> Result<bool, Error> {
        let origin = (picture.edition(), face.landmarks, side);
        if self.of == Some(origin) {
            return Ok(true);
        }
        self.of = None;
        let scale = side as f32 / TEMPLATE_SIDE_PX as f32;
        let target = TEMPLATE.map(|p| Point::new(p.x * scale, p.y * scale));
        let Some(transform) = Similarity::fit(&face.landmarks, &target) else {
            return Ok(false);
        };
        picture.warp_into(&mut self.picture, &transform, side)?;
        self.of = Some(origin);
        Ok(true)
    }

    pub(crate) fn picture(&self) -> &Picture {
        &self.picture
    }

    pub(crate) fn forget(&mut self) {
        self.picture.forget();
        self.of = None;
    }
}
